//! Finds properties and values that the spec doesn't name. They are notes, because the service may add properties and values.

use serde_json::Value;

use super::checker::Check;
use super::codes;
use crate::spec::{Node, pointer_segment};

impl<'s> Check<'_, 's> {
    /// Adds a finding for each property and value in `value` that none of the schemas names. `at` is the JSON pointer of `value` in
    /// the recording.
    pub fn unknown_names(&mut self, schemas: Vec<Node<'s>>, value: &Value, at: &str) {
        if matches!(value, Value::Null | Value::Bool(_) | Value::Number(_)) {
            return;
        }
        let mut composed: Vec<Node<'s>> = Vec::new();
        for schema in schemas {
            for node in self.checker.schemas.composed(schema, Some(value)) {
                if !composed.iter().any(|known| known.pointer == node.pointer) {
                    composed.push(node);
                }
            }
        }
        match value {
            Value::Object(properties) => {
                // If no schema restricts the properties, every property is allowed, so none is unknown.
                let object_schema = composed.iter().find(|schema| {
                    schema.value.get("properties").is_some()
                        || schema.text("type") == Some("object")
                });
                for (name, property) in properties {
                    let here = format!("{at}/{}", pointer_segment(name));
                    if let Some(schemas) = property_schemas(&composed, name) {
                        self.unknown_names(schemas, property, &here);
                    } else if let Some(schema) = object_schema {
                        let properties = schema.written("properties");
                        let statement = properties.as_ref().unwrap_or(schema);
                        let message = "the spec doesn't name the property";
                        self.add(codes::UNKNOWN_PROPERTY, &here, message, &statement.pointer);
                    }
                }
            }
            Value::Array(elements) => {
                let items = composed.iter().filter_map(|schema| schema.child("items"));
                let items: Vec<Node<'s>> = items.collect();
                for (index, element) in elements.iter().enumerate() {
                    self.unknown_names(items.clone(), element, &format!("{at}/{index}"));
                }
            }
            // The service sends an empty string for an absent value.
            Value::String(text) if !text.is_empty() => {
                for schema in &composed {
                    if let Some(list) = schema.written("x-extensible-enum") {
                        self.unknown_value(&list, text, at);
                    }
                }
            }
            _ => {}
        }
    }

    /// Adds a finding if the text isn't equal to a known value.
    fn unknown_value(&mut self, list: &Node<'s>, text: &str, at: &str) {
        let known = list.value.as_array().into_iter().flatten();
        let known: Vec<&str> = known.filter_map(Value::as_str).collect();
        if known.contains(&text) {
            return;
        }
        let value = if self.quotes {
            format!("`{text}`")
        } else {
            "the value".to_owned()
        };
        let lower = text.to_lowercase();
        let same = known.iter().find(|value| value.to_lowercase() == lower);
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
        self.add(code, at, message, &list.pointer);
    }
}

/// Returns the schemas of a property; `None` if no schema names the property.
fn property_schemas<'s>(composed: &[Node<'s>], name: &str) -> Option<Vec<Node<'s>>> {
    let mut known = false;
    let mut schemas = Vec::new();
    for schema in composed {
        let properties = schema.written("properties");
        let own = properties.filter(|properties| properties.value.get(name).is_some());
        known |= own.is_some();
        let described = match own {
            Some(properties) => properties.child(name),
            None => schema.child("additionalProperties"),
        };
        if let Some(described) = described {
            known |= described.value != &Value::Bool(false);
            schemas.push(described);
        }
    }
    known.then_some(schemas)
}
