//! Integration tests of the command-line tool. Each test runs the tool as a process.

mod cases;
mod commands;
#[cfg(unix)]
mod interrupts;
mod readme;
mod support;
#[cfg(unix)]
mod terminal;
