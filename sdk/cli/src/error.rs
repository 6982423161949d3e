//! Converts errors to exit codes, to kinds in the JSON output, and to messages on standard error.

use std::error::Error as StdError;
use std::io::{self, Write};
use std::iter;

use cloud_partner_portal::Error;

use crate::exit_code::Exit;
use crate::plain_text::one_line;

/// An error that ends the program.
#[derive(Debug)]
pub enum ToolError {
    Sdk(Error),
    /// An error of the operating system, such as an error while writing the output.
    Io(io::Error),
    /// A message about an invalid option or environment variable, and what to do.
    Usage(String, &'static str),
}

impl From<Error> for ToolError {
    fn from(error: Error) -> Self {
        Self::Sdk(error)
    }
}

impl From<io::Error> for ToolError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl ToolError {
    /// Returns a function that converts an SDK error. If the SDK rejected an argument of the call, the function returns
    /// [`Usage`](Self::Usage) with `remedy`. Otherwise, it returns [`Sdk`](Self::Sdk).
    pub fn with_remedy(remedy: &'static str) -> impl Fn(Error) -> Self {
        move |error| {
            if error.is_invalid_argument() {
                Self::Usage(with_causes(&error), remedy)
            } else {
                Self::Sdk(error)
            }
        }
    }

    /// Prints the message to standard error, and returns the exit code. Prints nothing if the error is a closed standard output.
    pub fn print(&self) -> Exit {
        match self {
            Self::Sdk(error) => {
                to_stderr(&explain("", error));
                Exit::from(error)
            }
            Self::Io(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::OutputClosed,
            Self::Io(error) => {
                to_stderr(&format!("error: {error}"));
                Exit::Other
            }
            Self::Usage(message, remedy) => {
                to_stderr(&format!("error: {}\n   do: {remedy}", one_line(message)));
                Exit::Usage
            }
        }
    }
}

/// Writes the text and a line break to standard error. Write errors are ignored, because a closed standard error must not change the
/// exit code.
pub fn to_stderr(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Returns the error and its causes on one line. Skips a cause whose text the line already contains.
pub fn with_causes(error: &Error) -> String {
    let mut line = one_line(&error.to_string());
    for cause in causes(error) {
        let text = one_line(&cause.to_string());
        if !line.contains(&text) {
            // If an earlier request failed, the SDK adds that request's error to the causes.
            let is_earlier = cause.is::<Error>();
            line += if is_earlier { "; before that: " } else { ": " };
            line += &text;
        }
    }
    line
}

/// Returns several lines: what happened, why, what to do, and the correlation ids of the error and its causes. `subject` is the
/// offer's id, the text "the list of offers", or an empty text.
pub fn explain(subject: &str, error: &Error) -> String {
    let separator = if subject.is_empty() { "" } else { ": " };
    let (subject, what) = (one_line(subject), with_causes(error));
    let (why, remedy) = advice(error);
    let mut lines = vec![
        format!("error: {subject}{separator}{what}"),
        format!("  why: {why}"),
        format!("   do: {remedy}"),
    ];
    let earlier = causes(error).filter_map(|cause| cause.downcast_ref::<Error>());
    let errors = iter::once(error).chain(earlier);
    for id in errors.filter_map(Error::correlation_id).map(one_line) {
        let line = format!("   id: {id} (Microsoft's support needs this id)");
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines.join("\n")
}

fn causes(error: &Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    iter::successors(error.source(), |cause| (*cause).source())
}

/// Returns the kind of an error, such as `notFound`. The JSON output contains the kind of each error.
pub fn kind(error: &Error) -> &'static str {
    type Predicate = fn(&Error) -> bool;
    let kinds: [(Predicate, &str); 11] = [
        (Error::is_forbidden, "forbidden"),
        (Error::is_unauthorized, "unauthorized"),
        (Error::is_not_found, "notFound"),
        (Error::is_credential, "credential"),
        (Error::is_throttled, "throttled"),
        (Error::is_timeout, "timeout"),
        (Error::is_connection, "connection"),
        (Error::is_invalid_argument, "invalidArgument"),
        (Error::is_configuration, "configuration"),
        (Error::is_too_large, "tooLarge"),
        (Error::is_decode, "decode"),
    ];
    match kinds.iter().find(|(is_kind, _)| is_kind(error)) {
        Some((_, kind)) => kind,
        // The connection broke before the tool received a status code.
        None if error.is_retryable() && error.status().is_none() => "connection",
        None => "service",
    }
}

impl From<&Error> for Exit {
    fn from(error: &Error) -> Self {
        match kind(error) {
            "forbidden" | "unauthorized" | "credential" => Self::NotAllowed,
            "notFound" => Self::NotFound,
            "invalidArgument" | "configuration" => Self::Usage,
            _ if error.is_retryable() => Self::Service,
            _ => Self::Other,
        }
    }
}

/// Returns the likely cause of an error, and what to do.
fn advice(error: &Error) -> (&'static str, &'static str) {
    match kind(error) {
        "forbidden" => (
            "the publisher id is wrong, or the caller doesn't belong to the publisher's account in Partner Center",
            "check --publisher; to add a service principal to the account, use the Object ID that Microsoft Entra shows under \"Managed application in local directory\"",
        ),
        "unauthorized" => (
            "the token has expired, or was issued for another resource",
            "get a new token with `az account get-access-token --resource https://cloudpartner.azure.com`",
        ),
        "notFound" => (
            "no publisher or offer has this id; the id of an offer is a name such as test-vm, not a GUID",
            "list the ids with `cloud-partner offers`",
        ),
        "credential" => (
            "a variable of the credential isn't set, or the credential returned no token",
            "set the variables that the message names, run `az login`, or choose a credential with --credential",
        ),
        "throttled" => (
            "the service limits the rate of requests",
            "try again later; for watch, set a longer --interval",
        ),
        "timeout" => (
            "the service didn't respond within the timeout; a response can take minutes",
            "try again later",
        ),
        "connection" if error.is_connection() => (
            "there is no network, a proxy rejects the connection, or the endpoint is wrong",
            "check the network, HTTPS_PROXY, and --endpoint if it is set",
        ),
        "invalidArgument" => (
            "the id of the publisher or the offer is empty, begins with a dot, or contains `/`, `\\` or white space",
            "correct --publisher, CLOUD_PARTNER_PUBLISHER or the offer's id",
        ),
        "configuration" => (
            "this machine isn't set up for HTTPS; for example, it has no CA certificates",
            "install the system's CA certificates; if SSL_CERT_FILE or SSL_CERT_DIR is set, correct the variable",
        ),
        "tooLarge" => (
            "the response is larger than the tool accepts",
            "check --endpoint if it is set; otherwise, report the problem to the maintainers of this tool",
        ),
        "decode" => (
            "a proxy responded instead of the service, or the service has changed its responses",
            "look at the response with `curl -i`; if the service sent it, report the problem to the maintainers of this tool",
        ),
        _ if error.is_retryable() => (
            "the service, a gateway or the network failed",
            "try again later",
        ),
        _ => (
            "the service rejected or redirected the request",
            "read the first line of this error",
        ),
    }
}
