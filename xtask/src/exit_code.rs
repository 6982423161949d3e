//! Defines the outcomes of a command, the error that ends a command early, and their exit codes.

use std::io;
use std::process::ExitCode;

use crate::spec::SpecError;

/// The exit codes, as `--help` prints them.
pub const HELP: &str = "\
Exit codes:
  0  success; the command may have printed notes
  1  findings: a check found errors
  2  wrong usage: an argument or an option is unknown or invalid
  3  an input can't be read or isn't well-formed, or an output can't be written
  4  outdated: a committed file differs from what the command would write
The command `demo` ends with the exit code of the command-line tool that it runs.";

/// The outcome of a command that ran to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Success,
    /// The command reported errors.
    Findings,
    /// The command couldn't read a part of its input, and checked the other parts.
    Unreadable,
    /// A committed file differs from what the command would write.
    Outdated,
    /// The exit code of a child process.
    Child(u8),
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(match outcome {
            Outcome::Success => 0,
            Outcome::Findings => 1,
            Outcome::Unreadable => 3,
            Outcome::Outdated => 4,
            Outcome::Child(code) => code,
        })
    }
}

/// The message of the error that ends a command with exit code 3.
#[derive(Debug)]
pub struct CommandError(pub String);

impl From<String> for CommandError {
    fn from(message: String) -> Self {
        Self(message)
    }
}

/// Creates the error of a command that can't write to standard output. Don't use this conversion for a file: the message names no file.
impl From<io::Error> for CommandError {
    fn from(error: io::Error) -> Self {
        Self(format!("the output can't be written: {error}"))
    }
}

impl From<SpecError> for CommandError {
    fn from(error: SpecError) -> Self {
        Self(error.0)
    }
}

/// The result of a command.
pub type CommandResult = Result<Outcome, CommandError>;
