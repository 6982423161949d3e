//! `cargo xtask compat`: the changes between two versions of the spec, and whether the release agrees with them.

mod base;
mod change;
mod operations;
mod schemas;
mod version;

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use self::base::Base;
use self::version::{Release, Verdict};
use crate::exit::Run;
use crate::files;
use crate::output::count;
use crate::report::{Format, Report};

/// Compares the spec with another revision of it
///
/// Lists each change, and for a breaking one why a client that was written for the base may stop working. Then checks the version
/// and CHANGELOG.md: a breaking change needs a new major version, or a new minor one before 1.0.0, and every change needs an entry
/// under `Unreleased`. Known values of extensible enums may come and go, and a new status code from 400 on breaks no client.
#[derive(Args)]
pub struct Compat {
    /// The revision or file to compare with [default: the newest tag, or else HEAD~1]
    #[arg(long, value_name = "REV|FILE")]
    base: Option<String>,
    /// How to print the comparison
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The spec [default: openapi/cloud-partner-portal.yaml]
    #[arg(long, value_name = "FILE")]
    spec: Option<PathBuf>,
}

impl Compat {
    /// Runs the command.
    pub fn run(self, out: &mut dyn Write) -> Run {
        let spec = files::spec(&self.spec.unwrap_or_else(files::default_spec))?;
        let base = Base::find(self.base.as_deref())?;
        let changes = operations::compare(&base.spec, &spec)?;
        let (all, breaking) = changes.count();
        let verdict = match (all, breaking) {
            (0, _) => Verdict::Patch,
            (_, 0) => Verdict::Minor,
            _ => Verdict::Major,
        };
        let release = Release::read(&base)?;
        let mut report = Report::new();
        report.fact("base", &base.name);
        report.fact("spec", spec.path.display().to_string());
        report.fact("verdict", verdict);
        report.fact("version", &release.version);
        report.fact("released", &release.base);
        changes.findings().for_each(|change| report.add(change));
        for problem in release.problems(verdict) {
            report.add(problem);
        }
        let done = format!(
            "compared {} with {}, {breaking} of {} breaking, a {} release",
            spec.path.display(),
            base.name,
            count(all, "change"),
            verdict.name(),
        );
        report.print(self.format, &done, out)
    }
}
