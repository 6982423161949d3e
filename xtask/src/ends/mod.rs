//! `cargo xtask ends`: do the SDK's types take what the contract takes, and refuse what it refuses?
//!
//! The types are at the other end of a pipeline: contract, generator, Rust, schemars, JSON Schema. What comes out there is
//! committed by a test of the SDK, because this program must run when the SDK doesn't compile.

mod changes;
mod compare;
mod report;

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use serde_json::Value;

use self::compare::{Comparison, Types};
use self::report::Report;
use crate::excuses::Excuses;
use crate::exit::{Failure, Outcome, Run};
use crate::files;
use crate::validate::{self, Checker, Format};

/// Compares the contract with the JSON Schemas that are derived from the SDK's types
///
/// Every recorded body, every counterexample, and every recorded body with one value replaced is shown to both. Where they say
/// different things, xtask/excuses/ends.yaml says why that is intended; a reason that isn't needed is an error. The schemas
/// are in tests/sdk.schemas.json; `UPDATE_GOLDEN=1 cargo test -p cloud-partner-recordings` writes them.
#[derive(Args)]
pub struct Ends {
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The contract [default: openapi/cloud-partner-portal.yaml]
    #[arg(long, value_name = "FILE")]
    contract: Option<PathBuf>,
    /// The reasons for differences [default: xtask/excuses/ends.yaml]
    #[arg(long, value_name = "FILE")]
    excuses: Option<PathBuf>,
    /// The schemas of the types, by the body's title [default: tests/sdk.schemas.json]
    #[arg(long, value_name = "FILE")]
    schemas: Option<PathBuf>,
    /// Recordings, or folders of them [default: tests/recordings and tests/scenarios]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
}

impl Ends {
    /// Runs the command.
    pub fn run(self, out: &mut dyn Write) -> Run {
        let contract = files::contract(&self.contract.unwrap_or_else(files::default_contract))?;
        let checker = Checker::new(&contract)?;
        let reasons = Excuses::read(self.excuses.as_deref(), "xtask/excuses/ends.yaml")?;
        let path = self
            .schemas
            .unwrap_or_else(|| files::root().join("tests/sdk.schemas.json"));
        let failed = |what: String| Failure(format!("{}: {what}", files::shown(&path)));
        let text =
            fs::read_to_string(&path).map_err(|error| failed(format!("can't be read: {error}")))?;
        let schemas: Value =
            serde_json::from_str(&text).map_err(|error| failed(error.to_string()))?;
        let types = Types::new(&schemas).map_err(failed)?;

        let mut comparison = Comparison::new(&checker, &types);
        for (file, recording) in validate::recordings(&self.paths)? {
            comparison.recording(&file, &recording, true);
        }
        let counterexamples = files::root().join("tests/counterexamples");
        if self.paths.is_empty() && counterexamples.exists() {
            for (file, recording) in validate::recordings(&[counterexamples])? {
                comparison.recording(&file, &recording, false);
            }
        }
        let missing = comparison.missing.into_iter().collect();
        let report = Report::new(
            contract.path.display().to_string(),
            missing,
            &comparison.verdicts,
            &reasons,
        );
        match self.format {
            Format::Text => report.text(out)?,
            Format::Json => report.json(out)?,
        }
        Ok(if report.is_fine() {
            Outcome::Fine
        } else {
            Outcome::Findings
        })
    }
}
