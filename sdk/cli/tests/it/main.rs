//! Integration tests of the command-line tool. Each test runs the tool as a process.

mod closed_streams;
mod commands;
mod credentials;
mod errors;
mod offers;
mod readme;
mod support;
#[cfg(unix)]
mod terminal;
mod watch;
mod watch_cases;
