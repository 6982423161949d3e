//! Does anything notice? All mutants, on all processors.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use cloud_partner_recordings::recording::Recording;

use super::mutant::Mutant;
use super::reach::Reach;
use crate::coverage::answer::answered;
use crate::generator::contract::{Contract, ContractError};
use crate::validate::{Checker, Found, Level};

/// What can notice a mutant.
pub struct Evidence {
    /// Recordings, which the contract takes, each with the name of its file.
    pub recordings: Vec<(String, Recording)>,
    /// Counterexamples, which it refuses.
    pub counterexamples: Vec<(String, Recording)>,
}

/// What noticed a mutant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Killer {
    /// This recording.
    Recording(String),
    /// This counterexample.
    Counterexample(String),
    /// The contract's own example, at this JSON pointer.
    Example(String),
}

/// A finding by what it is and where in the recording: its words and its place in the contract may change with the mutant
/// though nobody has noticed anything.
type Note = (&'static str, Level, Option<String>);

/// What the unchanged contract says to a recording.
struct Before {
    /// Where it lists the answer's status.
    listed: Option<String>,
    /// What it finds.
    notes: Vec<Note>,
}

/// What the unchanged contract finds.
pub struct Judge<'e> {
    evidence: &'e Evidence,
    reach: Reach,
    recordings: Vec<Before>,
    counterexamples: Vec<Before>,
    examples: Vec<String>,
}

impl<'e> Judge<'e> {
    /// Looks at the evidence with the contract as it is.
    pub fn new(checker: &Checker<'_>, evidence: &'e Evidence, reach: Reach) -> Self {
        let before = |(_, recording): &(String, Recording)| Before {
            listed: answered(checker, recording).map(|site| site.pointer),
            notes: notes(checker, recording),
        };
        Self {
            evidence,
            reach,
            recordings: evidence.recordings.iter().map(before).collect(),
            counterexamples: evidence.counterexamples.iter().map(before).collect(),
            examples: examples(checker),
        }
    }

    /// The counterexamples that the contract doesn't refuse.
    pub fn accepted(&self) -> Vec<&'e str> {
        let refused = |before: &Before| {
            let mut notes = before.notes.iter();
            notes.any(|(_, level, _)| *level == Level::Error)
        };
        let both = self
            .evidence
            .counterexamples
            .iter()
            .zip(&self.counterexamples);
        both.filter(|(_, before)| !refused(before))
            .map(|((file, _), _)| file.as_str())
            .collect()
    }

    /// What notices each mutant; `tell` is called now and then with how many are done.
    pub fn all(
        &self,
        contract: &Contract,
        mutants: &[Mutant],
        tell: &(dyn Fn(usize) + Sync),
    ) -> Result<Vec<Option<Killer>>, ContractError> {
        let next = AtomicUsize::new(0);
        let results = Mutex::new(vec![None; mutants.len()]);
        let failure = Mutex::new(None);
        let work = || {
            let mut changed = contract.clone();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(mutant) = mutants.get(index) else {
                    return;
                };
                tell(index);
                changed.value = mutant.apply(&contract.value);
                match Checker::new(&changed) {
                    Ok(checker) => {
                        let killer = self.killer(&checker, mutant);
                        if let Ok(mut results) = results.lock() {
                            results[index] = killer;
                        }
                    }
                    Err(error) => {
                        if let Ok(mut failure) = failure.lock() {
                            *failure = Some(error);
                        }
                        return;
                    }
                }
            }
        };
        let threads = thread::available_parallelism().map_or(1, usize::from);
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(work);
            }
        });
        // A thread that panicked has ended the scope by panicking here, too.
        match failure.into_inner() {
            Ok(Some(error)) => Err(error),
            _ => Ok(results.into_inner().unwrap_or_default()),
        }
    }

    /// The first thing that notices, recordings before counterexamples before examples.
    fn killer(&self, checker: &Checker<'_>, mutant: &Mutant) -> Option<Killer> {
        let differs = |list: &[(String, Recording)], before: &[Before]| {
            let mut both = list.iter().zip(before);
            both.find(|((_, recording), before)| {
                let concerned = self
                    .reach
                    .concerns(&mutant.pointer, before.listed.as_deref());
                concerned && notes(checker, recording) != before.notes
            })
            .map(|((file, _), _)| file.clone())
        };
        if let Some(file) = differs(&self.evidence.recordings, &self.recordings) {
            return Some(Killer::Recording(file));
        }
        if let Some(file) = differs(&self.evidence.counterexamples, &self.counterexamples) {
            return Some(Killer::Counterexample(file));
        }
        let mut examples = examples(checker).into_iter();
        examples
            .find(|pointer| !self.examples.contains(pointer))
            .map(Killer::Example)
    }
}

fn notes(checker: &Checker<'_>, recording: &Recording) -> Vec<Note> {
    let mut notes: Vec<Note> = checker
        .disagreements(recording, true)
        .into_iter()
        .map(note)
        .collect();
    notes.sort();
    notes
}

/// Where the contract's examples disagree with it.
fn examples(checker: &Checker<'_>) -> Vec<String> {
    checker
        .examples()
        .found
        .into_iter()
        .filter_map(|found| found.contract)
        .collect()
}

fn note(found: Found) -> Note {
    (found.code.id, found.level, found.recording)
}
