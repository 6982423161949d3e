//! `cargo xtask coverage`: which statements of the spec the recordings show, and with which provenance.
//!
//! [`statements`](statements()) finds the statements and the mutations that make each of them wrong ([`transport`], [`schema`]);
//! [`detection`] validates every recording with each mutated spec; [`summary`] says what that is worth.

mod detection;
mod schema;
mod statements;
mod summary;
mod transport;

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use clap::Args;

use self::detection::{Example, Examples};
use self::statements::statements;
use self::summary::Summary;
use crate::exit::{Failure, Run};
use crate::files;
use crate::known_gaps::KnownGaps;
use crate::report::{Finding, Format, Place, Report};
use crate::validate::{self, Checker};

/// Lists the statements of the spec that no recording shows
///
/// A statement is one keyword at one place where the spec writes it. It is covered if every mutation of it is detected:
/// `validate` finds something else in a recording, or accepts a counterexample. The provenance of these recordings says
/// whether the statement is documented or observed, or only consistent with made-up values: a synthetic recording is no
/// evidence, one with an observed shape is evidence for the shape of bodies only, and a counterexample is none. A statement
/// that can't be covered is a known gap in xtask/known-gaps.yaml, with a reason and a date; any other uncovered statement is
/// an error.
#[derive(Args)]
pub struct Coverage {
    /// How to print the report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The spec [default: openapi/cloud-partner-portal.yaml]
    #[arg(long, value_name = "FILE")]
    spec: Option<PathBuf>,
    /// The known gaps [default: xtask/known-gaps.yaml]
    #[arg(long, value_name = "FILE")]
    known_gaps: Option<PathBuf>,
    /// The folder of counterexamples [default: tests/counterexamples]
    #[arg(long, value_name = "FOLDER")]
    counterexamples: Option<PathBuf>,
    /// Recordings, or folders of them [default: tests/recordings and tests/scenarios]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
}

impl Coverage {
    /// Runs the command.
    pub fn run(self, out: &mut dyn Write) -> Run {
        let spec = files::spec(&self.spec.unwrap_or_else(files::default_spec))?;
        let gaps = KnownGaps::of_coverage(self.known_gaps)?;
        let checker = Checker::new(&spec)?;
        let read = |paths: &[PathBuf]| -> Result<Vec<Example>, Failure> {
            let recordings = validate::recordings(paths)?.into_iter();
            Ok(recordings.map(|one| Example::new(&checker, one)).collect())
        };
        // Other recordings have other counterexamples.
        let own = files::root().join("tests/counterexamples");
        let own = (self.paths.is_empty() && own.exists()).then_some(own);
        let counterexamples = self.counterexamples.or(own);
        let examples = Examples {
            recordings: read(&self.paths)?,
            counterexamples: counterexamples.map_or(Ok(Vec::new()), |folder| read(&[folder]))?,
        };

        let statements = statements(&spec)?;
        let mutations = statements
            .iter()
            .map(|statement| statement.mutations.len())
            .sum();
        let detected = examples.detect(&spec, &statements, &progress(mutations))?;
        let summary = Summary::new(&spec, &gaps, statements, detected);

        let mut report = Report::new();
        for recording in examples.recordings.iter().filter(|one| one.is_refused()) {
            let message = "the spec refuses this recording, so it is no evidence";
            let finding =
                Finding::error("refused-recording", message).help("run `cargo xtask validate`");
            report.add(finding.in_recording(whole(recording)));
        }
        for counterexample in examples
            .counterexamples
            .iter()
            .filter(|one| !one.is_refused())
        {
            let finding = Finding::error(
                "accepted-counterexample",
                "the spec accepts this counterexample",
            );
            let finding = finding.help("correct the spec, or delete the counterexample");
            report.add(finding.in_recording(whole(counterexample)));
        }
        for finding in summary.findings(&gaps) {
            report.add(finding);
        }
        report.fact("spec", spec.path.display().to_string());
        report.fact("recordings", examples.recordings.len());
        report.fact("counterexamples", examples.counterexamples.len());
        report.fact("mutations", mutations);
        report.fact("summary", summary.numbers());
        report.fact("statements", &summary.statements);
        if self.format == Format::Text {
            summary.text(out)?;
        }
        report.print(self.format, &summary.headline(), out)
    }
}

/// Returns the place of a whole file.
fn whole(example: &Example) -> Place {
    Place {
        file: example.file.clone(),
        ..Place::default()
    }
}

/// Prints the number of mutations that are done, if standard error is a terminal.
fn progress(mutations: usize) -> impl Fn(usize) + Sync {
    let terminal = io::stderr().is_terminal();
    move |done| {
        if terminal && (done % 20 == 0 || done + 1 == mutations) {
            let end = if done + 1 == mutations {
                "\r\x1b[2K"
            } else {
                ""
            };
            // Progress that can't be printed is no reason to stop.
            let _ = write!(
                io::stderr(),
                "\r{:>12} {done} of {mutations}{end}",
                "Mutating"
            );
        }
    }
}
