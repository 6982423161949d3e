//! Which schemas have a place of their own on the page: the contract's components, and inside them and in bodies whatever has a
//! title, members or a list of values.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::ids;
use super::kinds::MADE_OF;
use crate::coverage::sites::operation_name;
use crate::generator::contract::pointer_segment;
use crate::validate::{Checker, Document, Operation};

/// Where the components are.
const COMPONENTS: &str = "/components/schemas";

/// One of them.
pub struct Section {
    /// Where it is in the contract.
    pub pointer: String,
    /// What it is called.
    pub name: String,
    /// What links call it.
    pub id: String,
    /// What it stands in, unless it is a component: the name and the link.
    pub part_of: Option<Owner>,
}

/// What a schema without a name of its own stands in.
#[derive(Clone)]
pub struct Owner {
    /// What people call it.
    pub name: String,
    /// What links call it.
    pub id: String,
}

/// All of them, in the order in which the page has them.
pub struct Sections {
    /// All.
    pub list: Vec<Section>,
    by_pointer: HashMap<String, usize>,
    taken: HashSet<String>,
}

impl Sections {
    /// Looks for them.
    pub fn new(checker: &Checker<'_>) -> Self {
        let document = &checker.document;
        let components = document.get(COMPONENTS).and_then(Value::as_object);
        let components: Vec<&String> = components
            .into_iter()
            .flat_map(serde_json::Map::keys)
            .collect();
        let mut sections = Self {
            list: Vec::new(),
            by_pointer: HashMap::new(),
            taken: components.iter().map(|name| (*name).clone()).collect(),
        };
        for operation in &document.operations {
            let name = operation_name(checker, operation);
            for (owner, pointer) in outermost(document, operation, &name) {
                sections.collect(document, &pointer, &owner);
            }
        }
        for name in components {
            let pointer = format!("{COMPONENTS}/{}", pointer_segment(name));
            let id = ids::schema(name);
            let here = Owner {
                name: name.clone(),
                id: id.clone(),
            };
            sections.push(pointer.clone(), name.clone(), id, None);
            sections.inside(document, &pointer, &here, Some(&here));
        }
        sections
    }

    /// The one at a JSON pointer, if it has a place of its own.
    pub fn at(&self, pointer: &str) -> Option<&Section> {
        self.by_pointer.get(pointer).map(|index| &self.list[*index])
    }

    /// The place, and those below it that have none of their own, so that what is said of them is said here.
    pub fn reach(&self, document: &Document<'_>, pointer: &str) -> Vec<String> {
        let Some(schema) = document.get(pointer) else {
            return Vec::new();
        };
        let mut found = vec![pointer.to_owned()];
        if self.at(pointer).is_none() && schema.get("$ref").is_none() {
            let below = self.below(document, pointer);
            found.extend(below);
            let others = format!("{pointer}/additionalProperties");
            found.extend(self.reach(document, &others));
        }
        found
    }

    /// The nameless places below one that has rows for its members.
    pub fn below(&self, document: &Document<'_>, pointer: &str) -> Vec<String> {
        let schema = document.get(pointer);
        let mut found = self.reach(document, &format!("{pointer}/items"));
        for (key, _) in MADE_OF {
            let parts = schema.and_then(|schema| schema.get(key)?.as_array());
            for index in 0..parts.map_or(0, Vec::len) {
                found.extend(self.reach(document, &format!("{pointer}/{key}/{index}")));
            }
        }
        found
    }

    fn push(&mut self, pointer: String, name: String, id: String, part_of: Option<Owner>) {
        self.by_pointer.insert(pointer.clone(), self.list.len());
        self.list.push(Section {
            pointer,
            name,
            id,
            part_of,
        });
    }

