//! The coverage of each statement, derived from the detected mutations, and its table.

use std::io::{self, Write};

use cloud_partner_recordings::recording::ProvenanceKind;
use serde::Serialize;
use serde_json::{Value, json};

use super::detection::Detected;
use super::statements::Statement;
use crate::known_gaps::{KnownGap, KnownGaps};
use crate::output::{print_continuation, print_line, with_noun};
use crate::report::{Finding, Place, Table};
use crate::spec::Spec;

/// A statement with its coverage; a part of the JSON report.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Covered {
    /// The unique name.
    pub name: String,
    /// The JSON pointer of the keyword.
    pub pointer: String,
    /// The line in the spec.
    pub line: usize,
    /// Whether the statement is covered, and by which kind of recording.
    pub state: State,
    /// The mutations.
    pub mutations: Vec<Detected>,
    /// The known gap that accepts the uncovered statement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known_gap: Option<KnownGap>,
}

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

use State::{Captured, Consistent, CounterexampleOnly, Documented, Observed, Uncovered};

/// The columns of the table, in order.
const STATES: [(State, &str); 7] = [
    (Captured, "captured"),
    (Observed, "observed"),
    (Documented, "documented"),
    (Consistent, "consistent"),
    (CounterexampleOnly, "counterex."),
    (State::KnownGap, "known gap"),
    (Uncovered, "uncovered"),
];

/// All statements with their coverage.
pub struct Summary<'s> {
    spec: &'s Spec,
    /// The statements in the order of the file.
    pub statements: Vec<Covered>,
}

impl<'s> Summary<'s> {
    /// Derives the coverage of each statement from the recordings and counterexamples that detect its mutations.
    pub fn new(
        spec: &'s Spec,
        gaps: &KnownGaps,
        statements: Vec<Statement>,
        detected: Vec<Vec<Detected>>,
    ) -> Self {
        let covered = |(statement, mutations): (Statement, Vec<Detected>)| {
            let mut state = state(&mutations, statement.is_shape);
            let known_gap = gaps
                .accepting(&statement.name)
                .filter(|_| state == Uncovered);
            if known_gap.is_some() {
                state = State::KnownGap;
            }
            Covered {
                line: spec.location(&statement.pointer).line,
                name: statement.name,
                pointer: statement.pointer,
                state,
                mutations,
                known_gap: known_gap.cloned(),
            }
        };
        let statements = statements.into_iter().zip(detected).map(covered).collect();
        Self { spec, statements }
    }

    /// Returns a finding for every uncovered statement, and for every known gap that accepts no statement.
    pub fn findings(&self, gaps: &KnownGaps) -> Vec<Finding> {
        let accepted = self
            .with(&[State::KnownGap])
            .map(|statement| statement.name.as_str());
        let mut findings = gaps.unneeded(&accepted.collect::<Vec<_>>());
        findings.extend(self.with(&[Uncovered]).map(|statement| {
            let undetected = statement
                .mutations
                .iter()
                .filter(|mutation| !mutation.is_detected());
            let needs: Vec<_> = undetected
                .map(|one| format!("`{}` needs {}", one.mutation, one.needs))
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
        json!({
            "statements": self.statements.len(),
            "documentedOrObserved": self.number(&[Captured, Observed, Documented]),
            "consistent": self.number(&[Consistent]),
            "counterexampleOnly": self.number(&[CounterexampleOnly]),
            "knownGaps": self.number(&[State::KnownGap]),
            "uncovered": self.number(&[Uncovered]),
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
            with_noun(self.number(&[State::KnownGap]), "known gap"),
            numbers["uncovered"]
        )
    }

    /// Prints the number of statements by operation or component, and the known gaps.
    pub fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let headings = STATES.iter().map(|(_, name)| *name);
        let headings: Vec<&str> = ["", "statements"].into_iter().chain(headings).collect();
        let mut table = Table::new(&headings);
        let mut rows: Vec<(String, Vec<&Covered>)> = Vec::new();
        for statement in &self.statements {
            let owner = owner(self.spec, &statement.pointer);
            match rows.iter_mut().find(|(name, _)| *name == owner) {
                Some((_, row)) => row.push(statement),
                None => rows.push((owner, vec![statement])),
            }
        }
        for (name, row) in rows {
            let number = |state| {
                row.iter()
                    .filter(|statement| statement.state == state)
                    .count()
            };
            let numbers = STATES.iter().map(|(state, _)| number(*state).to_string());
            table.row([name, row.len().to_string()].into_iter().chain(numbers));
        }
        table.print(out)?;
        for statement in self.with(&[State::KnownGap]) {
            print_line(out, "Known gap", &statement.name)?;
            if let Some(gap) = &statement.known_gap {
                print_continuation(out, format!("since {}: {}", gap.date, gap.reason.trim()))?;
            }
        }
        Ok(())
    }

    fn with(&self, states: &[State]) -> impl Iterator<Item = &Covered> {
        self.statements
            .iter()
            .filter(|statement| states.contains(&statement.state))
    }

    fn number(&self, states: &[State]) -> usize {
        self.with(states).count()
    }
}

impl Detected {
    fn is_detected(&self) -> bool {
        !self.recordings.is_empty() || !self.counterexamples.is_empty()
    }
}

/// Returns the state of a statement: uncovered unless every mutation is detected, otherwise the state of the strongest recording.
fn state(mutations: &[Detected], is_shape: bool) -> State {
    if !mutations.iter().all(Detected::is_detected) {
        return Uncovered;
    }
    let showing = mutations.iter().filter(|mutation| !mutation.restricts);
    let states = showing
        .flat_map(|mutation| &mutation.recordings)
        .map(|recording| match recording.provenance {
            ProvenanceKind::Captured => Captured,
            ProvenanceKind::ObservedShape if is_shape => Observed,
            ProvenanceKind::Documentation => Documented,
            ProvenanceKind::ObservedShape | ProvenanceKind::Synthetic => Consistent,
        });
    states.min().unwrap_or(CounterexampleOnly)
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
