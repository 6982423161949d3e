//! Defines the exit codes of the tool, and builds their table for `--help` and the manual page. README.md repeats the table.

use clap::ValueEnum;
use cloud_partner_portal::Outcome;

/// The exit codes, from best to worst. `--help` shows the comment of each code as its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[repr(u8)]
pub enum Exit {
    /// done; for watch: every watched publication succeeded
    Done = 0,
    /// the publisher must review the preview and approve the go-live
    AwaitingGoLive = 5,
    /// timed out: the publication had no outcome within --timeout
    TimedOut = 7,
    /// no new publication started within --start-timeout
    NotStarted = 9,
    /// the offer was never published, or no publication is in progress
    NoPublication = 8,
    /// the publication was canceled
    Canceled = 4,
    /// the service contradicts itself about the status
    Contradictory = 13,
    /// a step is blocked or rejected
    Blocked = 6,
    /// the publication failed
    Failed = 3,
    /// an error that no other code describes: read the message
    Other = 1,
    /// no such publisher or offer
    NotFound = 10,
    /// not allowed: no token, or a token without access to this publisher
    NotAllowed = 11,
    /// network: no connection, no response, or the service failed
    Service = 12,
    /// wrong usage
    Usage = 2,
    /// standard output was closed before the watch ended
    OutputClosed = 14,
    /// interrupted
    Interrupted = 130,
}

impl Exit {
    pub fn code(self) -> u8 {
        self as u8
    }

    /// Returns the worse of two exit codes.
    pub fn worse(self, other: Self) -> Self {
        let rank = |exit: &Self| Self::value_variants().iter().position(|row| row == exit);
        std::cmp::max_by_key(self, other, rank)
    }
}

impl From<Outcome> for Exit {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Succeeded => Self::Done,
            Outcome::Failed => Self::Failed,
            Outcome::Canceled => Self::Canceled,
            Outcome::NeverPublished => Self::NoPublication,
            Outcome::AwaitingGoLive => Self::AwaitingGoLive,
            Outcome::Blocked => Self::Blocked,
            Outcome::Contradictory => Self::Contradictory,
            Outcome::NotStarted => Self::NotStarted,
            Outcome::TimedOut => Self::TimedOut,
            _ => Self::Other,
        }
    }
}

/// Returns the text for `--help`: a table sorted by code, and a list of the codes from best to worst.
pub fn help() -> String {
    let mut exits = Exit::value_variants().to_vec();
    let best_to_worst: Vec<_> = exits.iter().map(|exit| exit.code().to_string()).collect();
    exits.sort_by_key(|exit| exit.code());
    let rows = exits.iter().map(|exit| {
        let value = exit.to_possible_value();
        let meaning = value.and_then(|value| value.get_help().map(ToString::to_string));
        format!("  {:>3}  {}", exit.code(), meaning.unwrap_or_default())
    });
    format!(
        "Exit codes:\n{}\nWith several offers, watch exits with the worst code of any offer.\nThe codes from best to worst:\n{}",
        rows.collect::<Vec<_>>().join("\n"),
        best_to_worst.join(", ")
    )
}
