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

/// How a command ended that did its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing to complain about.
    Fine,
    /// Something was found.
    Findings,
    /// A part of the input couldn't be read; the rest was looked at.
    Unreadable,
    /// A committed file isn't what would be written now.
    Stale,
    /// Whatever a child process said.
    Child(u8),
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(match outcome {
            Outcome::Fine => 0,
            Outcome::Findings => 1,
            Outcome::Unreadable => 3,
            Outcome::Stale => 4,
            Outcome::Child(code) => code,
        })
    }
}

/// Why a command couldn't do its work; exit code 3. The text says what happened and where.
#[derive(Debug)]
pub struct Failure(pub String);

impl Failure {
    /// The exit code of every failure.
    pub const CODE: u8 = 3;
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Only the output is written without its name at hand; whoever reads or writes a file names it.
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

/// What every command returns.
pub type Run = Result<Outcome, Failure>;
