//! The statements of a spec, in the order of the file. Each statement has mutations: changes of the spec that make the statement wrong.

use std::collections::BTreeMap;

use serde::Serialize;

use super::mutations::{self, Mutation, Target};
use super::statement_state::State;
use crate::spec::{Kind, Object, Spec};

/// A statement: one keyword at one place of the spec. A statement is counted once, even if several operations refer to the place.
#[derive(Serialize)]
pub struct Statement {
    /// The unique name: the JSON pointer of the keyword. For an element of a list, the pointer ends with the element's text or name
    /// instead of its index, because the index changes when elements are added.
    pub name: String,
    /// Whether the statement is covered, and by which kind of recording.
    pub state: State,
    /// The statement is covered if recordings or counterexamples detect every mutation.
    pub mutations: Vec<Mutation>,
}

impl Statement {
    /// Sets the state from the files that detect the mutations. A covered statement gets the strongest state of these files.
    pub fn update_state(&mut self) {
        let mut mutations = self.mutations.iter();
        self.state = if mutations.any(|mutation| mutation.detected_by.is_empty()) {
            State::Uncovered
        } else {
            // A recording that detects a stricter spec is no evidence.
            let counted = self.mutations.iter().filter(|mutation| !mutation.restricts);
            let states = counted.flat_map(|mutation| mutation.detected_by.values());
            states.min().copied().unwrap_or(State::CounterexampleOnly)
        };
    }
}

/// Returns the statements of the objects that operations contain or refer to.
pub fn statements(spec: &Spec) -> Vec<Statement> {
    let mut objects = BTreeMap::new();
    if let Some(document) = spec.at("") {
        collect(&Object::of(Kind::Document, document), false, &mut objects);
    }
    let mut mutations = BTreeMap::new();
    for (object, in_body) in objects.into_values() {
        mutations::add(&mut Target {
            object,
            in_body,
            mutations: &mut mutations,
        });
    }
    let statements = mutations.into_iter();
    let statements = statements.map(|((_, name), mutations)| Statement {
        name,
        state: State::Uncovered,
        mutations,
    });
    statements.collect()
}

/// Adds an object and all objects inside to `objects`, by JSON pointer. Skips `components`, but follows references, so a component is
/// added only if an operation refers to it. The boolean in `objects` is whether a body contains the object.
fn collect<'s>(
    object: &Object<'s>,
    in_body: bool,
    objects: &mut BTreeMap<String, (Object<'s>, bool)>,
) {
    let Some(object) = object.followed() else {
        return;
    };
    let in_body = in_body || object.kind == Kind::MediaType;
    let known = objects.get(&object.pointer);
    let is_known = known.is_some_and(|(_, known_in_body)| *known_in_body || !in_body);
    if is_known || object.kind == Kind::Components {
        return;
    }
    objects.insert(object.pointer.clone(), (object.clone(), in_body));
    for child in object.objects() {
        collect(&child, in_body, objects);
    }
}
