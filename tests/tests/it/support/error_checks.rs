//! Provides functions with which tests check an error of the SDK: its `is_…` methods, its sources, and its texts, which must not contain a
//! token.

use std::error::Error as StdError;
use std::fmt::Write as _;
use std::future::IntoFuture;
use std::iter::successors;
use std::time::Duration;

use cloud_partner_portal::Error;

/// Awaits a future, and panics after 60 seconds instead of blocking the test run.
pub async fn with_timeout<T>(case: &str, future: impl IntoFuture<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), future)
        .await
        .unwrap_or_else(|_| panic!("{case}: timed out"))
}

/// Returns the names of the error's `is_…` methods that return true.
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
    .filter_map(|(name, is_true)| is_true.then_some(name))
    .collect()
}

/// Returns the source of the error, the source of that source, and so on.
pub fn sources(error: &Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    successors(error.source(), |source| (*source).source())
}

/// Returns every text that an error and its sources contain.
pub fn all_text(error: &Error) -> String {
    let mut all = format!("{error}\n{error:?}\n{error:#?}\n{}\n", error.message());
    for part in [error.code(), error.correlation_id(), error.operation()] {
        let _ = writeln!(all, "{part:?}");
    }
    all.push_str(&String::from_utf8_lossy(error.body().unwrap_or_default()));
    for source in sources(error) {
        let _ = writeln!(all, "\n{source}\n{source:?}");
    }
    all
}

/// A text that the tokens of the tests contain. No text of an error may contain it.
pub const SECRET: &str = "s3cret";

/// Returns a token as long as a real one. The SDK recognizes a copy of a token by the first 16 bytes. The parts of this token are numbered,
/// so that these 16 bytes occur only at its beginning.
pub fn long_token() -> String {
    let parts: Vec<_> = (0..120).map(|part| format!("{SECRET}-{part:03}")).collect();
    parts.join(".")
}

/// Checks that the error's message is short and contains no control characters, stack trace or HTML. Also checks that no text of the error
/// contains [`SECRET`].
pub fn check_displayed_text(case: &str, error: &Error) {
    let line = error.to_string();
    let has_control = line.contains(char::is_control);
    assert!(!has_control, "{case}: control characters: {line:?}");
    assert!(line.len() < 2000, "{case}: {} bytes", line.len());
    let has_body = line.contains("   at ") || line.contains("<html");
    assert!(!has_body, "{case}: a stack trace or HTML: {line}");
    let all = all_text(error);
    assert!(!all.contains(SECRET), "{case}: the token:\n{all}");
}
