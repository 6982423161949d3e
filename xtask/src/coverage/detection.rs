//! The detection of mutations: a recording or counterexample detects a mutation if `validate` has other findings with the mutated
//! spec.

use std::panic::resume_unwind;
use std::thread;

use cloud_partner_recordings::recording::{ProvenanceKind, Recording};
use indicatif::ProgressBar;

use super::statements::{Mutation, State, Statement};
use crate::findings::{Finding, Level};
use crate::spec::{Spec, SpecError};
use crate::validate::Checker;

/// A recording or counterexample, and the findings of `validate` for it with the unchanged spec.
pub struct Candidate {
    file: String,
    recording: Recording,
    is_counterexample: bool,
    findings: Vec<FindingKey>,
}

/// The code, the level and the JSON pointer of a finding. The message and the place in the spec aren't compared, because a mutation may
/// change them without being detected.
type FindingKey = (&'static str, Level, Option<String>);

impl Candidate {
    /// Validates a recording or counterexample from a file.
    pub fn new(
        checker: &Checker<'_>,
        (file, recording): (String, Recording),
        is_counterexample: bool,
    ) -> Self {
        Self {
            findings: findings_of(checker, &recording),
            file,
            recording,
            is_counterexample,
        }
    }

    /// Returns an error for an invalid recording, and for a valid counterexample.
    pub fn error(&self) -> Option<Finding> {
        let (code, message, help) = match (self.is_counterexample, self.is_valid()) {
            (false, false) => (
                "refused-recording",
                "the recording is invalid against the spec, so it is no evidence",
                "run `cargo xtask validate`",
            ),
            (true, true) => (
                "accepted-counterexample",
                "the counterexample is valid against the spec",
                "correct the spec, or delete the counterexample",
            ),
            _ => return None,
        };
        let finding = Finding::error(code, message);
        Some(finding.in_file(&self.file).help(help))
    }

    fn is_valid(&self) -> bool {
        let mut levels = self.findings.iter().map(|(_, level, _)| level);
        !levels.any(|level| *level == Level::Error)
    }

    /// Returns whether a valid recording has other findings with the mutated spec, or whether a counterexample has one error less.
    fn detects(&self, mutated: &Checker<'_>) -> bool {
        let findings = findings_of(mutated, &self.recording);
        if !self.is_counterexample {
            return self.is_valid() && findings != self.findings;
        }
        let count = |list: &[FindingKey], error| list.iter().filter(|one| *one == error).count();
        let mut errors = self.findings.iter().filter(|one| one.1 == Level::Error);
        errors.any(|error| count(&findings, error) < count(&self.findings, error))
    }

    /// Returns the state of a statement that only this recording or counterexample covers.
    fn evidence(&self, mutation: &Mutation) -> State {
        match self.recording.provenance.kind {
            _ if self.is_counterexample => State::CounterexampleOnly,
            ProvenanceKind::Captured => State::Captured,
            ProvenanceKind::ObservedShape if mutation.is_shape => State::Observed,
            ProvenanceKind::Documentation => State::Documented,
            ProvenanceKind::ObservedShape | ProvenanceKind::Synthetic => State::Consistent,
        }
    }
}

/// Adds to each mutation the recordings and counterexamples that detect it. Uses all processors.
pub fn detect(
    spec: &Spec,
    statements: &mut [Statement],
    candidates: &[Candidate],
) -> Result<(), SpecError> {
    // The bar is printed to standard error, and only if that is a terminal.
    let progress = ProgressBar::new(statements.len() as u64);
    let work = |statements: &mut [Statement]| -> Result<(), SpecError> {
        let mut mutated = spec.clone();
        for statement in statements {
            for mutation in &mut statement.mutations {
                mutated.value = mutation.apply(&spec.value);
                let checker = Checker::new(&mutated)?;
                let detecting = candidates.iter().filter(|one| one.detects(&checker));
                mutation.detected_by = detecting
                    .map(|one| (one.file.clone(), one.evidence(mutation)))
                    .collect();
            }
            statement.update_state();
            progress.inc(1);
        }
        Ok(())
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let size = statements.len().div_ceil(threads).max(1);
    let result = thread::scope(|scope| {
        let chunks = statements.chunks_mut(size);
        let workers: Vec<_> = chunks.map(|chunk| scope.spawn(|| work(chunk))).collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().unwrap_or_else(|panic| resume_unwind(panic)))
    });
    progress.finish_and_clear();
    result
}

fn findings_of(checker: &Checker<'_>, recording: &Recording) -> Vec<FindingKey> {
    let findings = checker.validate(recording).into_iter();
    let mut found: Vec<FindingKey> = findings
        .map(|finding| {
            let pointer = finding.recording.map(|place| place.pointer);
            (finding.code, finding.level, pointer)
        })
        .collect();
    found.sort();
    found
}
