//! `cargo xtask languages`: do the clients that other languages' generators make of the contract decode what the SDK decodes?

mod cases;
mod compare;
mod edits;
mod language;
mod limits;
mod page;
mod report;
mod work;

use std::collections::VecDeque;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use clap::{Args, ValueEnum};

use self::cases::Case;
use self::compare::Lines;
use self::language::Language;
use self::report::{Report, Tested};
use self::work::{Trouble, Work};
use crate::exit::{Failure, Outcome, Run};
use crate::files;
use crate::output::say;
use crate::serve::Source;
use crate::validate::Checker;

/// Generates clients of the contract in other languages, and compares what they decode with what the SDK decodes
///
/// Each language is a folder in tests/languages. Its client is generated and built, and its driver asks a replay server for every
/// recording and every scenario. What the driver prints must be what the SDK's prints, or differ by a limit that the folder names
/// and explains. tests/languages/install installs what a language needs.
#[derive(Args)]
pub struct Languages {
    /// Fail when the tools of a language aren't here, instead of leaving it out
    #[arg(long)]
    all: bool,
    /// Write the results to openapi/README.md, instead of comparing them with it; needs every language
    #[arg(long)]
    write: bool,
    /// Try edits of the contract that break clients, those in tests/languages/edits, and say who notices
    #[arg(long, conflicts_with = "write")]
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

/// What every run needs.
struct Workshop<'c> {
    source: Source,
    cases: Vec<Case>,
    checker: Checker<'c>,
    /// What the SDK's driver printed.
    right: Lines,
}

impl Languages {
    /// Runs the command.
    pub fn run(self, out: &mut dyn Write) -> Run {
        let started = Instant::now();
        let languages = language::all()?;
        let (chosen, skipped) = self.choose(&languages)?;
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
            tested.push(Tested::new(
                language,
                shop.cases.len(),
                shop.differences(&work),
            )?);
        }
        if self.edits {
            let report = edits::run(&shop, &contract, &others, skipped)?;
            match self.format {
                Format::Text => report.text(started.elapsed(), out)?,
                Format::Json => report.json(out)?,
            }
            return Ok(report.outcome(self.all));
        }

        for (language, work) in shop.work(&others, &path, "contract")? {
            tested.push(Tested::new(
                language,
                shop.cases.len(),
                shop.differences(&work),
            )?);
        }
        let report = Report {
            complete: tested.len() == languages.len(),
            tested,
            skipped,
        };
        match self.format {
            Format::Text => report.text(started.elapsed(), out)?,
            Format::Json => report.json(out)?,
        }
        let outcome = report.outcome(self.all);
        if outcome != Outcome::Fine {
            return Ok(outcome);
        }
        let readme = files::root().join("openapi/README.md");
        // Beside a report for programs, it is told to people.
        let mut stderr = io::stderr();
        let out: &mut dyn Write = match self.format {
            Format::Text => out,
            Format::Json => &mut stderr,
        };
        if self.write {
            page::write(&readme, &report, out)
        } else {
            page::check(&readme, &report, out)
        }
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

/// A language that can't run here.
pub struct Skipped {
    /// Its folder.
    pub name: String,
    /// What is missing.
    pub missing: String,
}

impl Workshop<'_> {
    /// Runs the languages, as many at once as there are cores, and tells of each when it is done.
    fn work<'l>(
        &self,
        languages: &[&'l Language],
        contract: &Path,
        run: &str,
    ) -> Result<Vec<(&'l Language, Work)>, Failure> {
        let calls = cases::as_text(&self.cases);
        let source = &self.source;
        let waiting: Mutex<VecDeque<usize>> = Mutex::new((0..languages.len()).collect());
        let done = Mutex::new(Vec::new());
        let workers = thread::available_parallelism().map_or(1, usize::from);
        thread::scope(|scope| {
            for _ in 0..workers.min(languages.len()) {
                scope.spawn(|| {
                    let next = || {
                        waiting
                            .lock()
                            .unwrap_or_else(PoisonError::into_inner)
                            .pop_front()
                    };
                    while let Some(index) = next() {
                        let language = languages[index];
                        let result = source.clone().start_for(work::TOKEN).and_then(|server| {
                            work::work(language, contract, run, &calls, &server)
                        });
                        if let Ok(work) = &result {
                            tell(language, run, work);
                        }
                        done.lock()
                            .unwrap_or_else(PoisonError::into_inner)
                            .push((index, result));
                    }
                });
            }
        });
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_by_key(|(index, _)| *index);
        done.into_iter()
            .map(|(index, result)| Ok((languages[index], result?)))
            .collect()
    }

    fn lines(&self, work: &Work) -> Result<Lines, Trouble> {
        let printed = work.printed.as_ref().map_err(Clone::clone)?;
        Lines::parse(printed, &self.cases, &self.checker).map_err(|what| Trouble {
            stage: work::Stage::Run,
            what,
        })
    }

    /// Where what a driver printed differs from what the SDK's printed.
    fn differences(&self, work: &Work) -> Result<Vec<compare::Difference>, Trouble> {
        let lines = self.lines(work)?;
        Ok(lines.differences(&self.right, &self.cases))
    }
}

/// What can't be said to a closed standard error needn't be.
fn tell(language: &Language, run: &str, work: &Work) {
    let times: Vec<String> = work
        .times
        .iter()
        .map(|(stage, time)| format!("{stage} {:.1} s", time.as_secs_f64()))
        .collect();
    let verb = if work.printed.is_ok() {
        "Ran"
    } else {
        "Failed"
    };
    let what = format!("{} on {run}: {}", language.name, times.join(", "));
    let _ = say(&mut io::stderr(), verb, what);
}
