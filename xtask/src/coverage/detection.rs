//! Which recordings and counterexamples detect each mutation: `validate` finds something else with the mutated spec.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use cloud_partner_recordings::recording::Recording;

use super::statements::{Reach, Statement};
use crate::report::Level;
use crate::spec::{Spec, SpecError};
use crate::validate::Checker;

/// What can detect a mutation, each with the name of its file.
pub struct Examples {
    /// The recordings.
    pub recordings: Vec<(String, Recording)>,
    /// Recordings that the spec must refuse.
    pub counterexamples: Vec<(String, Recording)>,
}

/// What detects one mutation, by the index in [`Examples`].
#[derive(Clone)]
pub struct Detection {
    /// The recordings.
    pub recordings: Vec<usize>,
    /// The counterexamples. They show that a loosened statement is detected, and are no evidence for it.
    pub counterexamples: Vec<usize>,
}

/// What `validate` finds in a recording: the code, the level and the place. Messages and places in the spec may change with
/// a mutation that nothing detects.
type Found = Vec<(&'static str, Level, Option<String>)>;

/// What `validate` finds with the spec as it is.
pub struct Baseline<'e> {
    examples: &'e Examples,
    recordings: Vec<Before>,
    counterexamples: Vec<Before>,
}

struct Before {
    /// The JSON pointer of the response, as the operation lists it by status code.
    response: Option<String>,
    found: Found,
}

impl<'e> Baseline<'e> {
    /// Validates all examples.
    pub fn new(checker: &Checker<'_>, examples: &'e Examples) -> Self {
        let before = |(_, recording): &(String, Recording)| Before {
            response: response(checker, recording),
            found: found(checker, recording),
        };
        Self {
            examples,
            recordings: examples.recordings.iter().map(before).collect(),
            counterexamples: examples.counterexamples.iter().map(before).collect(),
        }
    }

    /// Returns the recordings that the spec refuses: they are no evidence for it.
    pub fn refused(&self) -> impl Iterator<Item = &'e str> {
        let both = self.examples.recordings.iter().zip(&self.recordings);
        both.filter(|(_, before)| before.has_errors())
            .map(|((file, _), _)| file.as_str())
    }

    /// Returns the counterexamples that the spec accepts.
    pub fn accepted(&self) -> impl Iterator<Item = &'e str> {
        let both = self
            .examples
            .counterexamples
            .iter()
            .zip(&self.counterexamples);
        both.filter(|(_, before)| !before.has_errors())
            .map(|((file, _), _)| file.as_str())
    }

    /// Returns what detects each mutation of each statement, using all processors. `progress` is called with the number of
    /// mutations that are done.
    pub fn detect(
        &self,
        spec: &Spec,
        statements: &[Statement],
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<Vec<Vec<Detection>>, SpecError> {
        let next = AtomicUsize::new(0);
        let done = AtomicUsize::new(0);
        let work = || {
            let mut detected = Vec::new();
            let mut mutated = spec.clone();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(statement) = statements.get(index) else {
                    return Ok(detected);
                };
                let mut detections = Vec::new();
                for mutation in &statement.mutations {
                    mutated.value = mutation.apply(&spec.value);
                    detections.push(self.detection(&Checker::new(&mutated)?, &statement.reach));
                    progress(done.fetch_add(1, Ordering::Relaxed));
                }
                detected.push((index, detections));
            }
        };
        let mut all = thread::scope(|scope| {
            let threads = thread::available_parallelism().map_or(1, usize::from);
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            let results = workers
                .into_iter()
                .map(|worker| worker.join().unwrap_or_else(|panic| resume_unwind(panic)));
            results.collect::<Result<Vec<_>, SpecError>>()
        })?
        .concat();
        all.sort_by_key(|(index, _)| *index);
        Ok(all.into_iter().map(|(_, detections)| detections).collect())
    }

    fn detection(&self, checker: &Checker<'_>, reach: &Reach) -> Detection {
        let detecting = |list: &[(String, Recording)],
                         before: &[Before],
                         detects: fn(&Before, &Found) -> bool| {
            let all = list.iter().zip(before).enumerate();
            all.filter(|(_, (_, before))| reach.concerns(before.response.as_deref()))
                .filter(|(_, ((_, recording), before))| detects(before, &found(checker, recording)))
                .map(|(index, _)| index)
                .collect()
        };
        Detection {
            recordings: detecting(
                &self.examples.recordings,
                &self.recordings,
                |before, now| !before.has_errors() && before.found != *now,
            ),
            counterexamples: detecting(
                &self.examples.counterexamples,
                &self.counterexamples,
                Before::loses_an_error,
            ),
        }
    }
}

impl Before {
    fn has_errors(&self) -> bool {
        self.found
            .iter()
            .any(|(_, level, _)| *level == Level::Error)
    }

    fn loses_an_error(&self, now: &Found) -> bool {
        let mut errors = self
            .found
            .iter()
            .filter(|(_, level, _)| *level == Level::Error);
        let count = |list: &Found, error| list.iter().filter(|other| *other == error).count();
        errors.any(|error| count(now, error) < count(&self.found, error))
    }
}

fn found(checker: &Checker<'_>, recording: &Recording) -> Found {
    let found = checker.disagreements(recording, true).into_iter();
    let mut found: Found = found
        .map(|found| (found.code.id, found.level, found.recording))
        .collect();
    found.sort();
    found
}

fn response(checker: &Checker<'_>, recording: &Recording) -> Option<String> {
    let operation = checker.operation(recording, false, &mut Vec::new())?;
    let responses = operation.node.written("responses")?;
    let status = recording.response.status;
    let keys = [
        status.to_string(),
        format!("{}XX", status / 100),
        "default".to_owned(),
    ];
    let listed = keys.iter().find_map(|key| responses.written(key))?;
    Some(listed.pointer)
}
