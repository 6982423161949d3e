//! `cargo xtask lint`: what the contract must not say, because a generator or a client would break.

use std::io::Write;

use clap::Args;
use serde::Serialize;

use crate::exit::{Outcome, Run};
use crate::files;
use crate::generator::lint::{self, Problem};
use crate::output::{count, more, say};
use crate::validate::Format;

/// Looks for what generators and clients can't take in the contract
///
/// `generate` and every build look for the same first.
#[derive(Args)]
pub struct Lint {
    /// How to print the problems
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The contract [default: openapi/cloud-partner-portal.yaml]
    #[arg(long, value_name = "FILE")]
    contract: Option<std::path::PathBuf>,
}

/// The JSON report; members may be added to it, never removed or changed.
#[derive(Serialize)]
struct Report<'p> {
    format: u32,
    problems: Vec<InJson<'p>>,
}

#[derive(Serialize)]
struct InJson<'p> {
    code: &'p str,
    message: &'p str,
    help: &'p str,
    file: String,
    pointer: &'p str,
    line: usize,
    column: usize,
}

impl Lint {
    /// Runs the command.
    pub fn run(self, out: &mut dyn Write) -> Run {
        let contract = files::contract(&self.contract.unwrap_or_else(files::default_contract))?;
        let problems = lint::lint(&contract);
        if self.format == Format::Text {
            return report(&problems, out);
        }
        let report = Report {
            format: 1,
            problems: problems
                .iter()
                .map(|problem| InJson {
                    code: problem.code,
                    message: &problem.message,
                    help: problem.help,
                    file: problem.path.display().to_string(),
                    pointer: &problem.pointer,
                    line: problem.location.line,
                    column: problem.location.column,
                })
                .collect(),
        };
        serde_json::to_writer_pretty(&mut *out, &report).map_err(std::io::Error::from)?;
        writeln!(out)?;
        Ok(outcome(&problems))
    }
}

/// Prints the problems for people.
pub fn report(problems: &[Problem], out: &mut dyn Write) -> Run {
    for problem in problems {
        say(
            out,
            "Error",
            format!(
                "{}: {}:{}",
                problem.code,
                problem.path.display(),
                problem.location
            ),
        )?;
        more(out, &problem.message)?;
        more(out, format!("help: {}", problem.help))?;
    }
    let verb = if problems.is_empty() {
        "Success"
    } else {
        "Failure"
    };
    say(
        out,
        verb,
        format!(
            "looked at the contract: {}",
            count(problems.len(), "problem")
        ),
    )?;
    Ok(outcome(problems))
}

fn outcome(problems: &[Problem]) -> Outcome {
    if problems.is_empty() {
        Outcome::Fine
    } else {
        Outcome::Findings
    }
}