    /// The schema at `pointer`, which stands in `owner`.
    fn collect(&mut self, document: &Document<'_>, pointer: &str, owner: &Owner) {
        let Some(schema) = document.get(pointer).filter(|schema| schema.is_object()) else {
            return;
        };
        if schema.get("$ref").is_some() || self.by_pointer.contains_key(pointer) {
            return;
        }
        if !stands_alone(schema) {
            return self.inside(document, pointer, owner, None);
        }
        let title = schema.get("title").and_then(Value::as_str);
        let name = title.unwrap_or(&owner.name).to_owned();
        // A second one of the same name is called after its place, so that the first one's links stay.
        let id = if self.taken.insert(name.clone()) {
            ids::schema(&name)
        } else {
            ids::schema(pointer)
        };
        let here = Owner {
            name: name.clone(),
            id: id.clone(),
        };
        self.push(pointer.to_owned(), name, id, Some(owner.clone()));
        self.inside(document, pointer, &here, Some(&here));
    }

    /// The schemas inside the one at `pointer`. Members have rows only in a section, and whatever has members is one.
    fn inside(
        &mut self,
        document: &Document<'_>,
        pointer: &str,
        owner: &Owner,
        section: Option<&Owner>,
    ) {
        let schema = document.get(pointer);
        if let Some(section) = section {
            let members = schema.and_then(|schema| schema.get("properties")?.as_object());
            for name in members.into_iter().flat_map(serde_json::Map::keys) {
                let owner = Owner {
                    name: format!("{}.{name}", section.name),
                    id: ids::member(&section.id, name),
                };
                self.collect(
                    document,
                    &format!("{pointer}/properties/{}", pointer_segment(name)),
                    &owner,
                );
            }
        }
        for (key, sign) in [("items", "[]"), ("additionalProperties", ".*")] {
            let owner = Owner {
                name: format!("{}{sign}", owner.name),
                id: owner.id.clone(),
            };
            self.collect(document, &format!("{pointer}/{key}"), &owner);
        }
        for (key, _) in MADE_OF {
            let parts = schema.and_then(|schema| schema.get(key)?.as_array());
            for index in 0..parts.map_or(0, Vec::len) {
                let owner = Owner {
                    name: format!("{}, part {}", owner.name, index + 1),
                    id: owner.id.clone(),
                };
                self.collect(document, &format!("{pointer}/{key}/{index}"), &owner);
            }
        }
    }
}

/// Whether a schema is worth a place of its own.
fn stands_alone(schema: &Value) -> bool {
    ["title", "properties", "enum", "x-extensible-enum"]
        .iter()
        .any(|key| schema.get(key).is_some())
}

/// The outermost schemas of an operation, and what each stands in.
fn outermost(document: &Document<'_>, operation: &Operation, name: &str) -> Vec<(Owner, String)> {
    let mut found = Vec::new();
    for parameter in &operation.parameters {
        let id = ids::within(name, &["parameters", &parameter.place, &parameter.name]);
        let owner = Owner {
            name: format!("{name}, {}", parameter.name),
            id,
        };
        found.push((owner, format!("{}/schema", parameter.pointer)));
    }
    if let Some((body, _)) = document.member(&operation.pointer, "requestBody") {
        for media in keys(document, &format!("{body}/content")) {
            let id = ids::within(name, &["request", &media]);
            let owner = Owner {
                name: format!("{name}, request"),
                id,
            };
            found.push((
                owner,
                format!("{body}/content/{}/schema", pointer_segment(&media)),
            ));
        }
    }
    for status in keys(document, &format!("{}/responses", operation.pointer)) {
        let Some((answer, _)) =
            document.member(&format!("{}/responses", operation.pointer), &status)
        else {
            continue;
        };
        for key in ["headers", "content"] {
            for part in keys(document, &format!("{answer}/{key}")) {
                let Some((pointer, _)) = document.member(&format!("{answer}/{key}"), &part) else {
                    continue;
                };
                let id = ids::within(name, &["responses", &status, key, &part]);
                let owner = Owner {
                    name: format!("{name} {status}"),
                    id,
                };
                found.push((owner, format!("{pointer}/schema")));
            }
        }
    }
    found
}

fn keys(document: &Document<'_>, pointer: &str) -> Vec<String> {
    let members = document.get(pointer).and_then(Value::as_object);
    members
        .into_iter()
        .flat_map(|members| members.keys().cloned())
        .collect()
}
