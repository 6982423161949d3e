//! How the program ends: its exit codes, and what it says of a failure.

use std::error::Error as _;
use std::io::{self, Write};
use std::process::ExitCode;

use cloud_partner_portal::{Error, Outcome};

use crate::text::clean;

/// The exit codes, documented in `--help` and the README. The order is from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    Done,
    GoLive,
    Deadline,
    NeverPublished,
    Canceled,
    Blocked,
    Failed,
    Other,
    NotFound,
    NotAllowed,
    Network,
    Usage,
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Other => 1,
            Exit::Usage => 2,
            Exit::Failed => 3,
            Exit::Canceled => 4,
            Exit::GoLive => 5,
            Exit::Blocked => 6,
            Exit::Deadline => 7,
            Exit::NeverPublished => 8,
            Exit::NotFound => 10,
            Exit::NotAllowed => 11,
            Exit::Network => 12,
            Exit::Interrupted => 130,
        })
    }
}

impl From<Outcome> for Exit {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Succeeded => Self::Done,
            Outcome::Failed => Self::Failed,
            Outcome::Canceled => Self::Canceled,
            Outcome::NeverPublished => Self::NeverPublished,
            Outcome::AwaitingGoLive => Self::GoLive,
            Outcome::Blocked => Self::Blocked,
            Outcome::Deadline => Self::Deadline,
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
            Self::Network
        } else if error.is_invalid_argument() || error.is_configuration() {
            Self::Usage
        } else {
            Self::Other
        }
    }
}

/// Why the program can't go on.
#[derive(Debug)]
pub enum Stop {
    /// The SDK said so.
    Sdk(Error),
    /// The output, or something else of the machine, failed.
    Output(io::Error),
    /// The command line isn't complete.
    Usage(String),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Sdk(error)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl Stop {
    pub fn exit(&self) -> Exit {
        match self {
            Self::Sdk(error) => Exit::from(error),
            Self::Output(_) => Exit::Other,
            Self::Usage(_) => Exit::Usage,
        }
    }

    /// One line what, one line why, one line what to do. An error that can't be written has nobody to read it.
    pub fn explain(&self, to: &mut impl Write) {
        let _ = match self {
            Self::Sdk(error) => explain(error, to),
            Self::Output(error) => writeln!(to, "error: {error}"),
            Self::Usage(what) => {
                writeln!(to, "error: {what}\n   do: see `cloud-partner --help`")
            }
        };
    }
}

/// An error with the chain of its causes, each once, on one line.
pub fn with_causes(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let message = clean(&error.to_string());
        if !text.contains(&message) {
            text.push_str(": ");
            text.push_str(&message);
        }
        cause = error.source();
    }
    text
}

/// What is known of an error's causes and what helps, in three lines and the correlation id.
pub fn explain(error: &Error, to: &mut impl Write) -> io::Result<()> {
    writeln!(to, "error: {}", with_causes(error))?;
    let (why, help) = advice(error);
    writeln!(to, "  why: {why}")?;
    writeln!(to, "   do: {help}")?;
    if let Some(id) = error.correlation_id() {
        writeln!(to, "   id: {id} (the support asks for it)")?;
    }
    Ok(())
}

fn advice(error: &Error) -> (&'static str, &'static str) {
    if error.is_forbidden() {
        (
            "the service principal was added in the portal under the wrong object id, or the publisher id is misspelt",
            "compare the publisher id, and the principal's object id under Enterprise applications",
        )
    } else if error.is_unauthorized() {
        (
            "the token has expired, or was issued for another resource",
            "az account get-access-token --resource https://cloudpartner.azure.com",
        )
    } else if error.is_not_found() {
        (
            "there is no such publisher or offer; an offer's id is its slug, not a GUID",
            "list the ids with `cloud-partner offers`",
        )
    } else if error.is_credential() {
        (
            "a token comes from --token-file, AZURE_TOKEN, a service principal in three variables, or `az login`",
            "see that exactly one of them is there and complete",
        )
    } else if error.is_throttled() {
        (
            "the service wants fewer requests",
            "wait, and poll less often",
        )
    } else if error.is_connection() {
        (
            "no network, a proxy, or a wrong endpoint",
            "check the network, HTTPS_PROXY, and --endpoint if it is set",
        )
    } else if error.is_timeout() {
        (
            "the service can take minutes, and took longer",
            "try again later",
        )
    } else if error.is_invalid_argument() {
        (
            "it can't be sent as it is",
            "mend it; `cloud-partner --help` shows what is expected",
        )
    } else if error.is_retryable() {
        (
            "the service or the gateway before it failed; the request was tried again in vain",
            "try again later, and quote the id to the support if it lasts",
        )
    } else if error.is_decode() || error.is_too_large() {
        (
            "a proxy answered in the service's place, or the service has changed",
            "see what answers with `curl -i`; without a proxy, report it",
        )
    } else {
        ("the service refused the request", "see what it says above")
    }
}
