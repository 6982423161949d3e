//! Lists the statements of a spec, in the order of the file. A statement is one keyword at one place of the spec. A mutation is a change of
//! the spec that makes one statement wrong.

use std::collections::BTreeMap;

use serde::Serialize;

use super::mutations::{self, Mutation, Target};
use super::statement_state::State;
use crate::spec::{Kind, Object, Spec};

/// A statement. It is listed once, even if several operations refer to its place.
#[derive(Serialize)]
pub struct Statement {
    /// The unique name: the JSON pointer of the keyword. For an element of a list, the name ends with the element's text or name, such as
    /// `/required/id`. An index would change when elements are added.
    pub name: String,
    /// Whether the statement is covered, and by which kind of recording.
    pub state: State,
    /// The mutations. The statement is covered if recordings or counterexamples detect every mutation.
    pub mutations: Vec<Mutation>,
}

impl Statement {
    /// Sets the state:
    ///
    /// * If a mutation is undetected, the statement is uncovered.
    /// * Otherwise, the files that detect a mutation without [`Mutation::restricts`] are evidence. The statement gets the strongest of their
    ///   states. [`State`] lists the states from the strongest to the weakest.
    /// * If every mutation has `restricts`, no file is evidence. The statement is then [`State::Consistent`] or weaker.
    pub fn update_state(&mut self) {
        let mut mutations = self.mutations.iter();
        self.state = if mutations.any(|mutation| mutation.detected_by.is_empty()) {
            State::Uncovered
        } else {
            let evident = self.mutations.iter().filter(|mutation| !mutation.restricts);
            let states = evident.flat_map(|mutation| mutation.detected_by.values());
            let all = self.mutations.iter();
            let any_state = all.flat_map(|mutation| mutation.detected_by.values()).min();
            // `max` returns the weaker state.
            let without_evidence = any_state.map(|state| State::Consistent.max(*state));
            states
                .min()
                .copied()
                .or(without_evidence)
                .unwrap_or(State::Uncovered)
        };
    }
}

/// Returns the statements of a spec. Skips the components that no operation uses.
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

/// Adds an object, and all objects inside it, to `objects`. The key is the JSON pointer of the object. The boolean says whether the object
/// is part of a body. The function skips `components`, but it follows references. Therefore, it adds only components that an operation
/// uses.
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
