//! Finds properties and values that the spec doesn't name. They are notes, because the service may add properties and values.

use serde_json::Value;

use super::checker::Checker;
use super::codes;
use super::finding::Found;
use crate::spec::{Node, pointer_segment};

impl<'s> Checker<'s> {
    /// Returns a finding for each property and value in `value` that the schema doesn't name. `at` is the JSON pointer of `value` in
    /// the recording.
    pub(super) fn unknown_names(
        &self,
        schema: Node<'s>,
        value: &Value,
        at: &str,
        shown: bool,
    ) -> Vec<Found> {
        let mut found = Vec::new();
        self.collect_unknown_names(vec![schema], value, at, shown, &mut found);
        found
    }

    fn collect_unknown_names(
        &self,
        schemas: Vec<Node<'s>>,
        value: &Value,
        at: &str,
        shown: bool,
        found: &mut Vec<Found>,
    ) {
        if matches!(value, Value::Null | Value::Bool(_) | Value::Number(_)) {
            return;
        }
        let mut composed: Vec<Node<'s>> = Vec::new();
        for schema in schemas {
            for node in self.schemas.composed(schema, Some(value)) {
                if !composed.iter().any(|known| known.pointer == node.pointer) {
                    composed.push(node);
                }
            }
        }
        match value {
            Value::Object(properties) => {
                // A schema without properties and type accepts every property, so no property is unknown.
                let closest = composed.iter().find(|schema| {
                    schema.value.get("properties").is_some()
                        || schema.text("type") == Some("object")
                });
                for (name, property) in properties {
                    let here = format!("{at}/{}", pointer_segment(name));
                    if let Some(schemas) = described(&composed, name) {
                        self.collect_unknown_names(schemas, property, &here, shown, found);
                    } else if let Some(schema) = closest {
                        let statement = match schema.written("properties") {
                            Some(properties) => properties.pointer,
                            None => schema.pointer.clone(),
                        };
                        let message = "the spec doesn't name the property";
                        found.push(
                            Found::at(codes::UNKNOWN_PROPERTY, here, message).against(statement),
                        );
                    }
                }
            }
            Value::Array(elements) => {
                let items: Vec<Node<'s>> = composed
                    .iter()
                    .filter_map(|schema| schema.child("items"))
                    .collect();
                for (index, element) in elements.iter().enumerate() {
                    self.collect_unknown_names(
                        items.clone(),
                        element,
                        &format!("{at}/{index}"),
                        shown,
                        found,
                    );
                }
            }
            // The service sends an empty string for an absent value.
            Value::String(text) if !text.is_empty() => {
                let enums = composed
                    .iter()
                    .filter_map(|schema| schema.written("x-extensible-enum"));
                found.extend(enums.filter_map(|list| unknown_value(&list, text, at, shown)));
            }
            _ => {}
        }
    }
}

/// Returns the schemas of a property; `None` if no schema names the property.
fn described<'s>(composed: &[Node<'s>], name: &str) -> Option<Vec<Node<'s>>> {
    let mut known = false;
    let mut schemas = Vec::new();
    for schema in composed {
        let properties = schema.written("properties");
        let own = properties.filter(|properties| properties.value.get(name).is_some());
        let described = match own {
            Some(properties) => {
                known = true;
                properties.child(name)
            }
            None => schema.child("additionalProperties"),
        };
        if let Some(described) = described {
            known |= described.value != &Value::Bool(false);
            schemas.push(described);
        }
    }
    known.then_some(schemas)
}

/// Returns a finding if the text isn't equal to a known value.
fn unknown_value(list: &Node<'_>, text: &str, at: &str, shown: bool) -> Option<Found> {
    let known = list.value.as_array()?.iter().filter_map(Value::as_str);
    if known.clone().any(|value| value == text) {
        return None;
    }
    let value = if shown {
        format!("`{text}`")
    } else {
        "the value".to_owned()
    };
    let lower = text.to_lowercase();
    let same = known.clone().find(|value| value.to_lowercase() == lower);
    let (code, message) = match same {
        Some(same) => (
            codes::OTHER_CASING,
            format!("{value} is `{same}` in another letter case"),
        ),
        None => (
            codes::UNKNOWN_VALUE,
            format!("{value} isn't among the known values"),
        ),
    };
    Some(Found::at(code, at, message).against(&list.pointer))
}
