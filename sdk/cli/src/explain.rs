//! Error messages on standard error: what happened, why, and what to do.

use std::error::Error as StdError;
use std::io::{self, Write};

use cloud_partner_portal::Error;

use crate::exit::Exit;
use crate::plain_text::clean;

/// The error that ends the program.
#[derive(Debug)]
pub enum Stop {
    Sdk(Error),
    /// An error of the operating system, such as an error while writing the output.
    Output(io::Error),
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
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::OutputClosed,
            Self::Output(_) => Exit::Other,
            Self::Usage(_) => Exit::Usage,
        }
    }

    /// Returns the message for standard error, or the empty string if the reader of standard output closed the pipe.
    pub fn message(&self) -> String {
        match self {
            Self::Sdk(error) => explain("", error),
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => String::new(),
            Self::Output(error) => format!("error: {error}\n"),
            Self::Usage(what) => {
                format!(
                    "error: {}\n   do: see `cloud-partner --help`\n",
                    clean(what)
                )
            }
        }
    }
}

/// Writes to standard error. Errors are ignored, because a closed standard error must not change the exit code.
pub fn to_stderr(text: &str) {
    let _ = anstream::stderr().write_all(text.as_bytes());
}

/// Returns the error and its causes on one line, without duplicates.
pub fn with_causes(error: &Error) -> String {
    let mut line = clean(&error.to_string());
    for cause in causes(error) {
        let text = clean(&cause.to_string());
        if line.contains(&text) {
            continue;
        }
        // The chain also holds the errors of earlier requests.
        let separator = if cause.is::<Error>() {
            "; before that: "
        } else {
            ": "
        };
        line += separator;
        line += &text;
    }
    line
}

/// Returns several lines about an error: what happened (to `subject`, if it isn't empty), why, what to do, and the correlation ids of
/// all error responses.
pub fn explain(subject: &str, error: &Error) -> String {
    let mut text = match subject {
        "" => format!("error: {}\n", with_causes(error)),
        subject => format!("error: {}: {}\n", clean(subject), with_causes(error)),
    };
    let earlier = causes(error).filter_map(|cause| cause.downcast_ref::<Error>());
    let mut ids: Vec<_> = std::iter::once(error)
        .chain(earlier)
        .filter_map(Error::correlation_id)
        .map(clean)
        .collect();
    ids.dedup();
    let (why, advice) = advice(error);
    text += &["  why: ", why, "\n   do: ", advice].concat();
    if error.is_retryable() && !ids.is_empty() {
        text += "; if it lasts, send the id to the support";
    }
    text += "\n";
    for id in ids {
        text += &["   id: ", &id, " (the support asks for it)\n"].concat();
    }
    text
}

fn causes(error: &Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    std::iter::successors(error.source(), |cause| (*cause).source())
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
            "no credential is complete, or the one that was used gave no token",
            "complete one, run `az login`, or choose one with --credential; see `cloud-partner --help`",
        )
    } else if error.is_throttled() {
        (
            "the service limits the rate of requests",
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
            "the value can't be sent as it is",
            "correct it; `cloud-partner --help` shows what is expected",
        )
    } else if error.is_configuration() {
        (
            "this machine isn't set up for HTTPS, such as without CA certificates",
            "install the system's CA certificates; if SSL_CERT_FILE or SSL_CERT_DIR is set, correct it",
        )
    } else if error.is_retryable() {
        (
            "the service, or a gateway before it, failed, and repeated requests didn't help",
            "try again later",
        )
    } else if error.is_decode() || error.is_too_large() {
        (
            "a proxy responded in the service's place, or the service has changed",
            "look at the response with `curl -i`; without a proxy, report it",
        )
    } else {
        (
            "the service rejected the request",
            "read the service's message above",
        )
    }
}
