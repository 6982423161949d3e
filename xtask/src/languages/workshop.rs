//! What every run needs: the calls, the server that answers them, and what the SDK decoded of the answers.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::cases::{self, Case};
use super::compare::{Difference, Lines};
use super::language::Language;
use super::report::Tested;
use super::work::{self, Stage, Trouble, Work};
use crate::exit::Failure;
use crate::output::say;
use crate::serve::Source;
use crate::validate::Checker;

/// What every run needs.
pub struct Workshop<'c> {
    /// What the server answers from.
    pub source: Source,
    /// The calls.
    pub cases: Vec<Case>,
    /// The contract.
    pub checker: Checker<'c>,
    /// What the SDK's driver printed.
    pub right: Lines,
}

impl Workshop<'_> {
    /// Runs the languages, as many at once as there are cores, and tells of each when it is done.
    pub fn work<'l>(
        &self,
        languages: &[&'l Language],
        contract: &Path,
        run: &str,
    ) -> Result<Vec<(&'l Language, Work)>, Failure> {
        let calls = cases::as_text(&self.cases);
        let source = &self.source;
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

    /// What a driver printed.
    pub fn lines(&self, work: &Work) -> Result<Lines, Trouble> {
        let printed = work.printed.as_ref().map_err(Clone::clone)?;
        let trouble = |what| Trouble {
            stage: Stage::Run,
            what,
        };
        let lines = Lines::parse(printed, &self.cases, &self.checker).map_err(trouble)?;
        let (requests, calls, answered) = (work.requests, self.cases.len(), lines.answered());
        if requests > calls {
            return Err(trouble(format!(
                "{requests} requests for {calls} calls: a driver makes each call once, so turn off whatever tries again"
            )));
        }
        if requests < answered {
            return Err(trouble(format!(
                "{answered} answers, and only {requests} requests: a driver prints what the server has answered"
            )));
        }
        Ok(lines)
    }

    /// What a run of a language on the contract found.
    pub fn tested<'l>(&self, language: &'l Language, work: &Work) -> Tested<'l> {
        Tested::new(language, self.cases.len(), self.differences(work))
    }

    /// Where what a driver printed differs from what the SDK's printed.
    pub fn differences(&self, work: &Work) -> Result<Vec<Difference>, Trouble> {
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
