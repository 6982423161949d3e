//! The contract's parts that an answer or request depends on, each once. What no operation leads to claims nothing.

use serde_json::Value;

use super::mutant::at;
use crate::validate::{Document, Operation};

/// The parts.
pub struct View<'d, 'c> {
    /// The contract.
    pub document: &'d Document<'c>,
    /// Parameters: where each is listed, and where it is described.
    pub parameters: Vec<(String, String)>,
    /// Responses: where each is listed by its status, and where it is described.
    pub responses: Vec<(String, String)>,
    /// Headers of responses, likewise.
    pub headers: Vec<(String, String)>,
    /// Contents of responses.
    pub contents: Vec<String>,
    /// Schemas, at any depth.
    pub schemas: Vec<Schema<'c>>,
}

/// A schema.
pub struct Schema<'c> {
    /// Where it stands.
    pub pointer: String,
    /// What it says.
    pub value: &'c Value,
    /// Whether it describes a part of a body. Parameters and headers are text: they are never null, for one.
    pub in_body: bool,
}

impl<'d, 'c> View<'d, 'c> {
    /// Finds the parts.
    pub fn new(document: &'d Document<'c>) -> Self {
        let mut view = Self {
            document,
            parameters: Vec::new(),
            responses: Vec::new(),
            headers: Vec::new(),
            contents: Vec::new(),
            schemas: Vec::new(),
        };
        for operation in &document.operations {
            view.operation(operation);
        }
        // Bodies first: a schema that is in both is in a body.
        for content in view.contents.clone() {
            view.schema(&at(&content, "schema"), true);
        }
        let texts: Vec<String> = view
            .parameters
            .iter()
            .chain(&view.headers)
            .map(|(_, described)| at(described, "schema"))
            .collect();
        for text in texts {
            view.schema(&text, false);
        }
        view
    }

    fn operation(&mut self, operation: &Operation) {
        let path = operation
            .pointer
            .rsplit_once('/')
            .map_or("", |(path, _)| path);
        for owner in [path, operation.pointer.as_str()] {
            let list = format!("{owner}/parameters");
            let count = self
                .document
                .get(&list)
                .and_then(Value::as_array)
                .map_or(0, Vec::len);
            for index in 0..count {
                let listed = format!("{list}/{index}");
                if let Some((described, _)) = self.document.resolve(&listed) {
                    push(&mut self.parameters, (listed, described));
                }
            }
        }
        for (listed, described) in self.members(&format!("{}/responses", operation.pointer)) {
            for header in self.members(&format!("{described}/headers")) {
                push(&mut self.headers, header);
            }
            for (content, _) in self.members(&format!("{described}/content")) {
                push(&mut self.contents, content);
            }
            push(&mut self.responses, (listed, described));
        }
    }

    fn members(&self, pointer: &str) -> Vec<(String, String)> {
        let members = self.document.get(pointer).and_then(Value::as_object);
        members
            .into_iter()
            .flat_map(serde_json::Map::keys)
            .filter(|key| !key.starts_with("x-"))
            .filter_map(|key| Some((at(pointer, key), self.document.member(pointer, key)?.0)))
            .collect()
    }

    fn schema(&mut self, pointer: &str, in_body: bool) {
        for (pointer, value) in below(self.document, pointer) {
            if !self.schemas.iter().any(|known| known.pointer == pointer) {
                self.schemas.push(Schema {
                    pointer,
                    value,
                    in_body,
                });
            }
        }
    }
}

/// The schema at a pointer and all schemas in it, references followed, each once.
pub fn below<'c>(document: &Document<'c>, pointer: &str) -> Vec<(String, &'c Value)> {
    let mut found = Vec::new();
    collect(document, pointer, &mut found);
    found
}

fn collect<'c>(document: &Document<'c>, pointer: &str, found: &mut Vec<(String, &'c Value)>) {
    let Some((pointer, value)) = document.resolve(pointer) else {
        return;
    };
    if found.iter().any(|(known, _)| *known == pointer) {
        return;
    }
    found.push((pointer.clone(), value));
    let properties = value.get("properties").and_then(Value::as_object);
    for name in properties.into_iter().flat_map(serde_json::Map::keys) {
        collect(document, &at(&at(&pointer, "properties"), name), found);
    }
    for word in ["items", "additionalProperties"] {
        if value.get(word).is_some_and(Value::is_object) {
            collect(document, &at(&pointer, word), found);
        }
    }
    for word in ["allOf", "anyOf", "oneOf"] {
        let branches = value.get(word).and_then(Value::as_array);
        for index in 0..branches.map_or(0, Vec::len) {
            collect(document, &format!("{pointer}/{word}/{index}"), found);
        }
    }
}

fn push<T: PartialEq>(list: &mut Vec<T>, one: T) {
    if !list.contains(&one) {
        list.push(one);
    }
}
