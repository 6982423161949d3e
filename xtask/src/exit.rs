//! The outcomes of commands and their exit codes.

use std::fmt;
use std::io;
use std::process::ExitCode;

/// The exit codes, as `--help` prints them.
pub const HELP: &str = "\
Exit codes:
  0  success; notes don't change that
  1  findings: the spec or a recording breaks a rule, or a statement isn't covered
  2  wrong usage: an argument or an option is unknown or invalid
  3  an input can't be read or isn't well-formed, or an output can't be written
  4  outdated: a committed file differs from what the command would write
demo ends with the exit code of the command-line tool that it runs.";

/// The outcome of a command that ran to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The command found no error.
    Success,
    /// The command reported findings that are errors.
    Findings,
    /// A part of the input can't be read; the command checked the rest.
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

/// The error that ended a command, as a message with the file and line; exit code 3.
#[derive(Debug)]
pub struct CommandError(pub String);

impl CommandError {
    /// The exit code of every error.
    pub const CODE: u8 = 3;
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<String> for CommandError {
    fn from(message: String) -> Self {
        Self(message)
    }
}

/// Treats the error as a failed write to the output. Errors of files are converted where the file's name is known.
impl From<io::Error> for CommandError {
    fn from(error: io::Error) -> Self {
        Self(format!("the output can't be written: {error}"))
    }
}

impl From<crate::spec::SpecError> for CommandError {
    fn from(error: crate::spec::SpecError) -> Self {
        Self(error.to_string())
    }
}

/// The result of a command.
pub type CommandResult = Result<Outcome, CommandError>;
