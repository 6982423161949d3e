//! `cargo xtask coverage`: is everything that the contract claims about answers shown by a recording?

pub mod answer;
mod claims;
mod kinds;
mod report;
pub mod sites;
mod table;

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use self::claims::Claims;
use self::report::Report;

use crate::excuses::Excuses;
use crate::exit::{Failure, Outcome, Run};
use crate::files;
use crate::validate::{self, Checker};

/// The workspace's own excuses.
pub const EXCUSES: &str = "xtask/excuses/coverage.yaml";

/// Says what of the contract the recordings show, and by which of them
///
/// For each operation, status, content type, response header and member: was it there, absent, null? Was the array empty, and
/// was it not? Was each known value sent? What can't be shown is excused in xtask/excuses/coverage.yaml, with a reason; an
/// excuse that isn't needed is an error.
#[derive(Args)]
pub struct Coverage {
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Where to write it, instead of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Fail if less of what isn't excused is shown
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    min: Option<f64>,
    /// As text, tell every claim; the other formats always do
    #[arg(long)]
    all: bool,
    /// The contract [default: openapi/cloud-partner-portal.yaml]
    #[arg(long, value_name = "FILE")]
    contract: Option<PathBuf>,
    /// The excuses [default: xtask/excuses/coverage.yaml]
    #[arg(long, value_name = "FILE")]
    excuses: Option<PathBuf>,
    /// Recordings, or folders of them [default: tests/recordings and tests/scenarios]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
}

/// How the report is printed.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people: a table, and what isn't shown.
    Text,
    /// For programs: one object, with `format` 1; members may be added to it, never removed or changed.
    Json,
}

fn percent(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.0..=100.0).contains(&number) {
        Ok(number)
    } else {
        Err("not between 0 and 100".to_owned())
    }
}

impl Coverage {
    /// Runs the command.
    pub fn run(self, out: &mut dyn Write) -> Run {
        let path = self.contract.unwrap_or_else(files::default_contract);
        let contract = files::contract(&path)?;
        let checker = Checker::new(&contract)?;
        let excuses = Excuses::read(self.excuses.as_deref(), EXCUSES)?;
        let recordings = validate::recordings(&self.paths)?;
        let claims = Claims::new(&checker, &recordings);
        let report = Report::new(&contract, claims, &recordings, &excuses);

        let mut text = Vec::new();
        match self.format {
            Format::Text => report.text(self.all, self.min, &mut text)?,
            Format::Json => report.json(&mut text)?,
        }
        match self.output {
            None => out.write_all(&text)?,
            Some(path) => fs::write(&path, text).map_err(|error| {
                Failure(format!(
                    "{}: can't be written: {error}",
                    files::shown(&path)
                ))
            })?,
        }
        Ok(if report.is_fine(self.min) {
            Outcome::Fine
        } else {
            Outcome::Findings
        })
    }
}
