//! Finds the recordings that detect each mutation of the spec, for `cargo xtask coverage`. The module validates every recording and
//! counterexample against each mutated spec. The terms are:
//!
//! * statement: one keyword at one place of the spec, such as the `type` of a property
//! * mutation: a change of the spec that makes one statement wrong
//! * mutated spec: a copy of the spec with one mutation
//! * recording: a file with one request and its response
//! * counterexample: a recording that the spec must reject

use std::thread;

use cloud_partner_recordings::recording::{ProvenanceKind, Recording};
use indicatif::ProgressBar;

use super::mutations::Mutation;
use super::statement_state::State;
use super::statements::Statement;
use crate::files;
use crate::findings::{Finding, Level};
use crate::spec::{Spec, SpecError};
use crate::validate::Checker;

/// A recording or counterexample, and the findings that the unchanged spec causes for it.
pub struct Candidate {
    recording: Recording,
    is_counterexample: bool,
    findings: Vec<FindingKey>,
}

/// The parts of a finding that `detects` compares: the code, the level, and the JSON pointer in the recording. Places in the spec aren't
/// compared, because a mutation can change them. For example, a mutation that removes a parameter changes the index of every later
/// parameter.
type FindingKey = (&'static str, Level, Option<String>);

impl Candidate {
    /// Validates a recording or counterexample. `checker` has the unchanged spec.
    pub fn new(checker: &Checker<'_>, recording: Recording, is_counterexample: bool) -> Self {
        Self {
            findings: finding_keys(checker, &recording),
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
        Some(finding.in_file(&self.file()).help(help))
    }

    fn file(&self) -> String {
        files::display_path(&self.recording.file)
    }

    fn is_valid(&self) -> bool {
        self.findings
            .iter()
            .all(|(_, level, _)| *level != Level::Error)
    }

    /// Returns whether this recording or counterexample detects a mutation. `mutated` has the mutated spec.
    ///
    /// * A valid recording detects the mutation if its findings change.
    /// * An invalid recording detects no mutation.
    /// * A counterexample detects the mutation if one of its errors disappears.
    fn detects(&self, mutated: &Checker<'_>) -> bool {
        let findings = finding_keys(mutated, &self.recording);
        if !self.is_counterexample {
            return self.is_valid() && findings != self.findings;
        }
        let count = |list: &[FindingKey], error| list.iter().filter(|one| *one == error).count();
        let mut errors = self.findings.iter().filter(|one| one.1 == Level::Error);
        errors.any(|error| count(&findings, error) < count(&self.findings, error))
    }

    /// Returns the state that a statement gets because this file detects `mutation`, one of the statement's mutations.
    fn state(&self, mutation: &Mutation) -> State {
        match self.recording.provenance.kind {
            _ if self.is_counterexample => State::CounterexampleOnly,
            ProvenanceKind::Captured => State::Captured,
            // The recording has a real response's properties, types and formats, but invented values.
            ProvenanceKind::ObservedShape if mutation.is_shape => State::Observed,
            ProvenanceKind::Documentation => State::Documented,
            ProvenanceKind::ObservedShape | ProvenanceKind::Synthetic => State::Consistent,
        }
    }
}

/// Finds the files that detect each mutation, and sets the state of each statement. Uses all processors.
pub fn detect(
    spec: &Spec,
    statements: &mut [Statement],
    candidates: &[Candidate],
) -> Result<(), SpecError> {
    // The progress bar appears on standard error, but only if standard error is a terminal.
    let progress = ProgressBar::new(statements.len() as u64);
    let detect_in_chunk = |statements: &mut [Statement]| -> Result<(), SpecError> {
        let mut mutated = spec.clone();
        for statement in statements {
            for mutation in &mut statement.mutations {
                mutated.value = mutation.apply(&spec.value);
                let checker = Checker::new(&mutated)?;
                let detecting = candidates.iter().filter(|one| one.detects(&checker));
                mutation.detected_by = detecting
                    .map(|one| (one.file(), one.state(mutation)))
                    .collect();
            }
            statement.update_state();
            progress.inc(1);
        }
        Ok(())
    };
    let thread_count = thread::available_parallelism().map_or(1, usize::from);
    let chunk_size = statements.len().div_ceil(thread_count).max(1);
    let result = thread::scope(|scope| {
        let chunks = statements.chunks_mut(chunk_size);
        let threads: Vec<_> = chunks
            .map(|chunk| scope.spawn(|| detect_in_chunk(chunk)))
            .collect();
        let mut threads = threads.into_iter();
        threads.try_for_each(|thread| thread.join().expect("no thread panics"))
    });
    progress.finish_and_clear();
    result
}

fn finding_keys(checker: &Checker<'_>, recording: &Recording) -> Vec<FindingKey> {
    let findings = checker.validate(recording).into_iter();
    let mut keys: Vec<FindingKey> = findings
        .map(|finding| {
            let pointer = finding.place.map(|place| place.pointer);
            (finding.code, finding.level, pointer)
        })
        .collect();
    keys.sort();
    keys
}
