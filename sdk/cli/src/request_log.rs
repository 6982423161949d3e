//! Prints the SDK's tracing events about requests to standard error.

use std::io;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::error::to_stderr;
use crate::plain_text::one_line;

/// Prints the SDK's events. At the level `DEBUG`, every attempt of a request has an event. At `WARN`, only a failed attempt before a retry has
/// an event.
/// The events of other crates aren't printed, because they can contain the header with the token.
pub fn show(level: LevelFilter) {
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(|| Stderr)
        .with_ansi(false)
        .with_target(false)
        .without_time();
    let sdk_only = Targets::new().with_target("cloud_partner_portal", level);
    tracing_subscriber::registry()
        .with(layer.with_filter(sdk_only))
        .init();
}

/// A writer that prints each event on one line, without control characters.
struct Stderr;

impl io::Write for Stderr {
    /// Prints an event. tracing-subscriber writes each event with one call.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        to_stderr(&one_line(&String::from_utf8_lossy(event)));
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
