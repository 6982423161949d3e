//! `cargo xtask validate`: validates the recordings against the spec.

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

use crate::exit::{CommandError, CommandResult, Outcome};
use crate::files;
use crate::output::with_noun;
use crate::report::{Finding, Format, Place, Report};
use crate::spec::Spec;
use finding::Found;

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
        let of_spec = checker.check_spec();

        let unreadable = !input.unreadable.is_empty();
        let mut report = Report::new();
        report.add_property("spec", spec.path.display().to_string());
        report.add_property("recordings", input.recordings.len());
        report.add_property("examples", of_spec.count);
        input.unreadable.into_iter().for_each(|one| report.add(one));
        for found in of_spec.found {
            report.add(located(found, None, &spec));
        }
        for (file, recording) in &input.recordings {
            for found in checker.check_recording(recording) {
                report.add(located(found, Some(file), &spec));
            }
        }
        report.add_property("cpuMilliseconds", cpu_milliseconds());
        let done = format!(
            "validated {} and {}",
            with_noun(input.recordings.len(), "recording"),
            with_noun(of_spec.count, "example")
        );
        let outcome = report.print(self.format, &done, out)?;
        Ok(if unreadable {
            Outcome::Unreadable
        } else {
            outcome
        })
    }
}

/// Adds the files to a finding. Secrets are masked in the JSON pointer and the message.
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

/// Reads the recordings in `paths`, or the workspace's own, each with the name of its file. Returns an error if one can't be read.
pub fn recordings(paths: &[PathBuf]) -> Result<Vec<(String, Recording)>, CommandError> {
    let input = input::read(paths);
    match input.unreadable.first() {
        None => Ok(input.recordings),
        Some(finding) => Err(CommandError(finding.line())),
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
pub fn cpu_milliseconds() -> Option<u128> {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    std::time::Duration::try_from(used)
        .ok()
        .map(|used| used.as_millis())
}

/// Returns `None`, because the standard library has no function for it.
#[cfg(not(unix))]
pub fn cpu_milliseconds() -> Option<u128> {
    None
}
