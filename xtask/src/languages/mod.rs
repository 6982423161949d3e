//! `cargo xtask languages`: generates clients in other languages, and compares the values that they read with the recordings.

mod cases;
mod client;
mod compare;
mod language;
mod page;
mod process;
mod report;

use std::fs::{self, File};
use std::io::Write;
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use futures_util::{StreamExt, TryStreamExt, stream};
use rustix::fs::{FlockOperation, flock};

use self::client::{Run, RunSettings};
use self::language::Language;
use crate::exit::{CommandError, CommandResult, Outcome};
use crate::files;
use crate::report::{Finding, Format, Report, Table};
use crate::serve::Source;

/// The exit code of a program that Ctrl-C ends.
const INTERRUPTED: Outcome = Outcome::Child(130);

/// Generates clients of the spec in other languages, and compares the values that they read with the recordings
///
/// Each folder with a `language.yaml` in tests/languages is a language. The command generates and builds its client. A driver, a
/// program that uses the client, requests every recording and every scenario from a replay server and prints the values that it
/// read. They must equal the recording's values of the properties that the spec names; any other difference must be listed as a
/// known difference in language.yaml, with an explanation. tests/languages/install-tools installs the tools of a language.
#[derive(Args)]
pub struct Languages {
    /// Fail if the tools of a language are missing, instead of skipping the language; implied for languages given by name
    #[arg(long)]
    all: bool,
    /// Write the pages in openapi/languages instead of comparing them
    #[arg(long)]
    write: bool,
    /// The timeout of each command, such as 90s
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = humantime::parse_duration)]
    timeout: Duration,
    /// The languages, by the name of their folders [default: every language whose tools are installed]
    #[arg(value_name = "NAME")]
    names: Vec<String>,
}

impl Languages {
    /// Runs the command.
    pub fn run(self, out: &mut dyn Write) -> CommandResult {
        let started = Instant::now();
        let languages = language::all()?;
        let (selected, mut findings) = self.select(&languages)?;
        let all = selected.len() + findings.len();
        let _lock = lock()?;
        let path = files::default_spec_path();
        let spec = files::read_spec(&path)?;
        let source = Source::read()?;
        let cases = cases::all(&source, &spec)?;
        let control = cases::control(&source, "failed")?;
        let settings = RunSettings {
            spec: &path,
            source: &source.with(control),
            cases: &cases,
            timeout: self.timeout,
        };
        let Some(runs) = run_all(&selected, &settings)? else {
            return Ok(INTERRUPTED);
        };
        let mut table = Table::new(&report::HEADINGS);
        let mut succeeded = 0;
        for (language, run) in selected.iter().zip(&runs) {
            // The negative control doesn't count.
            table.row(report::row(language, run, cases.len() - 1));
            let errors = report::errors(language, run);
            succeeded += usize::from(errors.is_empty());
            findings.extend(errors);
        }
        table.print(out)?;
        let mut report = Report::new();
        for finding in findings {
            report.add(finding);
        }
        let seconds = started.elapsed().as_secs_f64();
        let done = format!(
            "{succeeded} of {all} clients read the recordings without an unknown difference, in {seconds:.0} s"
        );
        match report.print(Format::Text, &done, out)? {
            Outcome::Success => self.pages(&selected, out),
            findings => Ok(findings),
        }
    }

    /// Writes or compares the pages of the tested languages.
    fn pages(&self, tested: &[&Language], out: &mut dyn Write) -> CommandResult {
        let mut outcome = Outcome::Success;
        for language in tested {
            let Some(path) = page::path(language) else {
                continue;
            };
            let page = page::page(language)?;
            let done = if self.write {
                files::write_if_changed(&path, &page, out)?
            } else {
                files::compare(&path, &page, out)?
            };
            if done != Outcome::Success {
                outcome = done;
            }
        }
        Ok(outcome)
    }

    /// Returns the languages to test, and a finding for each language that is skipped because its tools are missing.
    fn select<'l>(
        &self,
        languages: &'l [Language],
    ) -> Result<(Vec<&'l Language>, Vec<Finding>), CommandError> {
        let unknown = |name: &&String| !languages.iter().any(|language| language.name == **name);
        if let Some(name) = self.names.iter().find(unknown) {
            let known: Vec<&str> = languages.iter().map(|one| one.name.as_str()).collect();
            return Err(CommandError(format!(
                "the language `{name}` doesn't exist; the languages are {}",
                known.join(", ")
            )));
        }
        let (mut selected, mut skipped) = (Vec::new(), Vec::new());
        for language in languages {
            let name = &language.name;
            if !self.names.is_empty() && !self.names.contains(name) {
                continue;
            }
            let Some(missing) = language.missing()? else {
                selected.push(language);
                continue;
            };
            let message =
                format!("{name}: {missing}; `tests/languages/install-tools {name}` installs it");
            let required = self.all || !self.names.is_empty();
            skipped.push(if required {
                Finding::error("skipped", message)
            } else {
                Finding::note("skipped", message)
            });
        }
        Ok((selected, skipped))
    }
}

/// Runs the clients, one per processor at a time; returns `None` if Ctrl-C interrupts the command. Dropping the runs kills their
/// commands, whose process groups the terminal's signal doesn't reach.
fn run_all(
    languages: &[&Language],
    settings: &RunSettings<'_>,
) -> Result<Option<Vec<Run>>, CommandError> {
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let runs = languages
        .iter()
        .map(|language| client::run(language, settings));
    let runs = stream::iter(runs).buffered(workers).try_collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CommandError(format!("no command can be started: {error}")))?;
    runtime.block_on(async {
        tokio::select! {
            runs = runs => runs.map(Some),
            Ok(()) = tokio::signal::ctrl_c() => Ok(None),
        }
    })
}

/// Locks the folder of the runs, so that a concurrent run fails instead of overwriting files of this one.
fn lock() -> Result<File, CommandError> {
    let folder = files::root().join("target/languages");
    let file = fs::create_dir_all(&folder)
        .and_then(|()| File::create(folder.join("lock")))
        .map_err(|error| files::unusable(&folder, &error))?;
    flock(&file, FlockOperation::NonBlockingLockExclusive).map_err(|error| {
        CommandError(format!(
            "{}: another run uses this folder: run the command again after it has ended: {error}",
            files::display_path(&folder)
        ))
    })?;
    Ok(file)
}
