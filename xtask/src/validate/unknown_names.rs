//! Finds properties that the spec doesn't name, and values that the list `x-extensible-enum` of a schema doesn't contain. The findings are
//! notes, because the service can add properties and values.

use serde_json::Value;

use super::finding_kinds as kinds;
use super::recording::Check;
use crate::spec::{Node, pointer_segment};

impl<'s> Check<'_, 's> {
    /// Adds a finding for each unknown property name and each unknown value of an extensible enum in `value`.
    ///
    /// * `schemas`: all schemas that describe `value`
    /// * `pointer`: the JSON pointer of `value` in the recording
    pub fn unknown_names(&mut self, schemas: Vec<Node<'s>>, value: &Value, pointer: &str) {
        let composed = self.checker.schemas.composed(schemas, value);
        match value {
            Value::Object(properties) => {
                // If no schema describes objects, an object can have any property, so no property is unknown.
                let object_schema = composed.iter().find(|schema| {
                    schema.has("properties") || schema.text("type") == Some("object")
                });
                for (name, property) in properties {
                    let pointer = format!("{pointer}/{}", pointer_segment(name));
                    if let Some(schemas) = property_schemas(&composed, name) {
                        self.unknown_names(schemas, property, &pointer);
                    } else if let Some(schema) = object_schema {
                        let properties = schema.written("properties");
                        let statement = &properties.as_ref().unwrap_or(schema).pointer;
                        let message = "the spec doesn't name the property";
                        self.add(kinds::UNKNOWN_PROPERTY, &pointer, message, statement);
                    }
                }
            }
            Value::Array(elements) => {
                let items = composed.iter().filter_map(|schema| schema.child("items"));
                let items: Vec<Node<'s>> = items.collect();
                for (index, element) in elements.iter().enumerate() {
                    self.unknown_names(items.clone(), element, &format!("{pointer}/{index}"));
                }
            }
            // An empty string isn't an unknown value, because the service sends it instead of an absent value.
            Value::String(text) if !text.is_empty() => {
                for list in composed
                    .iter()
                    .filter_map(|schema| schema.written("x-extensible-enum"))
                    .filter(|list| !lists_value(list, text))
                {
                    let message = format!("`{text}` isn't among the known values");
                    self.add(kinds::UNKNOWN_VALUE, pointer, message, &list.pointer);
                }
            }
            _ => {}
        }
    }
}

/// Returns whether a list of known values contains a text. Clients ignore the letter case of known values.
fn lists_value(list: &Node<'_>, text: &str) -> bool {
    let known = list.value.as_array().into_iter().flatten();
    known
        .filter_map(Value::as_str)
        .any(|value| value.to_lowercase() == text.to_lowercase())
}

/// Returns the schemas of a property; `None` if neither `properties` nor `additionalProperties` describes the property.
fn property_schemas<'s>(composed: &[Node<'s>], name: &str) -> Option<Vec<Node<'s>>> {
    let mut is_known = false;
    let mut schemas = Vec::new();
    for schema in composed {
        let properties = schema.written("properties");
        let with_name = properties.filter(|properties| properties.has(name));
        is_known |= with_name.is_some();
        let described = match with_name {
            Some(properties) => properties.child(name),
            None => schema.child("additionalProperties"),
        };
        if let Some(described) = described {
            is_known |= described.value != &Value::Bool(false);
            schemas.push(described);
        }
    }
    is_known.then_some(schemas)
}
