//! `cargo xtask compat`: the changes between two versions of the spec, and whether the release agrees with them.

mod base;
mod change;
mod operations;
mod schemas;
mod version;

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use self::base::Base;
use self::change::Change;
use self::version::{Release, Verdict};
use crate::exit::{Failure, Outcome, Run};
use crate::files;
use crate::output::{count, more, say};
use crate::report::Format;

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

/// The result of a comparison.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Comparison {
    /// The version of this format; properties may be added to it, never removed or changed.
    format: u32,
    /// The file or revision that the spec was compared with.
    base: String,
    /// The spec.
    spec: String,
    /// Every change; changes of the documentation are none.
    changes: Vec<Change>,
    /// The verdict, the version and the changelog.
    release: Release,
}

impl Compat {
    /// Runs the command.
    pub fn run(self, out: &mut dyn Write) -> Run {
        let spec = files::contract(&self.spec.unwrap_or_else(files::default_contract))?;
        let base = Base::find(self.base.as_deref())?;
        let changes = operations::compare(&base.spec, &spec)?;
        let verdict = Verdict::of(&changes);
        let release = Release::check(&read("Cargo.toml")?, &read("CHANGELOG.md")?, &base, verdict)?;
        let comparison = Comparison {
            format: 1,
            base: base.name,
            spec: spec.path.display().to_string(),
            changes,
            release,
        };
        match self.format {
            Format::Text => comparison.text(out)?,
            Format::Json => {
                serde_json::to_writer_pretty(&mut *out, &comparison).map_err(io::Error::from)?;
                writeln!(out)?;
            }
        }
        Ok(if comparison.release.problems.is_empty() {
            Outcome::Fine
        } else {
            Outcome::Findings
        })
    }
}

impl Comparison {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        say(
            out,
            "Comparing",
            format!("{} with {}", self.spec, self.base),
        )?;
        for change in &self.changes {
            let verb = if change.breaks.is_some() {
                "Breaking"
            } else {
                "Compatible"
            };
            say(out, verb, &change.pointer)?;
            more(out, &change.what)?;
            if let Some(why) = &change.breaks {
                more(out, why)?;
            }
        }
        let release = &self.release;
        match &release.released {
            Some(released) => say(
                out,
                "Version",
                format!("{}, after {released}", release.version),
            )?,
            None => say(
                out,
                "Version",
                format!("{}; the base wasn't released", release.version),
            )?,
        }
        for problem in &release.problems {
            say(out, "Error", problem)?;
        }
        let verb = if release.problems.is_empty() {
            "Success"
        } else {
            "Failure"
        };
        let changes = count(self.changes.len(), "change");
        let breaking = self
            .changes
            .iter()
            .filter(|change| change.breaks.is_some())
            .count();
        let verdict = release.verdict.name();
        say(
            out,
            verb,
            format!("{changes}, {breaking} of them breaking: a {verdict} release"),
        )
    }
}

fn read(name: &str) -> Result<String, Failure> {
    let path = files::root().join(name);
    fs::read_to_string(&path)
        .map_err(|error| Failure(format!("{}: can't be read: {error}", files::shown(&path))))
}
