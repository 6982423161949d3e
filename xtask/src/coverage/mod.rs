//! `cargo xtask coverage` lists the statements of the spec that no recording covers. The comment of [`Coverage`] explains these terms.
//!
//! [`mod@statements`] lists all statements. [`mutations`] lists changes that make a statement wrong. [`detection`] applies each change to a
//! copy of the spec, validates every recording against the copy, and decides which statements are covered.

mod detection;
mod known_gaps;
mod mutations;
mod statement_state;
mod statements;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use cloud_partner_recordings::load;
use serde_json::json;

use self::detection::{Candidate, detect};
use self::statement_state::State;
use self::statements::{Statement, statements};
use crate::exit_code::CommandResult;
use crate::files;
use crate::findings::{Finding, Format, Report};
use crate::print::{print_continuation, print_line, with_noun};
use crate::serve::Source;
use crate::spec::Spec;
use crate::validate::{self, Checker};

/// Lists the statements of the spec that no recording covers
///
/// A statement is one keyword at one place of the spec, such as the type of a property. A mutation is a change of the spec that makes one
/// statement wrong, such as another type. The command tries each mutation in a copy of the spec. A statement is covered if recordings or
/// counterexamples detect all its mutations.
///
/// A recording is a file with a request and its response. It detects a mutation if the mutation changes what `validate` reports for the
/// recording. A counterexample is a recording that the spec must reject. It detects a mutation if the mutation makes an error of the
/// counterexample disappear.
///
/// The command counts the covered statements by their strongest evidence. From strong to weak, the evidence is a captured response of the
/// live service, an observed shape, or an example of the documentation. An observed shape has the properties, types and formats of a
/// response in a public project, but invented values. Therefore, it is evidence only for properties, types and formats of bodies. Synthetic
/// recordings and counterexamples are no evidence.
///
/// An uncovered statement is an error, unless xtask/known-gaps.yaml lists its name with a reason and a date.
#[derive(Args)]
pub struct Coverage {
    /// The output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The spec [default: openapi/cloud-partner-portal.yaml]
    #[arg(long, value_name = "FILE")]
    spec: Option<PathBuf>,
}

impl Coverage {
    pub fn run(self, out: &mut dyn Write) -> CommandResult {
        let spec = files::read_spec(&self.spec.unwrap_or_else(files::default_spec_path))?;
        let gaps = known_gaps::read()?;
        let checker = Checker::new(&spec)?;
        let source = Source::read()?;
        let recordings = source.recordings();
        let mut candidates: Vec<_> = recordings
            .map(|(_, recording)| Candidate::new(&checker, recording.clone(), false))
            .collect();
        let counterexamples = files::root().join("tests/counterexamples");
        if counterexamples.exists() {
            let loaded = load::every_recording(&counterexamples).all();
            let counterexamples = loaded.map_err(|error| validate::read_error(&error))?;
            let counterexamples = counterexamples.into_iter();
            candidates.extend(counterexamples.map(|one| Candidate::new(&checker, one, true)));
        }
        let mut statements = statements(&spec);
        detect(&spec, &mut statements, &candidates)?;

        let mut report = Report::default();
        for gap in gaps {
            let mut named = statements.iter_mut().filter(|one| one.name == gap.name);
            let Some(statement) = named.find(|one| one.state == State::Uncovered) else {
                report.findings.push(gap.unneeded_error());
                continue;
            };
            statement.state = State::KnownGap;
            if self.format == Format::Text {
                print_line(out, "Known gap", gap.name)?;
                print_continuation(out, format!("since {}: {}", gap.date, gap.reason.trim()))?;
            }
        }
        let errors = candidates.iter().filter_map(Candidate::error);
        report.findings.extend(errors);
        for statement in &statements {
            if statement.state == State::Uncovered {
                report.findings.push(uncovered_error(&spec, statement));
            }
        }
        report.add_property("spec", &spec.file);
        report.add_property("statements", &statements);
        let mut counts = BTreeMap::new();
        for statement in &statements {
            *counts.entry(statement.state).or_insert(0) += 1;
        }
        let counts = counts.into_iter().map(|(state, count)| {
            let name = json!(state);
            format!("{count} {}", name.as_str().unwrap_or_default())
        });
        let counts: Vec<String> = counts.collect();
        let total = with_noun(statements.len(), "statement");
        let summary = format!("{total}: {}", counts.join(", "));
        report.print(self.format, &summary, out)
    }
}

fn uncovered_error(spec: &Spec, statement: &Statement) -> Finding {
    let mutations = statement.mutations.iter();
    let undetected = mutations.filter(|mutation| mutation.detected_by.is_empty());
    let needs: Vec<_> = undetected
        .map(|mutation| format!("`{}` (needs {})", mutation.name, mutation.needs))
        .collect();
    let message = format!("undetected mutations: {}", needs.join("; "));
    Finding::error("uncovered", message)
        .in_spec(spec, &statement.name)
        .help("add the needed recording to tests/recordings, add the needed counterexample to tests/counterexamples, or add the \
               statement's name to xtask/known-gaps.yaml")
}
