//! Defines the states of a statement in the report of `cargo xtask coverage`. A statement is one keyword at one place of the spec.
//!
//! For each statement, the command creates one or more copies of the spec in which the statement is wrong. The statement is covered if each
//! of these copies changes what `cargo xtask validate` reports for a recording.

use serde::Serialize;

/// Whether a statement is covered, and by which kind of recording. If several states apply, the statement has the one that comes first in
/// this list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Covered by a recording of the live service.
    Captured,
    /// Covered by a recording with the properties, types and formats of a response in a public project. The values in the recording are
    /// invented. Therefore, only a statement about the shape of a body can have this state.
    Observed,
    /// Covered by an example of the official documentation.
    Documented,
    /// Covered only by recordings that are no evidence for the statement, such as synthetic recordings.
    Consistent,
    /// Covered by counterexamples only. A counterexample is a recording that is invalid against the spec.
    CounterexampleOnly,
    /// Uncovered, and listed in `xtask/known-gaps.yaml`.
    KnownGap,
    /// Uncovered.
    Uncovered,
}
