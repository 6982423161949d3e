//! What every failure must keep to, whatever the server did.

use std::error::Error as _;
use std::fmt::Write as _;
use std::future::IntoFuture;
use std::time::Duration;

use cloud_partner_portal::Error;

/// The work's result; fails the test when the work hangs, rather than hanging it.
pub async fn with_timeout<T>(said: &str, work: impl IntoFuture<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), work)
        .await
        .unwrap_or_else(|_| panic!("{said}: it hangs"))
}

/// The names of the predicates that are true.
pub fn predicates(error: &Error) -> Vec<&'static str> {
    [
        ("configuration", error.is_configuration()),
        ("connection", error.is_connection()),
        ("credential", error.is_credential()),
        ("decode", error.is_decode()),
        ("forbidden", error.is_forbidden()),
        ("invalid argument", error.is_invalid_argument()),
        ("not found", error.is_not_found()),
        ("retryable", error.is_retryable()),
        ("throttled", error.is_throttled()),
        ("timeout", error.is_timeout()),
        ("too large", error.is_too_large()),
        ("unauthorized", error.is_unauthorized()),
    ]
    .into_iter()
    .filter_map(|(name, holds)| holds.then_some(name))
    .collect()
}

/// Everything that can be had of an error, with all its causes.
pub fn all_text(error: &Error) -> String {
    let mut all = format!("{error}\n{error:?}\n{error:#?}\n{}\n", error.message());
    for part in [error.code(), error.correlation_id(), error.operation()] {
        let _ = writeln!(all, "{part:?}");
    }
    all.push_str(&String::from_utf8_lossy(error.body().unwrap_or_default()));
    let mut cause = error.source();
    while let Some(error) = cause {
        let _ = writeln!(all, "\n{error}\n{error:?}");
        cause = error.source();
    }
    all
}

/// Is in every token that the tests send, and so may be in nothing that an error shows.
pub const SECRET: &str = "s3cret";

/// A token as long as a real one, in which no part comes twice.
pub fn long_token() -> String {
    let parts: Vec<_> = (0..120).map(|part| format!("{SECRET}-{part:03}")).collect();
    parts.join(".")
}

/// An error is for one line of a log: short, without control characters, stack traces or pages; and nothing that can be had of
/// it holds a token, nor a part of one.
pub fn check_displayed_text(said: &str, error: &Error) {
    let line = error.to_string();
    assert!(
        !line.contains(char::is_control),
        "{said}: control characters are shown: {line:?}"
    );
    assert!(line.len() < 2000, "{said}: {} bytes are shown", line.len());
    assert!(
        !line.contains("   at ") && !line.contains("<html"),
        "{said}: more than a line is shown: {line}"
    );
    let all = all_text(error);
    assert!(
        !all.contains(SECRET),
        "{said}: the token is shown in\n{all}"
    );
}
