//! `cargo xtask compat`: lists the changes between two versions of the spec, and checks the version and the changelog against them.

mod base;
mod compare;
mod keywords;
mod version;

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use self::base::Base;
use self::compare::BREAKING;
use self::version::{Release, Verdict};
use crate::exit_code::CommandResult;
use crate::files;
use crate::findings::{Finding, Format, Report};
use crate::print::with_noun;

/// Compares the spec with an earlier version and reports breaking changes
///
/// Lists each change. For a breaking change, the message says why a client that was written for the base may stop working. Then
/// checks the version and CHANGELOG.md: a breaking change needs a new major version, or a new minor version before 1.0.0, and every
/// change needs an entry under `Unreleased`. Adding or removing a known value of an extensible enum is backward compatible, and so
/// is adding a status code of 400 or above.
#[derive(Args)]
pub struct Compat {
    /// The revision or file to compare with [default: the newest tag, or else HEAD~1]
    #[arg(long, value_name = "REV|FILE")]
    base: Option<String>,
    /// The output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The spec [default: openapi/cloud-partner-portal.yaml]
    #[arg(long, value_name = "FILE")]
    spec: Option<PathBuf>,
}

impl Compat {
    /// Runs the command.
    pub fn run(self, out: &mut dyn Write) -> CommandResult {
        let spec = files::read_spec(&self.spec.unwrap_or_else(files::default_spec_path))?;
        let base = Base::find(self.base.as_deref())?;
        let changes = compare::compare(&base.spec, &spec)?;
        let is_breaking = |change: &&Finding| change.code == BREAKING;
        let (all, breaking) = (changes.len(), changes.iter().filter(is_breaking).count());
        let verdict = match (all, breaking) {
            (0, _) => Verdict::Patch,
            (_, 0) => Verdict::Minor,
            _ => Verdict::Major,
        };
        let release = Release::read(&base)?;
        let mut report = Report::default();
        report.add_property("base", &base.name);
        report.add_property("spec", spec.path.display().to_string());
        report.add_property("verdict", verdict.name());
        report.add_property("version", &release.version);
        report.add_property("released", &release.base);
        for finding in changes.into_iter().chain(release.problems(verdict)) {
            report.add(finding);
        }
        let done = format!(
            "compared {} with {}, {breaking} of {} breaking, a {} release",
            spec.path.display(),
            base.name,
            with_noun(all, "change"),
            verdict.name(),
        );
        report.print(self.format, &done, out)
    }
}
