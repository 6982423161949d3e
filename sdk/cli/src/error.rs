//! Errors: their exit codes, their kinds in JSON, and their messages on standard error (what happened, why, and what to do).

use std::error::Error as StdError;
use std::io::{self, Write};

use cloud_partner_portal::Error;

use crate::exit::Exit;
use crate::plain_text::one_line;

/// The error that ends the program.
#[derive(Debug)]
pub enum Stop {
    Sdk(Error),
    /// An error of the operating system, such as an error while writing the output.
    Io(io::Error),
    Usage {
        what: String,
        remedy: &'static str,
    },
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Sdk(error)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Stop {
    pub fn usage(what: impl Into<String>, remedy: &'static str) -> Self {
        Self::Usage {
            what: what.into(),
            remedy,
        }
    }

    /// Returns a function that converts an SDK error. If an option or a variable is invalid, the message says what to do: `remedy`.
    pub fn with_remedy(remedy: &'static str) -> impl Fn(Error) -> Self {
        move |error| {
            if error.is_invalid_argument() {
                Self::usage(with_causes(&error), remedy)
            } else {
                Self::Sdk(error)
            }
        }
    }

    pub fn exit(&self) -> Exit {
        match self {
            Self::Sdk(error) => Exit::from(error),
            Self::Io(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::OutputClosed,
            Self::Io(_) => Exit::Other,
            Self::Usage { .. } => Exit::Usage,
        }
    }

    /// Returns the message for standard error, or `None` if the reader of standard output closed the pipe.
    pub fn message(&self) -> Option<String> {
        match self {
            Self::Sdk(error) => Some(explain("", error)),
            Self::Io(error) if error.kind() == io::ErrorKind::BrokenPipe => None,
            Self::Io(error) => Some(format!("error: {error}")),
            Self::Usage { what, remedy } => {
                Some(format!("error: {}\n   do: {remedy}", one_line(what)))
            }
        }
    }
}

/// Writes a line to standard error. Errors are ignored, because a closed standard error must not change the exit code.
pub fn to_stderr(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Returns the error and its causes on one line, without duplicates.
pub fn with_causes(error: &Error) -> String {
    let mut line = one_line(&error.to_string());
    for cause in causes(error) {
        let text = one_line(&cause.to_string());
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
    let subject = match subject {
        "" => String::new(),
        subject => one_line(subject) + ": ",
    };
    let earlier = causes(error).filter_map(|cause| cause.downcast_ref::<Error>());
    let errors = std::iter::once(error).chain(earlier);
    let mut ids = Vec::new();
    for id in errors.filter_map(Error::correlation_id) {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    let (what, class) = (with_causes(error), Class::from(error));
    let (why, remedy) = (class.why, class.remedy);
    let mut text = format!("error: {subject}{what}\n  why: {why}\n   do: {remedy}");
    if error.is_retryable() && !ids.is_empty() {
        text += "; if the error lasts, send the id to the support";
    }
    for id in ids {
        text += &["\n   id: ", &one_line(id), " (the support asks for it)"].concat();
    }
    text
}

fn causes(error: &Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    std::iter::successors(error.source(), |cause| (*cause).source())
}

impl From<&Error> for Exit {
    fn from(error: &Error) -> Self {
        Class::from(error).exit
    }
}

/// What an error means to the user.
pub struct Class {
    /// The kind in JSON.
    pub kind: &'static str,
    exit: Exit,
    why: &'static str,
    remedy: &'static str,
}

impl From<&Error> for Class {
    fn from(error: &Error) -> Self {
        let (kind, exit, why, remedy) = if error.is_forbidden() {
            (
                "forbidden",
                Exit::NotAllowed,
                "the service principal was added in the portal under the wrong object id, or the publisher id is misspelt",
                "compare the publisher id, and the principal's object id under Enterprise applications",
            )
        } else if error.is_unauthorized() {
            (
                "unauthorized",
                Exit::NotAllowed,
                "the token has expired, or was issued for another resource",
                "get a new token with `az account get-access-token --resource https://cloudpartner.azure.com`",
            )
        } else if error.is_not_found() {
            (
                "notFound",
                Exit::NotFound,
                "there is no such publisher or offer; an offer's id is its slug, not a GUID",
                "list the ids with `cloud-partner offers`",
            )
        } else if error.is_credential() {
            (
                "credential",
                Exit::NotAllowed,
                "no credential is complete, or the credential that was used returned no token",
                "set the variables that the message names, run `az login`, or choose a credential with --credential",
            )
        } else if error.is_throttled() {
            (
                "throttled",
                Exit::Service,
                "the service limits the rate of requests",
                "wait, and poll less often",
            )
        } else if error.is_timeout() {
            (
                "timeout",
                Exit::Service,
                "the service can take minutes to respond, and took longer than the timeout",
                "try again later",
            )
        } else if error.is_connection() {
            (
                "connection",
                Exit::Service,
                "no network, a proxy, or a wrong endpoint",
                "check the network, HTTPS_PROXY, and --endpoint if it is set",
            )
        } else if error.is_retryable() {
            (
                error.status().map_or("connection", |_| "service"),
                Exit::Service,
                "the service or a gateway failed, and repeated requests failed, too",
                "try again later",
            )
        } else if error.is_invalid_argument() {
            (
                "invalidArgument",
                Exit::Usage,
                "the id of a publisher or an offer can't be part of a request's path",
                "correct --publisher, CLOUD_PARTNER_PUBLISHER or the offer's id",
            )
        } else if error.is_configuration() {
            (
                "configuration",
                Exit::Usage,
                "this machine isn't set up for HTTPS; for example, it has no CA certificates",
                "install the system's CA certificates; if SSL_CERT_FILE or SSL_CERT_DIR is set, correct the variable",
            )
        } else if error.is_too_large() {
            (
                "tooLarge",
                Exit::Other,
                "the response is larger than the tool accepts",
                "check --endpoint if it is set; if the endpoint is the service's, report the problem",
            )
        } else if error.is_decode() {
            (
                "decode",
                Exit::Other,
                "a proxy responded in the service's place, or the service has changed",
                "look at the response with `curl -i`; if there is no proxy, report the problem",
            )
        } else {
            (
                "service",
                Exit::Other,
                "the service rejected the request",
                "read the service's message above",
            )
        };
        Self {
            kind,
            exit,
            why,
            remedy,
        }
    }
}
