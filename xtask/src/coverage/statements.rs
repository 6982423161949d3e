//! The statements of the spec that a recording can contradict. A statement is one keyword at one place where the spec writes it,
//! however many operations and responses lead there.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{schema, transport};
use crate::spec::{Kind, Spec, SpecError, Visited, pointer_segment};

/// A statement.
pub struct Statement {
    /// The JSON pointer of its keyword; in a list, with the element instead of the index.
    pub name: String,
    /// The JSON pointer of its keyword.
    pub pointer: String,
    /// The changes that make it wrong. All of them must be detected.
    pub mutations: Vec<Mutation>,
    /// Where it matters.
    pub reach: Reach,
    /// Whether it is about the shape of a body: properties, types, formats. A recording with an observed shape is evidence for
    /// nothing else, because its values are made up.
    pub is_shape: bool,
}

/// A change of the spec that makes a statement wrong.
pub struct Mutation {
    /// What changes, such as `becomes optional`.
    pub name: String,
    /// What would detect it.
    pub needs: String,
    /// Whether it only restricts what the statement leaves open, such as that a property is optional. A recording that detects
    /// that is no evidence for the statement: it may lack what the statement describes.
    pub restricts: bool,
    /// The JSON pointer of the object that changes.
    at: String,
    /// The change, a JSON merge patch.
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

/// The requests and responses that depend on a part of the spec.
#[derive(Clone, Default)]
pub struct Reach {
    /// Whether requests depend on it, and so every recording.
    requests: bool,
    /// The JSON pointers of the responses that depend on it, as the operations list them by status code.
    responses: BTreeSet<String>,
}

impl Reach {
    /// Returns the reach of what only one response depends on.
    pub fn of_response(pointer: String) -> Self {
        Self {
            requests: false,
            responses: [pointer].into(),
        }
    }

    /// Returns whether a recording depends on the part, by the pointer of its response. A recording of an undocumented
    /// response depends on everything.
    pub fn concerns(&self, response: Option<&str>) -> bool {
        self.requests || response.is_none_or(|response| self.responses.contains(response))
    }

    /// Adds a response, or requests; `false` if they were known.
    fn add(&mut self, response: Option<&str>) -> bool {
        match response {
            Some(response) => self.responses.insert(response.to_owned()),
            None => !std::mem::replace(&mut self.requests, true),
        }
    }
}

/// An object of the spec to which an operation leads.
#[derive(Clone)]
pub struct Part<'s> {
    /// The object; never a reference.
    pub object: Visited<'s>,
    /// Where it matters.
    pub reach: Reach,
    /// Whether it describes a part of a body. Parameters and headers are text: they are never null, for one.
    pub in_body: bool,
}

impl<'s> Part<'s> {
    /// Returns the JSON pointer of a keyword of the object; without a keyword, of the object.
    pub fn at(&self, keyword: &str) -> String {
        let separator = if keyword.is_empty() { "" } else { "/" };
        format!("{}{separator}{keyword}", self.object.pointer)
    }

    /// Returns a keyword of the object.
    pub fn get(&self, keyword: &str) -> Option<&'s Value> {
        self.object.value.get(keyword)
    }

    /// Returns a keyword of the object, if it is text.
    pub fn text(&self, keyword: &str) -> Option<&'s str> {
        self.get(keyword)?.as_str()
    }

    /// Returns the entries of a mapping of the object.
    pub fn named(&self, keyword: &str) -> impl Iterator<Item = (&'s String, &'s Value)> + use<'s> {
        let named = self.get(keyword).and_then(Value::as_object);
        named.into_iter().flatten()
    }
}

/// Adds the mutations of one part.
pub struct Mutator<'m, 's> {
    /// The part.
    pub part: &'m Part<'s>,
    /// All statements that were found so far, by name.
    statements: &'m mut BTreeMap<String, Statement>,
}

impl Mutator<'_, '_> {
    /// Adds a mutation of the statement that the part makes by a keyword; without a keyword, of the part itself. The patch is
    /// one of the part. Returns the statement.
    pub fn mutate(
        &mut self,
        keyword: &str,
        name: &str,
        needs: &str,
        patch: Value,
    ) -> &mut Statement {
        let pointer = self.part.at(keyword);
        let statement = self
            .statements
            .entry(pointer.clone())
            .or_insert_with(|| Statement {
                name: pointer.clone(),
                pointer,
                mutations: Vec::new(),
                reach: self.part.reach.clone(),
                is_shape: self.part.object.kind == Kind::Schema && self.part.in_body,
            });
        statement.mutations.push(Mutation {
            name: name.to_owned(),
            needs: needs.to_owned(),
            restricts: false,
            at: self.part.object.pointer.clone(),
            patch,
        });
        statement
    }

