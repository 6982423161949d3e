//! `cargo xtask languages`: generates clients in other languages, and compares the values that they read with the recordings.

mod cases;
mod client;
mod compare;
mod language;
mod names;
mod page;
mod process;
mod report;

use std::fs::{self, File};
use std::io::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
#[cfg(unix)]
use rustix::fs::FlockOperation;

use self::client::{FailedCommand, RunSettings};
use self::language::Language;
use self::report::LanguageResult;
use crate::exit::{CommandError, CommandResult, Outcome};
use crate::files;
use crate::output::print_line;
use crate::serve::Source;

/// Generates clients of the spec in other languages, and compares the values that they read with the recordings
///
/// Each folder with a `language.yaml` in tests/languages is a language. The command generates and builds its client. A driver, a
/// program that uses the client, requests every recording and every scenario from a replay server and prints the values that it
/// read. They must equal the recording's values of the properties that the spec names; any other difference must be listed as a
/// known difference in language.yaml, with an explanation. tests/languages/install installs the tools of a language.
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

/// A language that is skipped, because its tools are missing.
pub struct SkippedLanguage {
    /// The name of its folder.
    pub name: String,
    /// The missing tools.
    pub missing: String,
}

impl Languages {
    /// Runs the command.
    pub fn run(self, out: &mut dyn Write) -> CommandResult {
        let started = Instant::now();
        let languages = language::all()?;
        let (selected, skipped) = self.select(&languages)?;
        let _lock = lock()?;
        process::end_with_interrupt();
        let path = files::default_spec_path();
        let spec = files::read_spec(&path)?;
        let source = Source::read()?;
        let cases = cases::all(&source, &spec)?;
        let settings = RunSettings {
            spec: &path,
            source: &source.clone().with(cases::control(&source, "failed")?),
            calls: &cases::as_text(&cases),
            timeout: self.timeout,
        };
        let mut tested = Vec::new();
        for (language, mut run) in run_all(&selected, &settings)? {
            let differences = run.output.and_then(|(output, requests)| {
                let compared = compare::differences(&output, requests, &cases);
                compared
                    .map_err(|why| run.failed = Some(FailedCommand { stage: "run", why }))
                    .ok()
            });
            // The negative control doesn't count.
            let calls = cases.len() - 1;
            tested.push(LanguageResult::new(
                language,
                calls,
                differences,
                run.failed,
            ));
        }
        let required = self.all || !self.names.is_empty();
        match report::print(&tested, skipped, required, started.elapsed(), out)? {
            Outcome::Success => self.pages(&tested, out),
            findings => Ok(findings),
        }
    }

    /// Writes or compares the pages of the tested languages.
    fn pages(&self, tested: &[LanguageResult<'_>], out: &mut dyn Write) -> CommandResult {
        let mut outcome = Outcome::Success;
        for tested in tested {
            let Some(path) = page::path(tested.language) else {
                continue;
            };
            let page = page::page(tested.language)?;
            let done = if self.write {
                if let Some(folder) = path.parent() {
                    fs::create_dir_all(folder)
                        .map_err(|error| process::file_error(folder, &error))?;
                }
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

    /// Returns the languages to test, and the skipped ones.
    fn select<'l>(
        &self,
        languages: &'l [Language],
    ) -> Result<(Vec<&'l Language>, Vec<SkippedLanguage>), CommandError> {
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
            if !self.names.is_empty() && !self.names.contains(&language.name) {
                continue;
            }
            match language.missing()? {
                None => selected.push(language),
                Some(missing) => skipped.push(SkippedLanguage {
                    name: language.name.clone(),
                    missing,
                }),
            }
        }
        Ok((selected, skipped))
    }
}

/// Runs the clients, one per processor at a time, and prints a line to standard error at the end of each.
fn run_all<'l>(
    languages: &[&'l Language],
    settings: &RunSettings<'_>,
) -> Result<Vec<(&'l Language, client::Run)>, CommandError> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers.min(languages.len()) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(language) = languages.get(index) else {
                        break;
                    };
                    let result = client::run(language, settings);
                    if let Ok(run) = &result {
                        print_progress(language, run);
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

fn print_progress(language: &Language, run: &client::Run) {
    let times: Vec<String> = run
        .times
        .iter()
        .map(|(stage, time)| format!("{stage} {:.1} s", time.as_secs_f64()))
        .collect();
    let verb = if run.failed.is_none() {
        "Ran"
    } else {
        "Failed"
    };
    let what = format!("{}: {}", language.name, times.join(", "));
    // An error of writing to standard error is ignored.
    let _ = print_line(&mut io::stderr(), verb, what);
}

/// Locks the folder of the runs, so that a concurrent run fails instead of overwriting files of this one.
fn lock() -> Result<File, CommandError> {
    let folder = files::root().join("target/languages");
    let path = folder.join("lock");
    let file = fs::create_dir_all(&folder)
        .and_then(|()| File::create(&path))
        .map_err(|error| process::file_error(&path, &error))?;
    #[cfg(unix)]
    if let Err(error) = rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        return Err(CommandError(format!(
            "{}: another run uses this folder: run the command again after it has ended: {error}",
            files::display_path(&folder)
        )));
    }
    Ok(file)
}
