//! `cargo xtask validate`: compares the recordings with the spec.

mod checker;
mod codes;
mod examples;
mod finding;
mod input;
mod names;
mod request;
mod response;
pub mod secrets;

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use cloud_partner_recordings::recording::Recording;

pub use checker::Checker;

use crate::exit::{Failure, Outcome, Run};
use crate::files;
use crate::output::count;
use crate::report::{Finding, Format, Place, Report};
use crate::spec::Spec;
use finding::Found;

/// Compares the recordings with the spec
///
/// Every recording must match exactly one operation, and its request and response must agree with it. Every example in the spec must
/// agree with its schema. What looks like a secret is an error. Properties and values that the spec doesn't name are notes: responses
/// may grow.
#[derive(Args)]
pub struct Validate {
    /// How to print the findings
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The spec [default: openapi/cloud-partner-portal.yaml]
    #[arg(long, value_name = "FILE")]
    spec: Option<PathBuf>,
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
        let spec = files::spec(&self.spec.unwrap_or_else(files::default_spec))?;
        let checker = Checker::new(&spec)?;
        let input = input::read(&self.paths);
        let of_spec = checker.spec();

        let unreadable = !input.unreadable.is_empty();
        let mut report = Report::new();
        report.fact("spec", spec.path.display().to_string());
        report.fact("recordings", input.recordings.len());
        report.fact("examples", of_spec.count);
        input.unreadable.into_iter().for_each(|one| report.add(one));
        for found in of_spec.found {
            report.add(located(found, None, &spec));
        }
        for (file, recording) in &input.recordings {
            for found in checker.recording(recording) {
                report.add(located(found, Some(file), &spec));
            }
        }
        report.fact("cpuMilliseconds", cpu_milliseconds());
        let done = format!(
            "validated {} and {}",
            count(input.recordings.len(), "recording"),
            count(of_spec.count, "example")
        );
        let outcome = report.print(self.format, &done, out)?;
        Ok(if unreadable {
            Outcome::Unreadable
        } else {
            outcome
        })
    }
}

/// Returns the finding with its files. Secrets are masked in the JSON pointer and the message.
fn located(found: Found, file: Option<&str>, spec: &Spec) -> Finding {
    Finding {
        level: found.level,
        recording: file.map(|file| Place {
            file: file.to_owned(),
            pointer: secrets::mask_pointer(&found.recording.unwrap_or_default()),
            ..Place::default()
        }),
        spec: found.spec.map(|pointer| Place::in_spec(spec, &pointer)),
        ..Finding::error(found.code.id, secrets::mask(&found.message))
            .named(found.code.name)
            .help(found.code.help)
    }
}

/// Reads the recordings in `paths`, or the workspace's own, each with the name of its file, for commands that need all of them.
pub fn recordings(paths: &[PathBuf]) -> Result<Vec<(String, Recording)>, Failure> {
    let input = input::read(paths);
    match input.unreadable.first() {
        None => Ok(input.recordings),
        Some(finding) => Err(Failure(finding.line())),
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

/// Returns the CPU time that this process has used.
#[cfg(unix)]
pub fn cpu_milliseconds() -> Option<u128> {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    std::time::Duration::try_from(used)
        .ok()
        .map(|used| used.as_millis())
}

/// Returns `None`: the standard library doesn't know.
#[cfg(not(unix))]
pub fn cpu_milliseconds() -> Option<u128> {
    None
}
