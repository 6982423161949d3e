//! `cargo xtask validate`: validates the recordings against the spec.

mod checker;
mod codes;
mod input;
mod names;
mod request;
mod response;
pub mod secrets;
mod spec_checks;
mod texts;

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

pub use checker::Checker;
pub use input::recordings;

use crate::exit::{CommandResult, Outcome};
use crate::files;
use crate::output::with_noun;
use crate::report::{Format, Report};

/// Validates the recordings against the spec
///
/// The request of every recording must match exactly one operation, and request and response must be valid against it. Every example
/// in the spec must be valid against its schema. A text that looks like a secret is an error. Properties and values that the spec
/// doesn't name are notes, because the service may add them.
#[derive(Args)]
pub struct Validate {
    /// The output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The spec [default: openapi/cloud-partner-portal.yaml]
    #[arg(long, value_name = "FILE")]
    spec: Option<PathBuf>,
    /// Print the table of codes instead of validating
    #[arg(long)]
    codes: bool,
    /// Recordings, or folders of them [default: tests/recordings and tests/scenarios]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
}

impl Validate {
    /// Runs the command.
    pub fn run(self, out: &mut dyn Write) -> CommandResult {
        if self.codes {
            return print_codes(out);
        }
        let spec = files::read_spec(&self.spec.unwrap_or_else(files::default_spec_path))?;
        let checker = Checker::new(&spec)?;
        let input = input::read(&self.paths);
        let (mut findings, examples) = checker.check_spec();
        for (file, recording) in &input.recordings {
            let found = checker.check_recording(recording).into_iter();
            findings.extend(found.map(|finding| finding.in_file(file)));
        }
        // Success would be wrong without a validated recording.
        let is_unreadable = !input.unreadable.is_empty() || !input.empty.is_empty();
        findings.extend(input.unreadable);
        findings.extend(input.empty);

        let mut report = Report::new();
        report.add_property("spec", spec.path.display().to_string());
        report.add_property("recordings", input.recordings.len());
        report.add_property("examples", examples);
        report.add_property("cpuMilliseconds", cpu_milliseconds());
        for finding in findings {
            report.add(secrets::masked(finding));
        }
        let done = format!(
            "validated {} and {}",
            with_noun(input.recordings.len(), "recording"),
            with_noun(examples, "example")
        );
        let outcome = report.print(self.format, &done, out)?;
        Ok(if is_unreadable {
            Outcome::Unreadable
        } else {
            outcome
        })
    }
}

fn print_codes(out: &mut dyn Write) -> CommandResult {
    for code in codes::ALL {
        writeln!(out, "{} {:<5} {}", code.id, code.level.verb(), code.name)?;
        writeln!(out, "     means: {}", code.meaning)?;
        writeln!(out, "     to do: {}", code.help)?;
    }
    Ok(Outcome::Success)
}

/// Returns the CPU time of this process in milliseconds.
#[cfg(unix)]
fn cpu_milliseconds() -> Option<u128> {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    let used = std::time::Duration::try_from(used).ok()?;
    Some(used.as_millis())
}

/// Returns `None`, because the standard library has no function for the CPU time.
#[cfg(not(unix))]
fn cpu_milliseconds() -> Option<u128> {
    None
}
