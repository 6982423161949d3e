//! What the detected mutations say about each statement, and the tables of it.

use std::io::{self, Write};

use cloud_partner_recordings::recording::ProvenanceKind;
use serde::Serialize;
use serde_json::{Value, json};

use super::detection::{Detection, Examples};
use super::statements::Statement;
use crate::known_gaps::{KnownGap, KnownGaps};
use crate::output::{count, more, say};
use crate::report::{Finding, Place, Table};
use crate::spec::Spec;

/// All statements, with what covers them.
pub struct Summary {
    spec: String,
    /// The statements in the order of the file.
    pub statements: Vec<Covered>,
}

/// A statement, with what covers it; a part of the JSON report.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Covered {
    /// The name; no other statement has it.
    pub name: String,
    /// The JSON pointer of the keyword.
    pub pointer: String,
    /// The line in the spec.
    pub line: usize,
    /// Whether it is covered.
    pub state: State,
    /// The mutations.
    pub mutations: Vec<Detected>,
    /// Why it needn't be covered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known_gap: Option<KnownGap>,
    /// The operation or component that makes the statement.
    #[serde(skip)]
    owner: String,
}

/// Whether a statement is covered, and by what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// By a recording of the live service.
    Captured,
    /// By a recording with the shape that somebody else has observed.
    Observed,
    /// By an example of the official pages.
    Documented,
    /// By recordings that were written for it alone.
    Consistent,
    /// By counterexamples alone.
    CounterexampleOnly,
    /// By nothing, which is accepted.
    KnownGap,
    /// By nothing.
    Uncovered,
}

/// The columns of the table.
const STATES: [(State, &str); 7] = [
    (State::Captured, "captured"),
    (State::Observed, "observed"),
    (State::Documented, "documented"),
    (State::Consistent, "consistent"),
    (State::CounterexampleOnly, "counterex."),
    (State::KnownGap, "known gap"),
    (State::Uncovered, "uncovered"),
];

/// A mutation, with what detects it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Detected {
    /// What changes.
    pub mutation: String,
    /// What would detect it.
    pub needs: String,
    /// The recordings that detect it.
    pub recordings: Vec<Evidence>,
    /// The files of the counterexamples that detect it.
    pub counterexamples: Vec<String>,
    /// Whether recordings that detect it are no evidence for the statement.
    pub restricts: bool,
}

/// A recording that detects a mutation.
#[derive(Serialize)]
pub struct Evidence {
    /// The file.
    pub file: String,
    /// How near the recording is to the live service.
    pub provenance: ProvenanceKind,
}

impl Summary {
    /// Puts the statements together with what detects their mutations.
    pub fn new(
        spec: &Spec,
        examples: &Examples,
        gaps: &KnownGaps,
        statements: &[Statement],
        detections: &[Vec<Detection>],
    ) -> Self {
        let statements = statements.iter().zip(detections);
        Self {
            spec: spec.path.display().to_string(),
            statements: statements
                .map(|(statement, detections)| {
                    Covered::new(spec, examples, gaps, statement, detections)
                })
                .collect(),
        }
    }

    /// Returns a finding for every uncovered statement and for every known gap that accepts none.
    pub fn findings(&self, spec: &Spec, gaps: &KnownGaps) -> Vec<Finding> {
        let incomplete = self
            .with(State::Uncovered)
            .chain(self.with(State::KnownGap));
        let names: Vec<&str> = incomplete
            .map(|statement| statement.name.as_str())
            .collect();
        let mut findings = gaps.unneeded(&names);
        findings.extend(self.with(State::Uncovered).map(|statement| {
            let needs = statement
                .undetected()
                .map(|one| format!("`{}` needs {}", one.mutation, one.needs));
            let place = Place {
                pointer: statement.name.clone(),
                ..Place::in_spec(spec, &statement.pointer)
            };
            let finding = Finding::error("uncovered", needs.collect::<Vec<_>>().join("; "));
            finding.in_spec(place).help(
                "add such a recording to tests/recordings, or the name to xtask/known-gaps.yaml",
            )
        }));
        findings
    }

    /// Returns the number of statements by state.
    pub fn total(&self) -> Value {
        let count = |state| self.with(state).count();
        json!({
            "statements": self.statements.len(),
            "documentedOrObserved": self.documented_or_observed(),
            "consistent": count(State::Consistent),
            "counterexampleOnly": count(State::CounterexampleOnly),
            "knownGaps": count(State::KnownGap),
            "uncovered": count(State::Uncovered),
        })
    }

    /// Returns the result in one sentence.
    pub fn headline(&self) -> String {
        let number = |state| self.with(state).count();
        format!(
            "{}: {} documented or observed, {} only consistent with synthetic recordings, {} by counterexamples alone, {}, \
            {} uncovered",
            count(self.statements.len(), "statement"),
            self.documented_or_observed(),
            number(State::Consistent),
            number(State::CounterexampleOnly),
            count(number(State::KnownGap), "known gap"),
            number(State::Uncovered)
        )
    }

