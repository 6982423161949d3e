//! `cargo xtask coverage`: which statements of the spec the recordings cover, and with which provenance.
//!
//! [`mod@statements`] lists the statements, and [`mutations`] their mutations. [`detection`] validates every recording against each
//! mutated spec. [`summary`] derives the coverage of each statement from the result.

mod detection;
mod known_gaps;
mod mutations;
mod statements;
mod summary;

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use self::detection::{Evaluation, detect};
use self::known_gaps::KnownGaps;
use self::statements::statements;
use self::summary::Summary;
use crate::exit::{CommandError, CommandResult};
use crate::files;
use crate::report::{Finding, Format, Report};
use crate::validate::{self, Checker};

/// Lists the statements of the spec that no recording covers
///
/// A statement is one keyword at one place of the spec. It is covered if every mutation of it is detected. A mutation is a change
/// of the spec that makes the statement wrong; it is detected if `validate` has other findings for a recording, or one error less
/// for a counterexample. The provenance of these recordings decides whether the statement is documented or observed, or only
/// consistent with synthetic values: a synthetic recording is no evidence, a recording with an observed shape is evidence for the
/// shape of bodies only, and a counterexample is no evidence. A statement that can't be covered is listed as a known gap in
/// xtask/known-gaps.yaml, with a reason and a date. Any other uncovered statement is an error.
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
    pub fn run(self, out: &mut dyn Write) -> CommandResult {
        let spec = files::read_spec(&self.spec.unwrap_or_else(files::default_spec_path))?;
        let gaps = KnownGaps::read(self.known_gaps)?;
        let checker = Checker::new(&spec)?;
        let read = |paths: &[PathBuf]| -> Result<Vec<Evaluation>, CommandError> {
            let recordings = validate::recordings(paths)?.into_iter();
            let evaluations = recordings.map(|one| Evaluation::new(&checker, one));
            Ok(evaluations.collect())
        };
        // The workspace's counterexamples belong to the workspace's recordings.
        let own = files::root().join("tests/counterexamples");
        let own = (self.paths.is_empty() && own.exists()).then_some(own);
        let counterexamples = self.counterexamples.or(own);
        let recordings = read(&self.paths)?;
        let counterexamples = counterexamples.map_or(Ok(Vec::new()), |folder| read(&[folder]))?;
        let mut statements = statements(&spec);
        detect(&spec, &mut statements, &recordings, &counterexamples)?;
        let mutations: usize = statements.iter().map(|one| one.mutations.len()).sum();
        let summary = Summary::new(&spec, &gaps, statements);

        let mut report = Report::new();
        for recording in recordings.iter().filter(|one| one.is_rejected()) {
            let message = "the recording is invalid against the spec, so it is no evidence";
            let finding = Finding::error("refused-recording", message);
            report.add(
                finding
                    .in_file(&recording.file)
                    .help("run `cargo xtask validate`"),
            );
        }
        for counterexample in counterexamples.iter().filter(|one| !one.is_rejected()) {
            let message = "the counterexample is valid against the spec";
            let finding = Finding::error("accepted-counterexample", message);
            let help = "correct the spec, or delete the counterexample";
            report.add(finding.in_file(&counterexample.file).help(help));
        }
        for finding in summary.findings(&gaps) {
            report.add(finding);
        }
        report.add_property("spec", spec.path.display().to_string());
        report.add_property("recordings", recordings.len());
        report.add_property("counterexamples", counterexamples.len());
        report.add_property("mutations", mutations);
        report.add_property("summary", summary.numbers());
        report.add_property("statements", &summary.statements);
        if self.format == Format::Text {
            summary.print(out)?;
        }
        report.print(self.format, &summary.headline(), out)
    }
}
