//! The report of a run: a table of the languages, and findings.

use std::io::Write;
use std::time::Duration;

use super::SkippedLanguage;
use super::cases::CONTROL;
use super::client::FailedCommand;
use super::compare::Difference;
use super::language::Language;
use crate::exit::CommandResult;
use crate::report::{Finding, Format, Level, Report, Table};

/// The result of one language.
pub struct LanguageResult<'l> {
    /// The language.
    pub language: &'l Language,
    /// The number of calls, without the negative control.
    calls: usize,
    /// The number of calls without a difference.
    same: usize,
    /// The names of the known differences that occurred, each with its number of calls.
    known: Vec<String>,
    findings: Vec<Finding>,
}

impl<'l> LanguageResult<'l> {
    /// Divides the differences into known and unknown ones.
    pub fn new(
        language: &'l Language,
        calls: usize,
        differences: Option<Vec<Difference>>,
        failed: Option<FailedCommand>,
    ) -> Self {
        let name = &language.name;
        let mut tested = Self {
            language,
            calls,
            same: 0,
            known: Vec::new(),
            findings: Vec::new(),
        };
        if let Some(FailedCommand { stage, why }) = failed {
            // The following lines are indented like the first line.
            let why = why.trim_end().replace('\n', "\n             ");
            let message = format!("{name}: {stage} failed: {why}");
            tested
                .findings
                .push(Finding::error("command-failed", message));
        }
        let Some(differences) = differences else {
            return tested;
        };
        let names: Vec<String> = differences.iter().map(Difference::name).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        for unneeded in language.unneeded(&names) {
            let message = format!(
                "{name}: the known difference `{unneeded}` no longer occurs: remove it from language.yaml"
            );
            tested
                .findings
                .push(Finding::error("known-difference", message));
        }
        // The differences of a call are adjacent.
        let mut different: Vec<&str> = differences
            .iter()
            .map(|difference| difference.case.as_str())
            .filter(|case| *case != CONTROL)
            .collect();
        different.dedup();
        tested.same = calls - different.len();
        let mut found: Vec<(&str, &str)> = Vec::new();
        for (Difference { case, values, .. }, difference) in differences.iter().zip(names) {
            match language.known(difference) {
                Some(known) if case != CONTROL => {
                    if !found.contains(&(&known.name, case)) {
                        found.push((&known.name, case));
                    }
                }
                _ => {
                    let message = format!("{name}: {difference}: {values}");
                    tested.findings.push(Finding::error("difference", message));
                }
            }
        }
        for known in &language.manifest.known_differences {
            let calls = found.iter().filter(|(name, _)| *name == known.name).count();
            if calls > 0 {
                tested.known.push(format!("{} ({calls})", known.name));
            }
        }
        tested
    }
}

/// Prints the table and the findings. A skipped language is an error if `required` is true.
pub fn print(
    tested: &[LanguageResult<'_>],
    skipped: Vec<SkippedLanguage>,
    required: bool,
    took: Duration,
    out: &mut dyn Write,
) -> CommandResult {
    let mut table = Table::new(&[
        "language",
        "generator",
        "calls",
        "same",
        "known differences",
    ]);
    let mut report = Report::new();
    for one in tested {
        table.row([
            one.language.manifest.title.clone(),
            one.language.manifest.generator.clone(),
            one.calls.to_string(),
            one.same.to_string(),
            one.known.join(", "),
        ]);
        one.findings
            .iter()
            .cloned()
            .for_each(|finding| report.add(finding));
    }
    table.print(out)?;
    let fine = tested.iter().filter(|one| one.findings.is_empty()).count();
    let all = tested.len() + skipped.len();
    for SkippedLanguage { name, missing } in skipped {
        let message = format!("{name}: {missing}; `tests/languages/install {name}` installs it");
        let level = if required { Level::Error } else { Level::Note };
        report.add(Finding {
            level,
            ..Finding::note("skipped", message)
        });
    }
    let took = took.as_secs_f64();
    let done = format!(
        "{fine} of {all} clients read the recordings without an unknown difference, in {took:.0} s"
    );
    report.print(Format::Text, &done, out)
}
