//! The exit codes, and the text about them that `--help`, the manual page and README.md show.

use clap::ValueEnum;

/// The results of the program, from best to worst. The discriminant is the exit code, and the comment is the meaning in `--help`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[repr(u8)]
pub enum Exit {
    /// done; for watch: every watched publication succeeded
    Done = 0,
    /// the publisher must approve the go-live
    AwaitingGoLive = 5,
    /// timed out: the publication had no outcome within --timeout
    TimedOut = 7,
    /// the publication that --after waits for didn't start
    NotStarted = 9,
    /// the offer was never published, or no publication is in progress
    NothingInFlight = 8,
    /// the publication was canceled
    Canceled = 4,
    /// the service contradicts itself about the status
    Contradictory = 13,
    /// a step is blocked or rejected
    Blocked = 6,
    /// the publication failed
    Failed = 3,
    /// another error, as the message says
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

    /// Returns the worse of two results.
    pub fn worst(self, other: Self) -> Self {
        let rank = |exit: &Self| Self::value_variants().iter().position(|row| row == exit);
        std::cmp::max_by_key(self, other, rank)
    }

    fn meaning(self) -> String {
        let value = self.to_possible_value();
        let meaning = value.and_then(|value| value.get_help().map(ToString::to_string));
        meaning.unwrap_or_default()
    }
}

/// Returns the text for `--help`: the table in the order of the codes, and the codes from best to worst.
pub fn help() -> String {
    let mut exits = Exit::value_variants().to_vec();
    let ranking: Vec<_> = exits.iter().map(|exit| exit.code().to_string()).collect();
    exits.sort_by_key(|exit| exit.code());
    let rows = exits.iter();
    let rows: Vec<_> = rows
        .map(|exit| format!("  {:>3}  {}", exit.code(), exit.meaning()))
        .collect();
    format!(
        "Exit codes:\n{}\nIf watch has several offers, its exit code is the worst of theirs. From best to worst:\n{}",
        rows.join("\n"),
        ranking.join(", ")
    )
}
