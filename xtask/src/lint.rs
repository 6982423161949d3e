//! `cargo xtask lint`: what the spec must not say, because a code generator or a client would break, and what it must cite.

mod evidence;

use std::io::Write;

use clap::Args;

use crate::exit::Run;
use crate::files;
use crate::generator::lint::{self, Problem};
use crate::output::{count, say};
use crate::report::{Finding, Format, Place, Report};

/// Looks for what code generators and clients can't take in the spec, and for statements without evidence
///
/// `generate` and every build of the workspace look for the former first. Evidence is required of a spec that has `x-sources`: every
/// statement cites ids of them in `x-evidence`.
#[derive(Args)]
pub struct Lint {
    /// The spec [default: openapi/cloud-partner-portal.yaml]
    #[arg(long, value_name = "FILE")]
    spec: Option<std::path::PathBuf>,
}

impl Lint {
    /// Runs the command.
    pub fn run(self, out: &mut dyn Write) -> Run {
        let spec = files::spec(&self.spec.unwrap_or_else(files::default_spec))?;
        let problems = lint::lint(&spec);
        let mut report = report_of(&problems);
        // Statements can be found only in a spec that has the usual form.
        if problems.is_empty()
            && let Some(evidence) = evidence::check(&spec)
        {
            let total = evidence.statements.iter().sum();
            let rest = evidence.statements.iter().zip(evidence::KINDS);
            let rest: Vec<String> = rest
                .map(|(number, kind)| format!("{number} {kind}"))
                .collect();
            let text = format!(
                "{}, which rest on: {}",
                count(total, "statement"),
                rest.join(", ")
            );
            say(out, "Evidence", text)?;
            evidence
                .findings
                .into_iter()
                .for_each(|finding| report.add(finding));
        }
        report.print(Format::Text, "looked at the spec", out)
    }
}

/// Prints the problems.
pub fn report(problems: &[Problem], out: &mut dyn Write) -> Run {
    report_of(problems).print(Format::Text, "looked at the spec", out)
}

fn report_of(problems: &[Problem]) -> Report {
    let mut report = Report::new();
    for problem in problems {
        let place = Place {
            file: problem.path.display().to_string(),
            pointer: problem.pointer.clone(),
            line: Some(problem.location.line),
            column: Some(problem.location.column),
        };
        report.add(
            Finding::error(problem.code, problem.message.clone())
                .help(problem.help)
                .in_spec(place),
        );
    }
    report
}
