//! Lists the statements of a spec, in the order of the file. A mutation of a statement is a change of the spec that makes the statement
//! wrong.

use std::collections::BTreeMap;

use serde::Serialize;

use super::mutations::{self, Mutation, Target};
use super::statement_state::State;
use crate::spec::{Kind, Object, Spec};

/// A statement: one keyword at one place of the spec. It is one statement even if several operations refer to the place.
#[derive(Serialize)]
pub struct Statement {
    /// The unique name: the JSON pointer of the keyword. The name of a list element ends with the element's text or name instead of
    /// its index, because the index changes when elements are added.
    pub name: String,
    /// Whether the statement is covered, and by which kind of recording.
    pub state: State,
    /// The mutations. The statement is covered if recordings or counterexamples detect every mutation.
    pub mutations: Vec<Mutation>,
}

impl Statement {
    /// Sets the state from the files that detect the mutations. The statement is covered if at least one file detects each mutation. It
    /// then gets the strongest state, the first in the order of [`State`], of the files that detect a mutation without `restricts`.
    pub fn update_state(&mut self) {
        let mut mutations = self.mutations.iter();
        self.state = if mutations.any(|mutation| mutation.detected_by.is_empty()) {
            State::Uncovered
        } else {
            // A recording that detects a mutation with `restricts` is no evidence for the statement. For example, a recording without a
            // property detects that the property becomes required, but doesn't show that the property exists.
            let evident = self.mutations.iter().filter(|mutation| !mutation.restricts);
            let states = evident.flat_map(|mutation| mutation.detected_by.values());
            let all = self.mutations.iter();
            let any_state = all.flat_map(|mutation| mutation.detected_by.values()).min();
            // If every mutation has `restricts`, the recordings are at most consistent with the statement.
            let without_evidence = any_state.map(|state| State::Consistent.max(*state));
            states
                .min()
                .copied()
                .or(without_evidence)
                .unwrap_or(State::Uncovered)
        };
    }
}

/// Returns the statements of a spec, except those of components to which no operation refers.
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
    let into_statement = |((_, name), mutations)| Statement {
        name,
        state: State::Uncovered,
        mutations,
    };
    mutations.into_iter().map(into_statement).collect()
}

/// Adds an object and all objects inside to `objects`. The key is the JSON pointer. The boolean says whether a body contains the object.
/// The function skips `components`, but follows references. Therefore it adds a component only if an operation refers to it.
fn collect<'s>(
    object: &Object<'s>,
    in_body: bool,
    objects: &mut BTreeMap<String, (Object<'s>, bool)>,
) {
    let Some(object) = object.followed() else {
        return;
    };
    let in_body = in_body || object.kind == Kind::MediaType;
    let added = objects.get(&object.pointer);
    let is_done = added.is_some_and(|(_, added_in_body)| *added_in_body || !in_body);
    if is_done || object.kind == Kind::Components {
        return;
    }
    objects.insert(object.pointer.clone(), (object.clone(), in_body));
    for child in object.objects() {
        collect(&child, in_body, objects);
    }
}
