//! The command-line tool as its users run it: as a process, against the replay server.

mod commands;
mod support;
#[cfg(unix)]
mod terminal;
