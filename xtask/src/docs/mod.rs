//! `cargo xtask docs`: the contract as a page for people.

mod answers;
mod book;
mod ids;
mod kinds;
mod markdown;
mod marks;
mod operations;
mod outline;
mod overview;
mod page;
mod proofs;
mod recordings;
mod rows;
mod schemas;
mod sections;
mod security;
mod words;

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use self::book::Book;
use crate::coverage::{self, Claims, Report};
use crate::excuses::Excuses;
use crate::exit::{Failure, Run};
use crate::files;
use crate::validate::{self, Checker};

/// Where the page goes if nothing else is said, below the workspace's folder; git ignores it.
const OUTPUT: &str = "target/docs/cloud-partner-portal.html";

/// Writes the contract as one page for people, with what proves each of its claims
///
/// The page asks nobody for anything: open the file in a browser, or send it to somebody. Beside each claim it says where the
/// contract has it from, and which recordings show it.
#[derive(Args)]
pub struct Docs {
    /// The contract [default: openapi/cloud-partner-portal.yaml]
    #[arg(long, value_name = "FILE")]
    contract: Option<PathBuf>,
    /// Where to write the page [default: target/docs/cloud-partner-portal.html]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Docs {
    /// Runs the command.
    pub fn run(self, out: &mut dyn Write) -> Run {
        let contract = files::contract(&self.contract.unwrap_or_else(files::default_contract))?;
        let checker = Checker::new(&contract)?;
        let excuses = Excuses::read(None, coverage::EXCUSES)?;
        let recordings = validate::recordings(&[])?;
        let claims = Claims::new(&checker, &recordings);
        let report = Report::new(&contract, claims, &recordings, &excuses);
        let page = Book::new(&checker, &report, &recordings).page();
        files::write(&self.output.map_or_else(default_output, Ok)?, &page, out)
    }
}

/// The default place, with its folder: nobody has made that yet in a fresh clone.
fn default_output() -> Result<PathBuf, Failure> {
    let path = files::root().join(OUTPUT);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| {
            Failure(format!(
                "{}: the folder can't be made: {error}",
                files::shown(folder)
            ))
        })?;
    }
    Ok(path)
}
