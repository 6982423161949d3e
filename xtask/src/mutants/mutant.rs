//! A contract that says one thing otherwise.

use serde_json::Value;

use crate::generator::contract::pointer_segment;

/// One change of the contract.
pub struct Mutant {
    /// Where the changed claim stands.
    pub pointer: String,
    /// What is changed, in a few words; empty if the kind says it all.
    pub change: String,
    /// What a recording must show so that the change is noticed.
    pub to_kill: String,
    /// The change: what is put at a JSON pointer, or that it is removed.
    pub edits: Vec<(String, Option<Value>)>,
}

impl Mutant {
    /// A mutant without a change yet.
    pub fn new(
        pointer: impl Into<String>,
        change: impl Into<String>,
        to_kill: impl Into<String>,
    ) -> Self {
        Self {
            pointer: pointer.into(),
            change: change.into(),
            to_kill: to_kill.into(),
            edits: Vec::new(),
        }
    }

    /// The same, with this at `pointer`.
    pub fn with(mut self, pointer: impl Into<String>, value: impl Into<Value>) -> Self {
        self.edits.push((pointer.into(), Some(value.into())));
        self
    }

    /// The same, with nothing at `pointer`.
    pub fn without(mut self, pointer: impl Into<String>) -> Self {
        self.edits.push((pointer.into(), None));
        self
    }

    /// The contract with the change made.
    pub fn apply(&self, contract: &Value) -> Value {
        let mut changed = contract.clone();
        for (pointer, value) in &self.edits {
            let Some((parent, key)) = pointer.rsplit_once('/') else {
                continue;
            };
            let key = key.replace("~1", "/").replace("~0", "~");
            if let Some(Value::Object(members)) = changed.pointer_mut(parent) {
                match value {
                    Some(value) => members.insert(key, value.clone()),
                    None => members.remove(&key),
                };
            }
        }
        changed
    }
}

/// The member's pointer.
pub fn at(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", pointer_segment(key))
}

/// The last segment of a pointer, as a name.
pub fn last(pointer: &str) -> String {
    let segment = pointer.rsplit('/').next().unwrap_or_default();
    segment.replace("~1", "/").replace("~0", "~")
}
