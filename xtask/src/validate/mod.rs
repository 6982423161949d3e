//! `cargo xtask validate` validates the recordings against the spec.

mod finding_kinds;
mod parameters;
mod read_recordings;
mod recording;
pub mod secrets;
mod spec_checks;
mod unknown_names;

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

pub use read_recordings::read_error;
pub use recording::Checker;

use crate::exit_code::{CommandResult, Outcome};
use crate::files;
use crate::findings::{Format, Report};
use crate::print::with_noun;

/// Validates the recordings against the spec
///
/// The request of every recording must match exactly one operation of the spec. The request and the response must be valid against this
/// operation. Every example in the spec must be valid against its schema. A text in a recording that looks like a secret is an error.
///
/// The service can add properties, and values of an extensible enum. Therefore, a property or value that the spec doesn't name is only a note,
/// not an error.
///
/// Two files in tests/recordings must not have the same request, because `cargo xtask serve` couldn't choose between their responses. A
/// folder in tests/scenarios can have several responses to the same request.
#[derive(Args)]
pub struct Validate {
    /// The output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Print every note, not only the number of notes with each code
    #[arg(long)]
    notes: bool,
    /// The spec [default: openapi/cloud-partner-portal.yaml]
    #[arg(long, value_name = "FILE")]
    spec: Option<PathBuf>,
    /// Recordings, or folders of recordings [default: tests/recordings and tests/scenarios]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
}

impl Validate {
    pub fn run(self, out: &mut dyn Write) -> CommandResult {
        let spec = files::read_spec(&self.spec.unwrap_or_else(files::default_spec_path))?;
        let checker = Checker::new(&spec)?;
        let (mut findings, example_count) = checker.check_spec();
        let (recordings, errors) = read_recordings::read(&self.paths);
        // If a file or folder is unusable, the outcome is `Unreadable`, whatever the other findings are.
        let is_unusable = !errors.is_empty();
        findings.extend(errors);
        for recording in &recordings {
            let mut found = secrets::scan(recording);
            // Other findings could quote a secret, so a recording with a secret isn't validated.
            if found.is_empty() {
                found = checker.validate(recording);
            }
            let file = files::display_path(&recording.file);
            findings.extend(found.into_iter().map(|finding| finding.in_file(&file)));
        }

        let recording_count = recordings.len();
        let mut report = Report::default();
        report.counts_notes = !self.notes;
        report.findings = findings;
        report.add_property("spec", &spec.file);
        report.add_property("recordings", recording_count);
        report.add_property("examples", example_count);
        let summary = format!(
            "validated {} and {}",
            with_noun(recording_count, "recording"),
            with_noun(example_count, "example")
        );
        let outcome = report.print(self.format, &summary, out)?;
        Ok(if is_unusable {
            Outcome::Unreadable
        } else {
            outcome
        })
    }
}
