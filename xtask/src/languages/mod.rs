//! `cargo xtask languages`: do the clients that other languages' generators make of the contract decode what the SDK decodes?

mod cases;
mod compare;
mod edits;
mod language;
mod limits;
mod page;
mod report;
mod work;
mod workshop;

use std::fs::{self, File};
use std::io::{self, Write};
use std::time::Instant;

use clap::{Args, ValueEnum};
#[cfg(unix)]
use rustix::fs::FlockOperation;
use serde_json::Value;

use self::compare::Lines;
use self::language::Language;
use self::report::Report;
use self::workshop::Workshop;
use crate::exit::{Failure, Outcome, Run};
use crate::files;
use crate::serve::Source;
use crate::validate::Checker;

/// Generates clients of the contract in other languages, and compares what they decode with what the SDK decodes
///
/// Each language is a folder in tests/languages. Its client is generated and built, and its driver asks a replay server for every
/// recording and every scenario. What the driver prints must be what the SDK's prints, or differ by a limit that the folder names
/// and explains. tests/languages/install installs what a language needs.
#[derive(Args)]
pub struct Languages {
    /// Fail when the tools of a language aren't here, instead of leaving it out; so does naming it
    #[arg(long)]
    all: bool,
    /// Write the results to openapi/README.md, instead of comparing them with it; needs every language
    #[arg(long)]
    write: bool,
    /// Then try edits of the contract that break clients, those in tests/languages/edits, and say who notices
    #[arg(long)]
    edits: bool,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The languages, by folder [default: every one whose tools are here]
    #[arg(value_name = "NAME")]
    names: Vec<String>,
}

/// How the report is printed.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people: a table, and what is wrong.
    Text,
    /// For programs: one object, with `format` 1; members may be added to it, never removed or changed.
    Json,
}

impl Languages {
    /// Runs the command.
    pub fn run(self, out: &mut dyn Write) -> Run {
        let started = Instant::now();
        let languages = language::all()?;
        let (chosen, skipped) = self.choose(&languages)?;
        // Whoever names a language wants it to run.
        let needed = self.all || !self.names.is_empty();
        if self.write && chosen.len() != languages.len() {
            let left_out: Vec<&str> = languages
                .iter()
                .filter(|language| chosen.iter().all(|one| one.name != language.name))
                .map(|language| language.name.as_str())
                .collect();
            return Err(Failure(format!(
                "openapi/README.md is written only from a run of every language, and this one leaves out {}; \
                 tests/languages/install installs what they need",
                left_out.join(", ")
            )));
        }
        let _alone = lock()?;
        let path = files::default_contract();
        let contract = files::contract(&path)?;
        let source = Source::read()?;
        let mut shop = Workshop {
            cases: cases::all(&source)?,
            source,
            checker: Checker::new(&contract)?,
            right: Lines::default(),
        };
        // First the SDK: without its lines, there is nothing to compare with.
        let (reference, others): (Vec<&Language>, Vec<&Language>) = chosen
            .into_iter()
            .partition(|language| language.is_reference());
        let mut tested = Vec::new();
        for (language, work) in shop.work(&reference, &path, "contract")? {
            shop.right = shop.lines(&work).map_err(|trouble| {
                Failure(format!(
                    "{}, which the others are compared with, fails: {}: {}",
                    language.name, trouble.stage, trouble.what
                ))
            })?;
            tested.push(shop.tested(language, &work));
        }
        for (language, work) in shop.work(&others, &path, "contract")? {
            tested.push(shop.tested(language, &work));
        }
        let report = Report {
            complete: tested.len() == languages.len(),
            tested,
            skipped,
        };
        let outcome = report.outcome(needed);
        let took = started.elapsed();
        // A client that is broken anyway notices nothing.
        let edits = if self.edits && outcome == Outcome::Fine {
            Some(edits::run(&shop, &contract, &others, report.complete)?)
        } else {
            None
        };
        if self.format == Format::Json {
            let mut all = report.json();
            all["edits"] = edits.as_ref().map_or(Value::Null, edits::Report::json);
            writeln!(out, "{all:#}")?;
        } else {
            report.text(took, out)?;
            if let Some(edits) = &edits {
                edits.text(out)?;
            }
        }
        if outcome != Outcome::Fine {
            return Ok(outcome);
        }
        // Beside a report for programs, it is told to people.
        let mut stderr = io::stderr();
        let out: &mut dyn Write = match self.format {
            Format::Text => out,
            Format::Json => &mut stderr,
        };
        let readme = files::root().join("openapi/README.md");
        let page = if self.write {
            page::write(&readme, &report, out)?
        } else {
            page::check(&readme, &report, out)?
        };
        Ok(match edits.map(|edits| edits.outcome()) {
            Some(Outcome::Findings) => Outcome::Findings,
            _ => page,
        })
    }

    /// The languages to run, and those that can't be, each with what is missing.
    fn choose<'l>(
        &self,
        languages: &'l [Language],
    ) -> Result<(Vec<&'l Language>, Vec<Skipped>), Failure> {
        for name in &self.names {
            if !languages.iter().any(|language| language.name == *name) {
                let known: Vec<&str> = languages.iter().map(|one| one.name.as_str()).collect();
                return Err(Failure(format!(
                    "there is no language `{name}`; there are {}",
                    known.join(", ")
                )));
            }
        }
        let (mut chosen, mut skipped) = (Vec::new(), Vec::new());
        for language in languages {
            let wanted = self.names.is_empty() || self.names.contains(&language.name);
            if !wanted && !language.is_reference() {
                continue;
            }
            match language.missing()? {
                None => chosen.push(language),
                Some(missing) => skipped.push(Skipped {
                    name: language.name.clone(),
                    missing,
                }),
            }
        }
        Ok((chosen, skipped))
    }
}

/// Keeps a second run out of the folders of this one.
fn lock() -> Result<File, Failure> {
    let folder = files::root().join("target/languages");
    let path = folder.join("lock");
    let file = fs::create_dir_all(&folder)
        .and_then(|()| File::create(&path))
        .map_err(|error| {
            Failure(format!(
                "{}: can't be written: {error}",
                files::shown(&path)
            ))
        })?;
    #[cfg(unix)]
    if let Err(error) = rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        return Err(Failure(format!(
            "{}: another run is under way here, so wait for its end: {error}",
            files::shown(&folder)
        )));
    }
    Ok(file)
}

/// A language that can't run here.
pub struct Skipped {
    /// Its folder.
    pub name: String,
    /// What is missing.
    pub missing: String,
}
