//! The exit codes, in the table that `--help`, the manual page and README.md show.

use std::process::ExitCode;

use cloud_partner_portal::{Error, Outcome};

/// The result of the program. The discriminant is the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    Done = 0,
    Other = 1,
    Usage = 2,
    Failed = 3,
    Canceled = 4,
    AwaitingGoLive = 5,
    Blocked = 6,
    TimedOut = 7,
    NothingInFlight = 8,
    NotStarted = 9,
    NotFound = 10,
    NotAllowed = 11,
    Service = 12,
    Contradictory = 13,
    OutputClosed = 14,
    Interrupted = 130,
}

/// Every exit code and its meaning, from best to worst. With several offers, the exit code is the worst one.
const TABLE: [(Exit, &str); 16] = [
    (
        Exit::Done,
        "done; of watch: every watched publication was seen to succeed",
    ),
    (
        Exit::AwaitingGoLive,
        "the offer waits for the publisher's go-live",
    ),
    (
        Exit::TimedOut,
        "timed out: the publication had no outcome within --timeout",
    ),
    (Exit::NotStarted, "the publication didn't start (--after)"),
    (
        Exit::NothingInFlight,
        "the offer was never published, or no offer of the publisher is in flight",
    ),
    (Exit::Canceled, "the publication was canceled"),
    (
        Exit::Contradictory,
        "the service contradicts itself about the status",
    ),
    (Exit::Blocked, "a step is blocked or rejected"),
    (Exit::Failed, "the publication failed"),
    (Exit::Other, "another error, as the message says"),
    (Exit::NotFound, "no such publisher or offer"),
    (
        Exit::NotAllowed,
        "not allowed: no token, or not for this publisher",
    ),
    (
        Exit::Service,
        "network: no connection, no response, or the service failed",
    ),
    (Exit::Usage, "wrong usage"),
    (
        Exit::OutputClosed,
        "standard output was closed before the watch ended",
    ),
    (Exit::Interrupted, "interrupted"),
];

impl Exit {
    pub fn code(self) -> u8 {
        self as u8
    }

    /// Returns the worse of two results according to the table.
    pub fn worst(self, other: Self) -> Self {
        // An exit code that the table doesn't list ranks as the worst.
        let rank = |exit: &Self| {
            let row = TABLE.iter().position(|(row, _)| row == exit);
            row.unwrap_or(usize::MAX)
        };
        std::cmp::max_by_key(self, other, rank)
    }
}

/// Returns the text for `--help`: the table in the order of the codes, and the ranking.
pub fn help() -> String {
    let mut rows = TABLE;
    rows.sort_by_key(|(exit, _)| exit.code());
    let rows = rows.map(|(exit, meaning)| format!("  {:>3}  {meaning}\n", exit.code()));
    let ranking = TABLE.map(|(exit, _)| exit.code().to_string());
    format!(
        "Exit codes:\n{}With several offers, watch ends with the worst; from best to worst:\n{}",
        rows.concat(),
        ranking.join(", ")
    )
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

impl From<Outcome> for Exit {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Succeeded => Self::Done,
            Outcome::Failed => Self::Failed,
            Outcome::Canceled => Self::Canceled,
            Outcome::NeverPublished => Self::NothingInFlight,
            Outcome::AwaitingGoLive => Self::AwaitingGoLive,
            Outcome::Blocked => Self::Blocked,
            Outcome::Contradictory => Self::Contradictory,
            Outcome::NotStarted => Self::NotStarted,
            Outcome::TimedOut => Self::TimedOut,
            _ => Self::Other,
        }
    }
}

impl From<&Error> for Exit {
    fn from(error: &Error) -> Self {
        if error.is_not_found() {
            Self::NotFound
        } else if error.is_forbidden() || error.is_unauthorized() || error.is_credential() {
            Self::NotAllowed
        } else if error.is_retryable() {
            Self::Service
        } else if error.is_invalid_argument() || error.is_configuration() {
            Self::Usage
        } else {
            Self::Other
        }
    }
}
