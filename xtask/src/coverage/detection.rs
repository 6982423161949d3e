//! The detection of mutations: a recording or counterexample detects a mutation if `validate` has other findings with the mutated
//! spec.

use std::panic::resume_unwind;
use std::thread;

use cloud_partner_recordings::recording::{ProvenanceKind, Recording};
use serde::Serialize;

use super::statements::Statement;
use crate::report::Level;
use crate::spec::{Spec, SpecError};
use crate::validate::Checker;

/// A recording that detects a mutation.
#[derive(Serialize)]
pub struct DetectingRecording {
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
    found: Vec<FindingKey>,
}

/// The code, the level and the JSON pointer of a finding. The message and the place in the spec aren't compared, because a mutation may
/// change them without being detected.
type FindingKey = (&'static str, Level, Option<String>);

impl Evaluation {
    /// Validates a recording from a file.
    pub fn new(checker: &Checker<'_>, (file, recording): (String, Recording)) -> Self {
        Self {
            file,
            found: findings_of(checker, &recording),
            recording,
        }
    }

    /// Returns whether `validate` reports an error for the recording with the unchanged spec.
    pub fn is_rejected(&self) -> bool {
        self.found
            .iter()
            .any(|(_, level, _)| *level == Level::Error)
    }

    /// Returns whether the recording is valid against the spec and has other findings with the mutated spec.
    fn differs(&self, mutated: &Checker<'_>) -> bool {
        !self.is_rejected() && findings_of(mutated, &self.recording) != self.found
    }

    /// Returns whether an error of the counterexample is missing with the mutated spec.
    fn loses_an_error(&self, mutated: &Checker<'_>) -> bool {
        let now = findings_of(mutated, &self.recording);
        let count =
            |list: &[FindingKey], error| list.iter().filter(|other| *other == error).count();
        self.found
            .iter()
            .any(|error| error.1 == Level::Error && count(&now, error) < count(&self.found, error))
    }
}

/// Adds to each mutation the recordings and counterexamples that detect it. Uses all processors.
pub fn detect(
    spec: &Spec,
    statements: &mut [Statement],
    recordings: &[Evaluation],
    counterexamples: &[Evaluation],
) -> Result<(), SpecError> {
    let work = |statements: &mut [Statement]| -> Result<(), SpecError> {
        let mut mutated = spec.clone();
        for mutation in statements.iter_mut().flat_map(|one| &mut one.mutations) {
            mutated.value = mutation.apply(&spec.value);
            let checker = Checker::new(&mutated)?;
            let detecting = recordings.iter().filter(|one| one.differs(&checker));
            mutation.recordings = detecting
                .map(|one| DetectingRecording {
                    file: one.file.clone(),
                    provenance: one.recording.provenance.kind,
                })
                .collect();
            let detecting = counterexamples
                .iter()
                .filter(|one| one.loses_an_error(&checker));
            mutation.counterexamples = detecting.map(|one| one.file.clone()).collect();
        }
        Ok(())
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let size = statements.len().div_ceil(threads).max(1);
    thread::scope(|scope| {
        let chunks = statements.chunks_mut(size);
        let workers: Vec<_> = chunks.map(|chunk| scope.spawn(|| work(chunk))).collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })
}

fn findings_of(checker: &Checker<'_>, recording: &Recording) -> Vec<FindingKey> {
    let findings = checker.validate(recording, true).into_iter();
    let mut found: Vec<FindingKey> = findings
        .map(|finding| {
            let pointer = finding.recording.map(|place| place.pointer);
            (finding.code, finding.level, pointer)
        })
        .collect();
    found.sort();
    found
}
