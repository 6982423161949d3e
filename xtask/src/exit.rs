//! The outcome of a command, and its exit code.

use std::fmt;
use std::io;
use std::process::ExitCode;

/// The exit codes, as `--help` prints them.
pub const HELP: &str = "\
Exit codes:
  0  success; notes don't change that
  1  findings: the spec or a recording is wrong, or a statement isn't covered
  2  wrong usage: an argument or a flag that doesn't exist
  3  an input can't be read or isn't well-formed, or an output can't be written
  4  outdated: a committed file differs from what would be written now
demo ends with the exit code of the example that it runs.";

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Success.
    Fine,
    /// There are findings.
    Findings,
    /// A part of the input can't be read; the rest was checked.
    Unreadable,
    /// A committed file differs from what would be written.
    Outdated,
    /// The exit code of a child process.
    Child(u8),
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(match outcome {
            Outcome::Fine => 0,
            Outcome::Findings => 1,
            Outcome::Unreadable => 3,
            Outcome::Outdated => 4,
            Outcome::Child(code) => code,
        })
    }
}

/// The error of a command, with the place; exit code 3.
#[derive(Debug)]
pub struct Failure(pub String);

impl Failure {
    /// The exit code of every error.
    pub const CODE: u8 = 3;
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An error of writing the output. Errors of files are made where the file's name is known.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self(format!("the output can't be written: {error}"))
    }
}

impl From<crate::spec::SpecError> for Failure {
    fn from(error: crate::spec::SpecError) -> Self {
        Self(error.to_string())
    }
}

/// The result of a command.
pub type Run = Result<Outcome, Failure>;
