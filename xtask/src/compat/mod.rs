//! `cargo xtask compat`: what a changed contract does to those who relied on the old one.

mod base;
mod beside;
mod change;
mod changes;
mod release;
mod report;
mod rust_api;
mod schemas;

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use self::base::Base;
use self::release::{Release, Weight};
use self::report::Report;
use crate::exit::{Failure, Outcome, Run};
use crate::files;
use crate::generator::Failure as NoCode;
use crate::lint;
use crate::validate::Format;

/// Compares the contract with another revision of it
///
/// Says for each change what it does to a client and to a server, and what the generated Rust API loses; then whether the crate's
/// version and CHANGELOG.md agree: what breaks needs a new major version, or a new minor one before 1.0.0, and every change needs
/// an entry under `Unreleased`. Values of open sets may come and go, and a new status from 400 on breaks nobody.
#[derive(Args)]
pub struct Compat {
    /// The revision or file to compare with [default: the newest tag, or else HEAD~1]
    #[arg(long, value_name = "REV|FILE")]
    base: Option<String>,
    /// How to print the comparison
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The contract [default: openapi/cloud-partner-portal.yaml]
    #[arg(long, value_name = "FILE")]
    contract: Option<PathBuf>,
}

impl Compat {
    /// Runs the command.
    pub fn run(self, out: &mut dyn Write) -> Run {
        let contract = files::contract(&self.contract.unwrap_or_else(files::default_contract))?;
        let base = Base::find(self.base.as_deref())?;
        let changes = changes::compare(&base.contract.value, &contract.value).map_err(|why| {
            let (old, new) = (base.contract.path.display(), contract.path.display());
            Failure(format!("{new} can't be compared with {old}: {why}"))
        })?;
        let now = match rust_api::items(&contract) {
            Ok(items) => items,
            // The same that `generate` would say.
            Err(NoCode::Problems(problems)) => return lint::report(&problems, out),
            Err(NoCode::Broken(error)) => return Err(error.into()),
        };
        let (rust, rust_unknown) = match rust_api::items(&base.contract) {
            Ok(before) => (Some(rust_api::compare(&before, &now)), None),
            Err(why) => (None, Some(why.to_string())),
        };
        let rust_breaks = rust.as_ref().is_some_and(rust_api::Difference::breaks);
        let weight = Weight {
            breaking: rust_breaks || changes.changes.iter().any(|change| change.client.is_some()),
            any: rust_breaks || !changes.changes.is_empty(),
        };
        let release = Release::check(&read("Cargo.toml")?, &read("CHANGELOG.md")?, &base, weight)?;
        let report = Report {
            format: 1,
            base: base.name,
            contract: contract.path.display().to_string(),
            changes: changes.changes,
            words: changes.words,
            rust,
            rust_unknown,
            release,
        };
        match self.format {
            Format::Text => report.text(out)?,
            Format::Json => report.json(out)?,
        }
        Ok(if report.release.problems.is_empty() {
            Outcome::Fine
        } else {
            Outcome::Findings
        })
    }
}

fn read(name: &str) -> Result<String, Failure> {
    let path = files::root().join(name);
    fs::read_to_string(&path)
        .map_err(|error| Failure(format!("{}: can't be read: {error}", files::shown(&path))))
}
