//! `cargo xtask languages`: generates clients in other languages, and compares their results with the recordings.
//!
//! A *driver* is a short program that makes calls through such a client and prints the results (tests/languages/README.md).

mod calls;
mod compare;
mod language;
mod page;
mod process;
mod runner;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::thread;
use std::time::Duration;

use clap::Args;
use futures_util::{StreamExt, stream};
use rustix::fs::{FlockOperation, flock};

use self::language::Language;
use self::runner::RunResult;
use crate::exit_code::{CommandError, CommandResult, Outcome};
use crate::files;
use crate::findings::{Finding, Format, Report};
use crate::print::print_table;
use crate::serve::Source;

/// Generates clients of the spec in other languages, and compares their results with the recordings
///
/// Each folder with a `language.yaml` in tests/languages is a language. The command generates and builds the language's client, and
/// starts a replay server, which returns the recorded responses. A driver, a short program that uses the client, sends the requests of
/// the recordings to this server and prints the decoded values. The command compares these values with the recordings. It ignores
/// properties that the spec doesn't name. Every difference is an error, except the known differences in language.yaml.
///
/// tests/languages/install-tools installs the tools of a language. Without a NAME, the command skips each language whose tools are missing.
/// At least one language other than `sdk` (the SDK of this repository) must remain. Ctrl-C ends the command with exit code 3.
#[derive(Args)]
pub struct Languages {
    /// Fail if the tools of a language are missing, instead of skipping the language; a NAME implies this option
    #[arg(long)]
    all: bool,
    /// Write the languages' pages in openapi/languages; without this option, an outdated page fails the command
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
    pub fn run(self, out: &mut dyn Write) -> CommandResult {
        let languages = self.requested()?;
        let mut report = Report::default();
        let selected = self.select(&languages, &mut report)?;
        let _lock = lock()?;
        let path = files::default_spec_path();
        let spec = files::read_spec(&path)?;
        let source = Source::read()?;
        let calls = calls::all(&source, &spec)?;
        // The last call tests the comparison: `calls` expects the status `running`, but the server returns `failed`. If the comparison
        // doesn't find this difference, the run fails.
        let source = source.with(calls::control("failed"));
        let run = |language| runner::run(language, &path, &source, &calls, self.timeout);
        let results = run_all(selected.iter().copied().map(run))?;
        let (mut rows, mut succeeded) = (Vec::new(), 0);
        for (language, result) in selected.iter().zip(&results) {
            rows.push(row(language));
            let errors = errors(language, result);
            succeeded += usize::from(errors.is_empty());
            report.findings.extend(errors);
        }
        print_table(&["language", "generator", "known differences"], &rows, out)?;
        let clients = languages.len();
        let done =
            format!("{succeeded} of {clients} clients passed the comparison with the recordings");
        match report.print(Format::Text, &done, out)? {
            Outcome::Success => {
                let pages = selected.iter().map(|language| page::page(language));
                let pages: Vec<_> = pages.collect::<Result<_, _>>()?;
                files::write_or_compare(pages.into_iter().flatten(), !self.write, out)
            }
            outcome => Ok(outcome),
        }
    }

    /// Returns the languages that are given by name, or all languages if no name is given.
    fn requested(&self) -> Result<Vec<Language>, CommandError> {
        let mut languages = language::all()?;
        let is_language = |name: &&String| languages.iter().any(|one| one.name == **name);
        if let Some(name) = self.names.iter().find(|name| !is_language(name)) {
            let names: Vec<&str> = languages.iter().map(|one| one.name.as_str()).collect();
            let names = names.join(", ");
            let message = format!("the language `{name}` doesn't exist; the languages are {names}");
            return Err(CommandError(message));
        }
        languages.retain(|one| self.names.is_empty() || self.names.contains(&one.name));
        Ok(languages)
    }

    /// Returns the languages whose tools are installed. Adds a finding for each language whose tools are missing.
    fn select<'l>(
        &self,
        languages: &'l [Language],
        report: &mut Report,
    ) -> Result<Vec<&'l Language>, CommandError> {
        let must_run = self.all || !self.names.is_empty();
        let mut selected = Vec::new();
        for language in languages {
            let Some(missing) = language.missing()? else {
                selected.push(language);
                continue;
            };
            let name = &language.name;
            let message =
                format!("{name}: {missing}; `tests/languages/install-tools {name}` installs them");
            report.findings.push(if must_run {
                Finding::error("skipped", message)
            } else {
                Finding::note("skipped", message)
            });
        }
        let is_generated = |language: &&Language| language.manifest.generate.is_some();
        if self.names.is_empty() && !selected.iter().any(is_generated) {
            let message = "no generated client was compared, because the tools of every such client are missing";
            report.findings.push(Finding::error("no-client", message));
        }
        Ok(selected)
    }
}

/// Runs the languages' commands, and returns the results in order. Runs at most as many languages at once as the machine has processors.
///
/// Ctrl-C drops the futures, and dropping a future kills its command. The terminal's signal doesn't reach the commands, because each
/// command has its own process group.
fn run_all(
    runs: impl Iterator<Item = impl Future<Output = RunResult>>,
) -> Result<Vec<RunResult>, CommandError> {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let results = stream::iter(runs).buffered(processors).collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CommandError(format!("no command can be started: {error}")))?;
    runtime.block_on(async {
        tokio::select! {
            results = results => Ok(results),
            Ok(()) = tokio::signal::ctrl_c() => Err(CommandError("interrupted".to_owned())),
        }
    })
}

/// Locks `target/languages`. A concurrent run then fails before it deletes the files of this run.
fn lock() -> Result<File, CommandError> {
    let folder = files::root().join("target/languages");
    let file = fs::create_dir_all(&folder).and_then(|()| File::create(folder.join("lock")));
    let file = file.map_err(|error| files::unusable(&folder, &error))?;
    let message = "target/languages: another run uses this folder; wait until that run has ended, and run the command again";
    flock(&file, FlockOperation::NonBlockingLockExclusive)
        .map_err(|error| CommandError(format!("{message}: {error}")))?;
    Ok(file)
}

/// Returns the row of a language in the table.
fn row(language: &Language) -> Vec<String> {
    let manifest = &language.manifest;
    let known = manifest.known_differences.iter();
    let known: Vec<&str> = known.map(|known| known.name.as_str()).collect();
    vec![
        manifest.title.clone(),
        manifest.generator.clone(),
        known.join(", "),
    ]
}

/// Returns the errors of a run: a failed command, unknown differences, and known differences that no longer occur.
fn errors(language: &Language, result: &RunResult) -> Vec<Finding> {
    let error = |code, what: &str| Finding::error(code, format!("{}: {what}", language.name));
    let differences = match result {
        Ok(differences) => differences,
        Err(CommandError(why)) => {
            // `Finding::error` would escape the line breaks in the command's output. The report indents only the first line of a message.
            // The spaces indent the following lines equally.
            let why = why.trim_end().replace('\n', "\n             ");
            let message = format!("{}: {why}", language.name);
            return vec![Finding {
                message,
                ..error("command-failed", "")
            }];
        }
    };
    let known = language.manifest.known_differences.iter();
    let known: BTreeSet<&String> = known.flat_map(|known| &known.differences).collect();
    let mut errors = Vec::new();
    for (name, values) in differences {
        if !known.contains(name) {
            errors.push(error("difference", &format!("{name}: {values}")));
        }
    }
    for name in known {
        if !differences.contains_key(name) {
            let what = format!(
                "the known difference `{name}` no longer occurs: remove it from language.yaml"
            );
            errors.push(error("known-difference", &what));
        }
    }
    errors
}
