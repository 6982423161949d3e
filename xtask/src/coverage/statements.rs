//! The statements of the spec that a recording can contradict. A statement is one keyword at one place of the spec, independently of
//! the number of operations and responses that refer to the place.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::detection::DetectingRecording;
use super::known_gaps::KnownGap;
use super::mutations::mutate;
use super::summary::State;
use crate::spec::{Kind, Object, Spec, pointer_segment};

/// A statement with its coverage; a part of the JSON report.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Statement {
    /// The unique name: the JSON pointer of the keyword; for an element of a list, with the element instead of its index.
    pub name: String,
    /// The JSON pointer of the keyword.
    pub pointer: String,
    /// The line in the spec.
    pub line: usize,
    /// Whether the statement is covered, and by which kind of recording.
    pub state: State,
    /// The changes of the spec that make the statement wrong. The statement is covered if all of them are detected.
    pub mutations: Vec<Mutation>,
    /// The known gap that accepts the uncovered statement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known_gap: Option<KnownGap>,
}

/// A change of the spec that makes a statement wrong, and the recordings and counterexamples that detect it; a part of the JSON
/// report.
#[derive(Serialize)]
pub struct Mutation {
    /// The description of the change, such as `becomes optional`.
    #[serde(rename = "mutation")]
    pub name: String,
    /// A description of the recording or counterexample that would detect the mutation.
    pub needs: String,
    /// The recordings that detect the mutation.
    pub recordings: Vec<DetectingRecording>,
    /// The files of the counterexamples that detect the mutation. They are no evidence for the statement.
    pub counterexamples: Vec<String>,
    /// Whether the mutation only forbids what the statement allows, for example by making an optional property required. A recording
    /// that detects such a mutation is no evidence for the statement, because the recording may lack the property.
    pub restricts: bool,
    /// Whether the statement is about the shape of a body: properties, types, formats. A recording with an observed shape is
    /// evidence for such statements only, because its values are synthetic.
    #[serde(skip)]
    pub is_shape: bool,
    /// The keyword of the changed object that makes the statement; empty for the object itself.
    #[serde(skip)]
    keyword: String,
    /// The text of the list's element that makes the statement.
    #[serde(skip)]
    pub element: Option<String>,
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

    /// Returns the name and the JSON pointer of the statement. The name has the element of a list instead of its index, because the
    /// index changes when other elements are added.
    fn statement(&self) -> (String, String) {
        let pointer = match self.keyword.as_str() {
            "" => self.at.clone(),
            keyword => format!("{}/{keyword}", self.at),
        };
        let list = pointer.rsplit_once('/').map_or("", |(list, _)| list);
        match &self.element {
            Some(element) => (format!("{list}/{}", pointer_segment(element)), pointer),
            None => (pointer.clone(), pointer),
        }
    }

    /// Returns whether a recording or counterexample detects the mutation.
    pub fn is_detected(&self) -> bool {
        !self.recordings.is_empty() || !self.counterexamples.is_empty()
    }
}

/// An object of the spec that an operation contains or refers to, and its mutations.
pub struct Part<'s> {
    /// The object; never a reference.
    pub object: Object<'s>,
    /// Whether the object describes a part of a body. The values of parameters and headers are text and never null.
    pub in_body: bool,
    mutations: Vec<Mutation>,
}

impl<'s> Part<'s> {
    /// Returns the entries of the mapping at a keyword of the object.
    pub fn entries_of(
        &self,
        keyword: &str,
    ) -> impl Iterator<Item = (&'s String, &'s Value)> + use<'s> {
        let mapping = self.object.value.get(keyword).and_then(Value::as_object);
        mapping.into_iter().flatten()
    }

    /// Adds a mutation of the statement at a keyword of the object; at the object itself for an empty keyword. `patch` is a JSON
    /// merge patch of the object.
    pub fn mutate(
        &mut self,
        keyword: &str,
        name: impl Into<String>,
        needs: impl Into<String>,
        patch: Value,
    ) -> &mut Mutation {
        let mutation = Mutation {
            name: name.into(),
            needs: needs.into(),
            recordings: Vec::new(),
            counterexamples: Vec::new(),
            restricts: false,
            is_shape: self.object.kind == Kind::Schema && self.in_body,
            keyword: keyword.to_owned(),
            element: None,
            at: self.object.pointer.clone(),
            patch,
        };
        self.mutations.push(mutation);
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

/// Returns the statements in the order of the file. Parts that no operation refers to have no statements.
pub fn statements(spec: &Spec) -> Vec<Statement> {
    let mut parts = BTreeMap::new();
    let document = spec.at("").map(|node| Object::of(Kind::Document, node));
    if let Some(document) = document {
        collect(&document, false, &mut parts);
    }
    let mut by_name: BTreeMap<String, Statement> = BTreeMap::new();
    for mut part in parts.into_values() {
        mutate(&mut part);
        for mutation in part.mutations {
            let (name, pointer) = mutation.statement();
            let statement = by_name.entry(name.clone()).or_insert_with(|| Statement {
                line: spec.location(&pointer).line,
                name,
                pointer,
                state: State::Uncovered,
                mutations: Vec::new(),
                known_gap: None,
            });
            statement.mutations.push(mutation);
        }
    }
    let mut statements: Vec<Statement> = by_name.into_values().collect();
    statements.sort_by_key(|statement| spec.location(&statement.pointer));
    statements
}

/// Adds an object and all objects inside, with references followed, to the parts by JSON pointer. Components belong to the objects
/// that refer to them.
fn collect<'s>(object: &Object<'s>, in_body: bool, parts: &mut BTreeMap<String, Part<'s>>) {
    if matches!(object.kind, Kind::Components | Kind::Callback) {
        return;
    }
    let Some(object) = object.followed() else {
        return;
    };
    let in_body = in_body || object.kind == Kind::MediaType;
    match parts.get_mut(&object.pointer) {
        Some(known) if known.in_body || !in_body => return,
        Some(known) => known.in_body = true,
        None => {
            let part = Part {
                object: object.clone(),
                in_body,
                mutations: Vec::new(),
            };
            parts.insert(object.pointer.clone(), part);
        }
    }
    for child in object.objects() {
        collect(&child, in_body, parts);
    }
}

/// Returns a text without quotes, and any other value as JSON.
pub fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), ToOwned::to_owned)
}
