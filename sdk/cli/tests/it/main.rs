//! The command-line tool as its users run it: as a process, against the replay server.

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