    /// The same for a mutation that only restricts what the statement leaves open.
    pub fn restrict(&mut self, keyword: &str, name: &str, needs: &str, patch: Value) {
        let statement = self.mutate(keyword, name, needs, patch);
        if let Some(mutation) = statement.mutations.last_mut() {
            mutation.restricts = true;
        }
    }

    /// The same for an element of a list. Its index isn't a part of the name, because it changes with the other elements.
    pub fn mutate_element(
        &mut self,
        list: &str,
        (index, element): (usize, &str),
        name: &str,
        needs: &str,
        patch: Value,
    ) -> &mut Statement {
        let keyword = format!("{list}/{}", pointer_segment(element));
        let pointer = self.part.at(&format!("{list}/{index}"));
        let statement = self.mutate(&keyword, name, needs, patch);
        statement.pointer = pointer;
        statement
    }
}

/// Returns the statements in the order of the file. Parts to which no operation leads state nothing.
pub fn statements(spec: &Spec) -> Result<Vec<Statement>, SpecError> {
    let mut statements = BTreeMap::new();
    let parts = parts(spec)?;
    for part in parts.values() {
        let mut m = Mutator {
            part,
            statements: &mut statements,
        };
        match part.object.kind {
            Kind::Document => transport::document(&mut m),
            Kind::PathItem => {
                transport::parameters(&mut m, spec);
                transport::methods(&mut m);
            }
            Kind::Operation => {
                transport::parameters(&mut m, spec);
                transport::status_codes(&mut m);
            }
            Kind::Parameter => transport::parameter(&mut m),
            Kind::Response => transport::response(&mut m),
            Kind::Header => transport::required(&mut m, ""),
            Kind::Schema => schema::schema(&mut m),
            _ => {}
        }
    }
    let mut list: Vec<Statement> = statements.into_values().collect();
    list.sort_by_key(|statement| spec.location(&statement.pointer));
    Ok(list)
}

/// Every object to which an operation leads, by its JSON pointer.
type Parts<'s> = BTreeMap<String, Part<'s>>;

fn parts(spec: &Spec) -> Result<Parts<'_>, SpecError> {
    let mut parts = Parts::new();
    let mut all = Vec::new();
    spec.walk(|visited| all.push(visited.clone()));
    for operation in spec.operations()? {
        let own = operation.node.pointer.as_str();
        let item = own.rsplit_once('/').map_or("", |(item, _)| item);
        let holders = all
            .iter()
            .filter(|object| ["", item, own].contains(&object.pointer.as_str()));
        for holder in holders {
            reach(&mut parts, holder, None, false);
            for object in holder.children() {
                match object.kind {
                    Kind::Parameter | Kind::RequestBody => {
                        follow(spec, &mut parts, object, None, false);
                    }
                    Kind::Response => {
                        let listed = object.pointer.clone();
                        follow(spec, &mut parts, object, Some(&listed), false);
                    }
                    _ => {}
                }
            }
        }
    }
    Ok(parts)
}

/// Adds an object and all that it holds, with references followed. `response` is the one that leads there; none for a request.
fn follow<'s>(
    spec: &'s Spec,
    parts: &mut Parts<'s>,
    mut object: Visited<'s>,
    response: Option<&str>,
    in_body: bool,
) {
    if object.is_reference() {
        let Some(node) = spec.resolve(&object.pointer) else {
            return;
        };
        object.pointer = node.pointer;
        object.value = node.value;
    }
    let in_body = in_body || object.kind == Kind::MediaType;
    if reach(parts, &object, response, in_body) {
        // Extensions state nothing.
        let stated = |child: &Visited<'_>| !child.pointer.ends_with("/x-known-values");
        for child in object.children().into_iter().filter(stated) {
            follow(spec, parts, child, response, in_body);
        }
    }
}

/// Notes that an object is reached; `false` if that was known.
fn reach<'s>(
    parts: &mut Parts<'s>,
    object: &Visited<'s>,
    response: Option<&str>,
    in_body: bool,
) -> bool {
    let part = parts.entry(object.pointer.clone()).or_insert_with(|| Part {
        object: object.clone(),
        reach: Reach::default(),
        in_body: false,
    });
    let is_new = part.reach.add(response) || (in_body && !part.in_body);
    part.in_body |= in_body;
    is_new
}
