//! `cargo xtask lint`: checks the spec for constructs that break code generators or clients, and for statements without evidence.

mod evidence;

use std::io::Write;

use clap::Args;

use crate::exit::CommandResult;
use crate::files;
use crate::generator::lint::{self, Problem};
use crate::output::{print_line, with_noun};
use crate::report::{Finding, Format, Place, Report};

/// Checks the spec for constructs that break code generators or clients, and for statements without evidence
///
/// `generate` and every build with the feature `generate` check the constructs, too. A spec that has `x-sources` needs evidence:
/// every statement must cite ids of `x-sources` in `x-evidence`.
#[derive(Args)]
pub struct Lint {
    /// The spec [default: openapi/cloud-partner-portal.yaml]
    #[arg(long, value_name = "FILE")]
    spec: Option<std::path::PathBuf>,
}

impl Lint {
    /// Runs the command.
    pub fn run(self, out: &mut dyn Write) -> CommandResult {
        let spec = files::read_spec(&self.spec.unwrap_or_else(files::default_spec_path))?;
        let problems = lint::lint(&spec);
        let mut report = report_of(&problems);
        // The evidence check relies on the structure that the other rules check.
        if problems.is_empty()
            && let Some(evidence) = evidence::check(&spec)
        {
            let total = evidence.statements.iter().sum();
            let by_kind = evidence.statements.iter().zip(evidence::KINDS);
            let by_kind: Vec<String> = by_kind
                .map(|(number, kind)| format!("{number} {kind}"))
                .collect();
            let text = format!(
                "{} by the kind of their sources: {}",
                with_noun(total, "statement"),
                by_kind.join(", ")
            );
            print_line(out, "Evidence", text)?;
            evidence
                .findings
                .into_iter()
                .for_each(|finding| report.add(finding));
        }
        report.print(Format::Text, "checked the spec", out)
    }
}

/// Prints the problems, and returns the outcome.
pub fn print_problems(problems: &[Problem], out: &mut dyn Write) -> CommandResult {
    report_of(problems).print(Format::Text, "checked the spec", out)
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
