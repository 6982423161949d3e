//! Defines the states of a statement in the report of `cargo xtask coverage`. A statement is one keyword at one place of the spec. A
//! statement is covered if each wrong change of it changes what `cargo xtask validate` reports for at least one recording.

use serde::Serialize;

/// Whether a statement is covered, and by which kind of recording. If several states apply to a statement, it has the first of them in
/// the order of this list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Covered by a recording of the live service.
    Captured,
    /// Covered by a recording with invented values. The properties, types and formats are those of a real response in a public
    /// project. Only a statement about the shape of a body can have this state.
    Observed,
    /// Covered by an example of the official documentation.
    Documented,
    /// Covered only by recordings that agree with the statement but don't prove it, such as synthetic ones.
    Consistent,
    /// Covered by counterexamples only. A counterexample is a recording that is invalid against the spec.
    CounterexampleOnly,
    /// Uncovered, and listed in `xtask/known-gaps.yaml`.
    KnownGap,
    /// Uncovered.
    Uncovered,
}

impl State {
    /// All states, each with its name in text output.
    pub const ALL: [(Self, &str); 7] = [
        (Self::Captured, "captured"),
        (Self::Observed, "observed"),
        (Self::Documented, "documented"),
        (Self::Consistent, "only consistent"),
        (Self::CounterexampleOnly, "counterexamples only"),
        (Self::KnownGap, "known gaps"),
        (Self::Uncovered, "uncovered"),
    ];
}
