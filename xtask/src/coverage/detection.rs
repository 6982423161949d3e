//! The detection of mutations: a recording or counterexample detects a mutation if `validate` has other findings with the mutated
//! spec.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use cloud_partner_recordings::recording::{ProvenanceKind, Recording};
use serde::Serialize;

use super::statements::{Mutation, Reach, Statement};
use crate::report::Level;
use crate::spec::{Spec, SpecError};
use crate::validate::Checker;

/// A mutation, and the recordings and counterexamples that detect it; a part of the JSON report.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Detected {
    /// The name of the mutation, such as `becomes optional`.
    pub mutation: String,
    /// The recording or counterexample that would detect it.
    pub needs: String,
    /// The recordings that detect it.
    pub recordings: Vec<Evidence>,
    /// The files of the counterexamples that detect it. They are no evidence for the statement.
    pub counterexamples: Vec<String>,
    /// Whether the mutation restricts what the statement leaves open, so that recordings that detect it are no evidence for the
    /// statement.
    pub restricts: bool,
}

/// A recording that detects a mutation.
#[derive(Clone, Serialize)]
pub struct Evidence {
    /// The file.
    pub file: String,
    /// The provenance of the recording.
    pub provenance: ProvenanceKind,
}

/// A recording or counterexample, and the findings of `validate` for it with the unchanged spec.
pub struct Evaluation {
    /// The file.
    pub file: String,
    recording: Recording,
    /// The JSON pointer of the response in the operation's list of responses.
    response: Option<String>,
    found: Findings,
}

/// The findings of `validate` for a recording: code, level and place in the recording. Messages and places in the spec are left
/// out, because they may differ with an undetected mutation.
type Findings = Vec<(&'static str, Level, Option<String>)>;

impl Evaluation {
    /// Validates a recording from a file.
    pub fn new(checker: &Checker<'_>, (file, recording): (String, Recording)) -> Self {
        Self {
            file,
            response: response(checker, &recording),
            found: findings_of(checker, &recording),
            recording,
        }
    }

    /// Returns whether `validate` reports an error for it with the unchanged spec.
    pub fn is_rejected(&self) -> bool {
        self.errors().next().is_some()
    }

    fn errors(&self) -> impl Iterator<Item = &(&'static str, Level, Option<String>)> {
        let is_error =
            |(_, level, _): &&(&'static str, Level, Option<String>)| *level == Level::Error;
        self.found.iter().filter(is_error)
    }

    /// Returns whether the recording is valid against the spec and has other findings with the mutated spec.
    fn differs(&self, mutated: &Checker<'_>) -> bool {
        !self.is_rejected() && findings_of(mutated, &self.recording) != self.found
    }

    /// Returns whether the counterexample has an error less with the mutated spec.
    fn loses_an_error(&self, mutated: &Checker<'_>) -> bool {
        let now = findings_of(mutated, &self.recording);
        let count = |list: &Findings, error| list.iter().filter(|other| *other == error).count();
        let mut errors = self.errors();
        errors.any(|error| count(&now, error) < count(&self.found, error))
    }
}

/// The recordings and counterexamples that can detect a mutation.
pub struct Evaluations {
    /// The recordings.
    pub recordings: Vec<Evaluation>,
    /// The counterexamples: recordings that must be invalid against the spec.
    pub counterexamples: Vec<Evaluation>,
}

impl Evaluations {
    /// Returns, for each statement, its mutations with the recordings and counterexamples that detect them. Uses all processors.
    /// Calls `progress` with the number of processed mutations.
    pub fn detect(
        &self,
        spec: &Spec,
        statements: &[Statement],
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<Vec<Vec<Detected>>, SpecError> {
        let next = AtomicUsize::new(0);
        let done = AtomicUsize::new(0);
        let work = || {
            let mut all = Vec::new();
            let mut mutated = spec.clone();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(statement) = statements.get(index) else {
                    return Ok(all);
                };
                let mut detected = Vec::new();
                for mutation in &statement.mutations {
                    mutated.value = mutation.apply(&spec.value);
                    let checker = Checker::new(&mutated)?;
                    detected.push(self.detected(&checker, mutation, &statement.reach));
                    progress(done.fetch_add(1, Ordering::Relaxed));
                }
                all.push((index, detected));
            }
        };
        let results: Result<Vec<_>, SpecError> = thread::scope(|scope| {
            let threads = thread::available_parallelism().map_or(1, usize::from);
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            let results = workers.into_iter().map(thread::ScopedJoinHandle::join);
            results
                .map(|result| result.unwrap_or_else(|panic| resume_unwind(panic)))
                .collect()
        });
        let mut all = results?.concat();
        all.sort_by_key(|(index, _)| *index);
        Ok(all.into_iter().map(|(_, detected)| detected).collect())
    }

    fn detected(&self, mutated: &Checker<'_>, mutation: &Mutation, reach: &Reach) -> Detected {
        let concerned = |example: &&Evaluation| reach.concerns(example.response.as_deref());
        let recordings = self.recordings.iter().filter(concerned);
        let counterexamples = self.counterexamples.iter().filter(concerned);
        Detected {
            mutation: mutation.name.clone(),
            needs: mutation.needs.clone(),
            recordings: recordings
                .filter(|recording| recording.differs(mutated))
                .map(|recording| Evidence {
                    file: recording.file.clone(),
                    provenance: recording.recording.provenance.kind,
                })
                .collect(),
            counterexamples: counterexamples
                .filter(|counterexample| counterexample.loses_an_error(mutated))
                .map(|counterexample| counterexample.file.clone())
                .collect(),
            restricts: mutation.restricts,
        }
    }
}

fn findings_of(checker: &Checker<'_>, recording: &Recording) -> Findings {
    let found = checker.validate(recording, true).into_iter();
    let mut found: Findings = found
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
