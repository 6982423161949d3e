//! `cargo xtask validate`: do the recordings and the contract agree?

mod answer;
mod checker;
mod codes;
mod document;
mod examples;
mod finding;
mod input;
mod named;
mod report;
mod request;
pub mod secrets;
mod walk;

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use cloud_partner_recordings::recording::Recording;

pub use crate::report::{Format, Level};
pub use crate::spec::{essence, is_json, media_for};
pub use checker::Checker;
pub use document::{Document, Operation};

use self::report::Report;
use crate::exit::{Failure, Outcome, Run};
use crate::files;

/// Compares the recordings with the contract
///
/// Every recording must match exactly one operation, and its request and answer must agree with it. Every example in the
/// contract must agree with its schema. What looks like a secret is refused. Members and values that the contract doesn't
/// name are noted: the contract is open, but whoever keeps it wants to hear of them.
#[derive(Args)]
pub struct Validate {
    /// How to print the findings
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The contract [default: openapi/cloud-partner-portal.yaml]
    #[arg(long, value_name = "FILE")]
    contract: Option<PathBuf>,
    /// Print the table of codes, and do nothing else
    #[arg(long)]
    codes: bool,
    /// Recordings, or folders of them [default: tests/recordings and tests/scenarios]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
}

impl Validate {
    /// Runs the command.
    pub fn run(self, out: &mut dyn Write) -> Run {
        if self.codes {
            return print_codes(out);
        }
        let contract = files::contract(&self.contract.unwrap_or_else(files::default_contract))?;
        let checker = Checker::new(&contract)?;
        let input = input::read(&self.paths);
        let examples = checker.contract();

        let unreadable = !input.unreadable.is_empty();
        let mut findings = input.unreadable;
        findings.extend(
            examples
                .found
                .into_iter()
                .map(|found| found.locate(None, &contract)),
        );
        for (file, recording) in &input.recordings {
            let found = checker.recording(recording);
            findings.extend(
                found
                    .into_iter()
                    .map(|found| found.locate(Some(file), &contract)),
            );
        }
        finding::sort(&mut findings);

        let errors = findings
            .iter()
            .filter(|finding| finding.level == Level::Error)
            .count();
        let report = Report {
            format: 1,
            contract: contract.path.display().to_string(),
            recordings: input.recordings.len(),
            examples: examples.count,
            errors,
            notes: findings.len() - errors,
            cpu_milliseconds: cpu_milliseconds(),
            findings,
        };
        match self.format {
            Format::Text => report.text(out)?,
            Format::Json => report.json(out)?,
        }
        Ok(match errors {
            _ if unreadable => Outcome::Unreadable,
            0 => Outcome::Fine,
            _ => Outcome::Findings,
        })
    }
}

/// The recordings in `paths`, or the workspace's own, each with the name of its file, for commands that can't do with a part
/// of them.
pub fn recordings(paths: &[PathBuf]) -> Result<Vec<(String, Recording)>, Failure> {
    let input = input::read(paths);
    match input.unreadable.first() {
        None => Ok(input.recordings),
        Some(finding) => Err(Failure(report::unreadable(finding))),
    }
}

fn print_codes(out: &mut dyn Write) -> Run {
    for code in codes::ALL {
        writeln!(out, "{} {:<5} {}", code.id, code.level.verb(), code.name)?;
        writeln!(out, "     means: {}", code.meaning)?;
        writeln!(out, "     to do: {}", code.help)?;
    }
    Ok(Outcome::Fine)
}

/// The CPU time that this process has used since it began.
#[cfg(unix)]
pub fn cpu_milliseconds() -> Option<u128> {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    std::time::Duration::try_from(used)
        .ok()
        .map(|used| used.as_millis())
}

/// Elsewhere the standard library doesn't tell.
#[cfg(not(unix))]
pub fn cpu_milliseconds() -> Option<u128> {
    None
}