    fn documented_or_observed(&self) -> usize {
        let states = [State::Captured, State::Observed, State::Documented];
        states.iter().map(|state| self.with(*state).count()).sum()
    }

    /// Prints a table by operation and component, and the known gaps.
    pub fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        let headings = STATES.iter().map(|(_, name)| *name);
        let headings: Vec<&str> = ["", "statements"].into_iter().chain(headings).collect();
        let mut table = Table::new(&headings);
        let mut owners: Vec<&str> = Vec::new();
        for statement in &self.statements {
            if !owners.contains(&statement.owner.as_str()) {
                owners.push(&statement.owner);
            }
        }
        for owner in owners {
            let own = || {
                self.statements
                    .iter()
                    .filter(|statement| statement.owner == owner)
            };
            let states =
                STATES.map(|(state, _)| own().filter(|statement| statement.state == state).count());
            let numbers = [own().count()].into_iter().chain(states);
            table.row(
                [owner.to_owned()]
                    .into_iter()
                    .chain(numbers.map(|number| number.to_string())),
            );
        }
        table.text(out)?;
        for statement in self.with(State::KnownGap) {
            say(
                out,
                "Known gap",
                format!("{}:{} {}", self.spec, statement.line, statement.name),
            )?;
            if let Some(gap) = &statement.known_gap {
                more(out, format!("since {}: {}", gap.date, gap.reason.trim()))?;
            }
        }
        Ok(())
    }

    fn with(&self, state: State) -> impl Iterator<Item = &Covered> {
        self.statements
            .iter()
            .filter(move |statement| statement.state == state)
    }
}

impl Covered {
    fn new(
        spec: &Spec,
        examples: &Examples,
        gaps: &KnownGaps,
        statement: &Statement,
        detections: &[Detection],
    ) -> Self {
        let mutations = statement.mutations.iter().zip(detections);
        let mut covered = Self {
            name: statement.name.clone(),
            pointer: statement.pointer.clone(),
            line: spec.location(&statement.pointer).line,
            state: State::Uncovered,
            mutations: mutations
                .map(|(mutation, detection)| Detected {
                    mutation: mutation.name.clone(),
                    needs: mutation.needs.clone(),
                    restricts: mutation.restricts,
                    recordings: evidence(examples, detection),
                    counterexamples: detection
                        .counterexamples
                        .iter()
                        .map(|index| examples.counterexamples[*index].0.clone())
                        .collect(),
                })
                .collect(),
            known_gap: None,
            owner: owner(spec, &statement.pointer),
        };
        if covered.undetected().next().is_none() {
            covered.state = covered.evidence();
        } else if let Some(gap) = gaps.accepting(&covered.name) {
            covered.state = State::KnownGap;
            covered.known_gap = Some(gap.clone());
        }
        covered
    }

    /// Returns the state by the recording that is nearest to the live service.
    fn evidence(&self) -> State {
        let showing = self.mutations.iter().filter(|mutation| !mutation.restricts);
        let recordings = showing.flat_map(|mutation| &mutation.recordings);
        let states = recordings.map(|recording| match recording.provenance {
            ProvenanceKind::Captured => State::Captured,
            ProvenanceKind::ObservedShape => State::Observed,
            ProvenanceKind::Documentation => State::Documented,
            ProvenanceKind::Synthetic => State::Consistent,
        });
        states.min().unwrap_or(State::CounterexampleOnly)
    }

    fn undetected(&self) -> impl Iterator<Item = &Detected> {
        let detects = |mutation: &&Detected| {
            mutation.recordings.is_empty() && mutation.counterexamples.is_empty()
        };
        self.mutations.iter().filter(detects)
    }
}

fn evidence(examples: &Examples, detection: &Detection) -> Vec<Evidence> {
    let recordings = detection
        .recordings
        .iter()
        .map(|index| &examples.recordings[*index]);
    recordings
        .map(|(file, recording)| Evidence {
            file: file.clone(),
            provenance: recording.provenance.kind,
        })
        .collect()
}

/// The operation or component that holds the part at a JSON pointer.
fn owner(spec: &Spec, pointer: &str) -> String {
    let segments: Vec<&str> = pointer.split('/').skip(1).collect();
    let unescaped = |segment: &str| segment.replace("~1", "/").replace("~0", "~");
    match segments[..] {
        ["components", section, name, ..] => format!("{section} {}", unescaped(name)),
        ["paths", path, method, ..] => {
            let operation = spec.at(&format!("/paths/{path}/{method}"));
            let id = operation.and_then(|operation| operation.text("operationId"));
            id.unwrap_or("paths").to_owned()
        }
        _ => segments.first().copied().unwrap_or_default().to_owned(),
    }
}
