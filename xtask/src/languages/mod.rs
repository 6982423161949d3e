//! `cargo xtask languages`: generates clients in other languages, and compares the values that they read with the recordings.

mod cases;
mod client;
mod compare;
mod language;
mod page;
mod process;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use futures_util::{StreamExt, stream};
use rustix::fs::{FlockOperation, flock};

use self::client::{RunResult, RunSettings};
use self::language::Language;
use crate::exit_code::{CommandError, CommandResult, Outcome};
use crate::files;
use crate::findings::{Finding, Format, Level, Report};
use crate::print::print_table;
use crate::serve::Source;

/// Generates clients of the spec in other languages, and compares the values that they read with the recordings
///
/// Each folder with a `language.yaml` in tests/languages is a language. The command generates and builds its client. A driver, a
/// program that uses the client, requests every recording and every scenario from a replay server and prints the values that it
/// read. The values must equal the recording's values of the properties that the spec names. A difference is an error if
/// language.yaml doesn't list it as a known difference. tests/languages/install-tools installs the tools of a language. Without a
/// NAME, the command fails if it compared no generated client.
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
        let languages = self.requested()?;
        let mut report = Report::default();
        let selected = self.select(&languages, &mut report)?;
        let _lock = lock()?;
        let path = files::default_spec_path();
        let spec = files::read_spec(&path)?;
        let source = Source::read()?;
        let cases = cases::all(&source, &spec)?;
        let settings = RunSettings {
            spec: &path,
            source: &source.with(cases::control("failed")),
            cases: &cases,
            timeout: self.timeout,
        };
        let results = run_all(&selected, &settings)?;
        let (mut rows, mut succeeded) = (Vec::new(), 0);
        for (language, result) in selected.iter().zip(&results) {
            // The negative control doesn't count.
            rows.push(row(language, result, cases.len() - 1));
            let errors = errors(language, result);
            succeeded += usize::from(errors.is_empty());
            for error in errors {
                report.add(error);
            }
        }
        let headings = [
            "language",
            "generator",
            "calls",
            "same",
            "known differences",
        ];
        print_table(&headings, &rows, out)?;
        let (clients, seconds) = (languages.len(), started.elapsed().as_secs());
        let done = format!(
            "{succeeded} of {clients} clients read the recordings without an unknown difference, in {seconds} s"
        );
        match report.print(Format::Text, &done, out)? {
            Outcome::Success => {
                let pages = selected.iter().map(|language| page::page(language));
                let pages: Vec<_> = pages.collect::<Result<_, _>>()?;
                files::write_or_compare(pages.into_iter().flatten(), !self.write, out)
            }
            outcome => Ok(outcome),
        }
    }

    /// Returns the languages that are given by name, or else all languages.
    fn requested(&self) -> Result<Vec<Language>, CommandError> {
        let mut languages = language::all()?;
        let names: Vec<&str> = languages
            .iter()
            .map(|language| language.name.as_str())
            .collect();
        if let Some(name) = self
            .names
            .iter()
            .find(|name| !names.contains(&name.as_str()))
        {
            let names = names.join(", ");
            let message = format!("the language `{name}` doesn't exist; the languages are {names}");
            return Err(CommandError(message));
        }
        languages.retain(|one| self.names.is_empty() || self.names.contains(&one.name));
        Ok(languages)
    }

    /// Returns the languages whose tools are installed. Reports the other languages.
    fn select<'l>(
        &self,
        languages: &'l [Language],
        report: &mut Report,
    ) -> Result<Vec<&'l Language>, CommandError> {
        let level = if self.all || !self.names.is_empty() {
            Level::Error
        } else {
            Level::Note
        };
        let mut selected = Vec::new();
        for language in languages {
            let name = &language.name;
            let Some(missing) = language.missing()? else {
                selected.push(language);
                continue;
            };
            let message =
                format!("{name}: {missing}; `tests/languages/install-tools {name}` installs it");
            report.add(Finding {
                level,
                ..Finding::error("skipped", message)
            });
        }
        let is_generated = |language: &&Language| language.manifest.generate.is_some();
        if self.names.is_empty() && !selected.iter().any(is_generated) {
            let message = "no generated client was compared, because no language has all its tools";
            report.add(Finding::error("no-client", message));
        }
        Ok(selected)
    }
}

/// Runs one client per processor at a time. Ctrl-C drops the runs, which kills their commands. The terminal's signal doesn't reach
/// the commands, because each has its own process group.
fn run_all(
    languages: &[&Language],
    settings: &RunSettings<'_>,
) -> Result<Vec<RunResult>, CommandError> {
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let runs = languages.iter();
    let runs = runs.map(|language| client::run(language, settings));
    let runs = stream::iter(runs).buffered(workers).collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CommandError(format!("no command can be started: {error}")))?;
    runtime.block_on(async {
        tokio::select! {
            results = runs => Ok(results),
            Ok(()) = tokio::signal::ctrl_c() => Err(CommandError("interrupted".to_owned())),
        }
    })
}

/// Locks the folder of the runs, so that a concurrent run fails instead of deleting files of this one.
fn lock() -> Result<File, CommandError> {
    let folder = files::root().join("target/languages");
    let file = fs::create_dir_all(&folder).and_then(|()| File::create(folder.join("lock")));
    let file = file.map_err(|error| files::unusable(&folder, &error))?;
    let message =
        "target/languages: another run uses this folder: run the command again after it has ended";
    flock(&file, FlockOperation::NonBlockingLockExclusive)
        .map_err(|error| CommandError(format!("{message}: {error}")))?;
    Ok(file)
}

/// Returns the row of a language in the table. `calls` is the number of calls that its driver makes.
fn row(language: &Language, result: &RunResult, calls: usize) -> Vec<String> {
    let manifest = &language.manifest;
    let same = result.as_ref().map_or(0, |differences| {
        let names = differences.keys();
        let names = names.filter_map(|name| name.split(": ").next());
        // The negative control can have more differences than the expected ones.
        let different: BTreeSet<_> = names.filter(|name| *name != cases::CONTROL).collect();
        calls - different.len()
    });
    let known = manifest.known_differences.iter();
    let known: Vec<&str> = known.map(|known| known.name.as_str()).collect();
    vec![
        manifest.title.clone(),
        manifest.generator.clone(),
        calls.to_string(),
        same.to_string(),
        known.join(", "),
    ]
}

/// Returns the errors of a run: a failed command, unknown differences, and known differences that no longer occur.
fn errors(language: &Language, result: &RunResult) -> Vec<Finding> {
    let error = |code, what: &str| Finding::error(code, format!("{}: {what}", language.name));
    let differences = match result {
        Ok(differences) => differences,
        Err(CommandError(why)) => {
            // The following lines of the message are indented like the first line.
            let why = why.trim_end().replace('\n', "\n             ");
            return vec![error("command-failed", &why)];
        }
    };
    let known = language.manifest.known_differences.iter();
    let known: BTreeSet<&String> = known.flat_map(|known| &known.differences).collect();
    let unknown = differences
        .iter()
        .filter(|(name, _)| !known.contains(name))
        .map(|(name, values)| error("difference", &format!("{name}: {values}")));
    let unneeded = known
        .iter()
        .filter(|name| !differences.contains_key(**name));
    let unneeded = unneeded.map(|name| {
        let what =
            format!("the known difference `{name}` no longer occurs: remove it from language.yaml");
        error("known-difference", &what)
    });
    unknown.chain(unneeded).collect()
}
