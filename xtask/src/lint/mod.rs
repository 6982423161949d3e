//! `cargo xtask lint` checks the spec for broken references, for constructs that break code generators or clients, and for statements
//! without evidence.

mod evidence;

use std::io::Write;

use clap::Args;

use crate::exit_code::CommandResult;
use crate::files;
use crate::findings::{Finding, Format, Report};
use crate::generator::{self, lint};
use crate::print::{print_line, with_noun};
use crate::spec::{Spec, SpecError};

/// Checks the spec for constructs that break code generators or clients, and for statements without evidence
///
/// `cargo xtask generate`, and a build of the SDK with the cargo feature `generate`, reject the same constructs. `cargo xtask lint` also
/// reports broken references.
///
/// A statement is one keyword at one place of the spec, such as the type of a property. If the spec has `x-sources` or `x-evidence`, every
/// statement needs evidence. The evidence is an entry of `x-evidence` that cites ids of `x-sources`.
#[derive(Args)]
pub struct Lint {
    /// The spec [default: openapi/cloud-partner-portal.yaml]
    #[arg(long, value_name = "FILE")]
    spec: Option<std::path::PathBuf>,
}

impl Lint {
    pub fn run(self, out: &mut dyn Write) -> CommandResult {
        let spec = files::read_spec(&self.spec.unwrap_or_else(files::default_spec_path))?;
        let mut report = problems(&spec)?;
        // The check of the evidence needs a spec without other problems.
        if report.findings.is_empty()
            && let Some(evidence) = evidence::check(&spec)
        {
            let total = with_noun(evidence.statement_counts.iter().sum(), "statement");
            let [documented, observed, client, interpreted] = evidence.statement_counts;
            let text = format!(
                "{total}: documentation {documented}, observation {observed}, client {client}, interpretation {interpreted}"
            );
            print_line(out, "Evidence", text)?;
            report.findings.extend(evidence.findings);
        }
        if report.findings.is_empty() {
            generator::generate(&spec)?;
        }
        report.print(Format::Text, "checked the spec", out)
    }
}

/// Reports broken references, and constructs that break code generators or clients.
pub fn problems(spec: &Spec) -> Result<Report, SpecError> {
    let mut report = Report::default();
    report.findings = broken_references(spec);
    for problem in lint::lint(spec)? {
        let finding = Finding::error(problem.code, problem.message)
            .help(problem.help)
            .in_spec(spec, &problem.pointer);
        report.findings.push(finding);
    }
    Ok(report)
}

/// Returns a finding for each reference that can't be followed.
pub fn broken_references(spec: &Spec) -> Vec<Finding> {
    let mut findings = Vec::new();
    spec.walk(|object| {
        let Some(reference) = object.text("$ref").filter(|_| object.followed().is_none()) else {
            return;
        };
        let why = if reference.starts_with("#/") {
            "has no target, or is part of a cycle"
        } else {
            "refers to another file; only references that begin with `#/` are supported"
        };
        let pointer = format!("{}/$ref", object.pointer);
        let finding = Finding::error("broken-reference", format!("`{reference}` {why}"))
            .help("write the JSON pointer of an object in the spec, such as `#/components/schemas/Offer`")
            .in_spec(spec, &pointer);
        findings.push(finding);
    });
    findings
}
