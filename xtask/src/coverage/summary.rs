//! The coverage of each statement, derived from the detected mutations, and its table.

use std::io::{self, Write};

use cloud_partner_recordings::recording::ProvenanceKind;
use serde::Serialize;
use serde_json::{Value, json};

use super::known_gaps::KnownGaps;
use super::statements::{Mutation, Statement};
use crate::output::{print_continuation, print_line, print_table, with_noun};
use crate::report::{Finding, Place};
use crate::spec::Spec;

/// Whether a statement is covered, and by which kind of recording; the strongest evidence first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Covered by a recording of the live service.
    Captured,
    /// Covered by a recording whose shape was observed elsewhere; only statements about the shape of a body.
    Observed,
    /// Covered by an example of the official documentation.
    Documented,
    /// Covered by synthetic recordings only.
    Consistent,
    /// Covered by counterexamples only.
    CounterexampleOnly,
    /// Uncovered, and accepted as a known gap.
    KnownGap,
    /// Uncovered.
    Uncovered,
}

/// The columns of the table, in order.
const STATES: [(State, &str); 7] = [
    (State::Captured, "captured"),
    (State::Observed, "observed"),
    (State::Documented, "documented"),
    (State::Consistent, "consistent"),
    (State::CounterexampleOnly, "counterex."),
    (State::KnownGap, "known gap"),
    (State::Uncovered, "uncovered"),
];

/// All statements with their coverage.
pub struct Summary<'s> {
    spec: &'s Spec,
    /// The statements in the order of the file.
    pub statements: Vec<Statement>,
}

impl<'s> Summary<'s> {
    /// Derives the coverage of each statement from the recordings and counterexamples that detect its mutations.
    pub fn new(spec: &'s Spec, gaps: &KnownGaps, mut statements: Vec<Statement>) -> Self {
        for statement in &mut statements {
            statement.state = state(&statement.mutations);
            let gap = gaps.of_statement(&statement.name);
            if let Some(gap) = gap.filter(|_| statement.state == State::Uncovered) {
                statement.state = State::KnownGap;
                statement.known_gap = Some(gap.clone());
            }
        }
        Self { spec, statements }
    }

    /// Returns a finding for every uncovered statement, and for every known gap that accepts no statement.
    pub fn findings(&self, gaps: &KnownGaps) -> Vec<Finding> {
        let accepted = self.in_state(State::KnownGap);
        let accepted: Vec<&str> = accepted.map(|one| one.name.as_str()).collect();
        let mut findings: Vec<Finding> = gaps.unneeded(&accepted).collect();
        findings.extend(self.in_state(State::Uncovered).map(|statement| {
            let mutations = statement.mutations.iter();
            let needs: Vec<_> = mutations
                .filter(|mutation| !mutation.is_detected())
                .map(|one| format!("`{}` needs {}", one.name, one.needs))
                .collect();
            let place = Place {
                pointer: statement.name.clone(),
                ..Place::in_spec(self.spec, &statement.pointer)
            };
            let help =
                "add such a recording to tests/recordings, or the statement's name to xtask/known-gaps.yaml";
            Finding::error("uncovered", needs.join("; "))
                .in_spec(place)
                .help(help)
        }));
        findings
    }

    /// Returns the number of statements by state.
    pub fn numbers(&self) -> Value {
        let number = |state| self.in_state(state).count();
        json!({
            "statements": self.statements.len(),
            "documentedOrObserved":
                number(State::Captured) + number(State::Observed) + number(State::Documented),
            "consistent": number(State::Consistent),
            "counterexampleOnly": number(State::CounterexampleOnly),
            "knownGaps": number(State::KnownGap),
            "uncovered": number(State::Uncovered),
        })
    }

    /// Returns the numbers of statements by state in one sentence.
    pub fn headline(&self) -> String {
        let numbers = self.numbers();
        format!(
            "{}: {} documented or observed, {} only consistent, {} by counterexamples alone, {}, {} uncovered",
            with_noun(self.statements.len(), "statement"),
            numbers["documentedOrObserved"],
            numbers["consistent"],
            numbers["counterexampleOnly"],
            with_noun(self.in_state(State::KnownGap).count(), "known gap"),
            numbers["uncovered"]
        )
    }

    /// Prints the number of statements by operation or component, and the known gaps.
    pub fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut rows: Vec<(String, Vec<State>)> = Vec::new();
        for statement in &self.statements {
            let owner = owner(self.spec, &statement.pointer);
            match rows.iter_mut().find(|(name, _)| *name == owner) {
                Some((_, states)) => states.push(statement.state),
                None => rows.push((owner, vec![statement.state])),
            }
        }
        let headings = STATES.iter().map(|(_, name)| *name);
        let headings: Vec<&str> = ["", "statements"].into_iter().chain(headings).collect();
        let rows = rows.into_iter().map(|(name, states)| {
            let count = |state| states.iter().filter(|other| **other == state).count();
            let numbers = STATES.iter().map(|(state, _)| count(*state).to_string());
            let total = states.len().to_string();
            [name, total].into_iter().chain(numbers).collect()
        });
        print_table(&headings, &rows.collect::<Vec<_>>(), out)?;
        for statement in &self.statements {
            if let Some(gap) = &statement.known_gap {
                print_line(out, "Known gap", &statement.name)?;
                print_continuation(out, format!("since {}: {}", gap.date, gap.reason.trim()))?;
            }
        }
        Ok(())
    }

    fn in_state(&self, state: State) -> impl Iterator<Item = &Statement> {
        let statements = self.statements.iter();
        statements.filter(move |statement| statement.state == state)
    }
}

/// Returns the state of a statement: uncovered unless every mutation is detected, otherwise the state of the strongest recording that
/// is evidence.
fn state(mutations: &[Mutation]) -> State {
    if !mutations.iter().all(Mutation::is_detected) {
        return State::Uncovered;
    }
    let evident = mutations.iter().filter(|mutation| !mutation.restricts);
    let states = evident.flat_map(|mutation| {
        let recordings = mutation.recordings.iter();
        recordings.map(|recording| match recording.provenance {
            ProvenanceKind::Captured => State::Captured,
            ProvenanceKind::ObservedShape if mutation.is_shape => State::Observed,
            ProvenanceKind::Documentation => State::Documented,
            ProvenanceKind::ObservedShape | ProvenanceKind::Synthetic => State::Consistent,
        })
    });
    states.min().unwrap_or(State::CounterexampleOnly)
}

/// Returns the name of the operation or component that contains the part at a JSON pointer.
fn owner(spec: &Spec, pointer: &str) -> String {
    let segments: Vec<&str> = pointer.split('/').skip(1).collect();
    match segments[..] {
        ["components", section, name, ..] => format!("{section} {name}"),
        ["paths", path, method, ..] => {
            let operation = spec.at(&format!("/paths/{path}/{method}"));
            let id = operation.and_then(|operation| operation.text("operationId"));
            id.unwrap_or("paths").to_owned()
        }
        _ => segments.first().copied().unwrap_or_default().to_owned(),
    }
}
