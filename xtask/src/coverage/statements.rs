//! The statements of the spec that a recording can contradict. A statement is one keyword at one place of the spec, independently of
//! the number of operations and responses that refer to the place.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{schema, transport};
use crate::spec::{Kind, Spec, SpecError, Visited, pointer_segment};

/// A statement.
pub struct Statement {
    /// The unique name: the JSON pointer of the keyword; for an element of a list, with the element instead of its index.
    pub name: String,
    /// The JSON pointer of the keyword.
    pub pointer: String,
    /// The changes of the spec that make the statement wrong. The statement is covered if all of them are detected.
    pub mutations: Vec<Mutation>,
    /// The requests and responses that depend on the statement.
    pub reach: Reach,
    /// Whether the statement is about the shape of a body: properties, types, formats. A recording with an observed shape is
    /// evidence for such statements only, because its values are synthetic.
    pub is_shape: bool,
}

/// A change of the spec that makes a statement wrong.
pub struct Mutation {
    /// The description of the change, such as `becomes optional`.
    pub name: String,
    /// The recording or counterexample that would detect it.
    pub needs: String,
    /// Whether it only restricts what the statement leaves open, for example by making an optional property required. A recording
    /// that detects such a mutation is no evidence for the statement, because it may lack the property.
    pub restricts: bool,
    /// The JSON pointer of the changed object.
    at: String,
    /// The change of the object as a JSON merge patch (RFC 7396).
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
    /// Whether requests, and therefore all recordings, depend on the part.
    requests: bool,
    /// The JSON pointers of the responses that depend on the part, in the operations' lists of responses.
    responses: BTreeSet<String>,
}

impl Reach {
    /// Returns the reach of a part on which only one response depends.
    pub fn of_response(pointer: String) -> Self {
        Self {
            requests: false,
            responses: [pointer].into(),
        }
    }

    /// Returns whether a recording with the response at this pointer depends on the part. A recording of an undocumented response
    /// depends on every part.
    pub fn concerns(&self, response: Option<&str>) -> bool {
        self.requests || response.is_none_or(|response| self.responses.contains(response))
    }

    /// Adds a response, or all requests; returns `false` if they were present already.
    fn add(&mut self, response: Option<&str>) -> bool {
        match response {
            Some(response) => self.responses.insert(response.to_owned()),
            None => !std::mem::replace(&mut self.requests, true),
        }
    }
}

/// An object of the spec that an operation contains or refers to.
#[derive(Clone)]
pub struct Part<'s> {
    /// The object; never a reference.
    pub object: Visited<'s>,
    /// The requests and responses that depend on the object.
    pub reach: Reach,
    /// Whether the object describes a part of a body. The values of parameters and headers are text and never null.
    pub in_body: bool,
}

impl<'s> Part<'s> {
    /// Returns the JSON pointer of a keyword of the object; of the object itself for an empty keyword.
    pub fn at(&self, keyword: &str) -> String {
        let separator = if keyword.is_empty() { "" } else { "/" };
        format!("{}{separator}{keyword}", self.object.pointer)
    }

    /// Returns the value of a keyword of the object.
    pub fn get(&self, keyword: &str) -> Option<&'s Value> {
        self.object.value.get(keyword)
    }

    /// Returns the value of a keyword of the object if it is text.
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
    /// The statements found so far, by name.
    statements: &'m mut BTreeMap<String, Statement>,
}

impl Mutator<'_, '_> {
    /// Adds a mutation of the statement at a keyword of the part; at the part itself for an empty keyword. `patch` is a JSON merge
    /// patch of the part. Returns the statement.
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

    /// Adds a mutation that only restricts what the statement leaves open.
    pub fn restrict(&mut self, keyword: &str, name: &str, needs: &str, patch: Value) {
        let statement = self.mutate(keyword, name, needs, patch);
        if let Some(mutation) = statement.mutations.last_mut() {
            mutation.restricts = true;
        }
    }

    /// Adds a mutation of the statement at an element of a list. The statement's name has the element instead of its index, because
    /// the index changes when other elements are added.
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

/// Returns the statements in the order of the file. Parts that no operation refers to have no statements.
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

/// The objects that operations contain or refer to, by JSON pointer.
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
            add_reach(&mut parts, holder, None, false);
            for object in holder.children() {
                match object.kind {
                    Kind::Parameter | Kind::RequestBody => {
                        add_reachable(spec, &mut parts, object, None, false);
                    }
                    Kind::Response => {
                        let listed = object.pointer.clone();
                        add_reachable(spec, &mut parts, object, Some(&listed), false);
                    }
                    _ => {}
                }
            }
        }
    }
    Ok(parts)
}

/// Adds an object and all objects inside, with references followed. `response` is the pointer of the response that contains the
/// object; `None` for a request.
fn add_reachable<'s>(
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
    if add_reach(parts, &object, response, in_body) {
        for child in object.children() {
            add_reachable(spec, parts, child, response, in_body);
        }
    }
}

/// Adds a response, or all requests, to the reach of an object; returns `false` if they were present already.
fn add_reach<'s>(
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
