//! Statements of the spec, their mutations, and the recordings that detect these.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use crate::spec::{Kind, Object};

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

impl State {
    /// All states, each with its name in the report.
    pub const ALL: [(Self, &str); 7] = [
        (Self::Captured, "captured"),
        (Self::Observed, "observed"),
        (Self::Documented, "documented"),
        (Self::Consistent, "only consistent"),
        (Self::CounterexampleOnly, "by counterexamples alone"),
        (Self::KnownGap, "known gaps"),
        (Self::Uncovered, "uncovered"),
    ];
}

/// A statement: one keyword at one place of the spec, independently of the number of operations and responses that refer to the
/// place.
#[derive(Serialize)]
pub struct Statement {
    /// The unique name: the JSON pointer of the keyword. The name of a list's element ends with the element instead of its index,
    /// because the index changes when other elements are added.
    pub name: String,
    /// Whether the statement is covered, and by which kind of recording.
    pub state: State,
    /// The changes of the spec that make the statement wrong. The statement is covered if all of them are detected.
    pub mutations: Vec<Mutation>,
}

impl Statement {
    /// Sets the state: uncovered unless every mutation is detected, otherwise the strongest evidence.
    pub fn update_state(&mut self) {
        let mutations = self.mutations.iter();
        let evident = mutations.clone().filter(|mutation| !mutation.restricts);
        let states = evident.flat_map(|mutation| mutation.detected_by.values());
        let strongest = states.min().copied();
        self.state = match strongest {
            _ if mutations.clone().any(|one| one.detected_by.is_empty()) => State::Uncovered,
            strongest => strongest.unwrap_or(State::CounterexampleOnly),
        };
    }
}

/// A change of the spec that makes a statement wrong.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Mutation {
    /// The description of the change, such as `becomes optional`.
    #[serde(rename = "mutation")]
    pub name: String,
    /// A description of the recording or counterexample that would detect the mutation.
    pub needs: String,
    /// The files of the recordings and counterexamples that detect the mutation, each with the state of a statement that no other file
    /// covers.
    pub detected_by: BTreeMap<String, State>,
    /// Whether the mutation only forbids what the statement allows, for example by making an optional property required. A recording
    /// that detects such a mutation is no evidence for the statement, because the recording may lack the property.
    pub restricts: bool,
    /// Whether the statement is about the shape of a body: properties, types, formats. A recording with an observed shape is
    /// evidence for such statements only, because its values are synthetic.
    #[serde(skip)]
    pub is_shape: bool,
    /// The name of the statement.
    #[serde(skip)]
    pub statement: String,
    /// The JSON pointer of the changed object.
    #[serde(skip)]
    at: String,
    /// The change of the object as a JSON merge patch (RFC 7396).
    #[serde(skip)]
    patch: Value,
}

impl Mutation {
    /// Returns the mutated spec.
    pub fn apply(&self, spec: &Value) -> Value {
        let mut mutated = spec.clone();
        if let Some(object) = mutated.pointer_mut(&self.at) {
            json_patch::merge(object, &self.patch);
        }
        mutated
    }
}

/// An object of the spec that an operation contains or refers to, and its mutations.
pub struct Part<'s> {
    /// The object; never a reference.
    pub object: Object<'s>,
    /// Whether the object describes a part of a body. The values of parameters and headers are text and never null.
    pub in_body: bool,
    /// The mutations of the object.
    pub mutations: Vec<Mutation>,
}

impl Part<'_> {
    /// Adds a mutation of the statement at a keyword of the object; at the object itself for an empty keyword. `patch` is a JSON
    /// merge patch of the object.
    pub fn mutate(
        &mut self,
        keyword: &str,
        name: impl Into<String>,
        needs: impl Into<String>,
        patch: Value,
    ) -> &mut Mutation {
        let at = self.object.pointer.clone();
        let separator = if keyword.is_empty() { "" } else { "/" };
        self.mutations.push(Mutation {
            name: name.into(),
            needs: needs.into(),
            detected_by: BTreeMap::new(),
            restricts: false,
            is_shape: self.object.kind == Kind::Schema && self.in_body,
            statement: format!("{at}{separator}{keyword}"),
            at,
            patch,
        });
        let last = self.mutations.len() - 1;
        &mut self.mutations[last]
    }

    /// Adds a mutation that sets a keyword to another value, or removes it if the value is null.
    pub fn set(&mut self, keyword: &str, value: impl Into<Value>, needs: impl Into<String>) {
        let value = value.into();
        let name = match &value {
            Value::Null => "removed".to_owned(),
            value => format!("becomes {}", plain(value)),
        };
        self.mutate(keyword, name, needs, json!({ keyword: value }));
    }
}

/// Returns a text without quotes, and any other value as JSON.
pub fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), ToOwned::to_owned)
}
