//! Reduces a JSON value to the properties that the spec names.

use cloud_partner_recordings::recording::Recording;
use serde_json::Value;

use crate::spec::{Node, Operation, media_for};

/// Returns the schema of a recorded response body; `None` if the spec has no schema for its status code and media type.
pub fn body_schema<'s>(operation: &Operation<'s>, recording: &Recording) -> Option<Node<'s>> {
    let response = operation.response(recording.response.status)?;
    let content = response.written("content")?;
    let sent = recording.response.headers.get("content-type")?;
    let media_type = media_for(content.value.as_object()?, sent)?;
    content.child(media_type)?.child("schema")
}

/// Returns the value without properties that the spec doesn't name, and without null and empty properties, which mean the same as
/// absent ones according to the spec.
pub fn named(schema: &Node<'_>, value: &Value) -> Value {
    let parts = parts(schema);
    let of_parts = |key: &str| parts.iter().find_map(|part| part.child(key));
    let has = |key: &str| parts.iter().any(|part| part.value.get(key).is_some());
    match value {
        Value::Object(properties) if has("properties") => properties
            .iter()
            .filter_map(|(name, value)| {
                let declared = parts
                    .iter()
                    .find_map(|part| part.written("properties")?.child(name));
                let schema = declared.or_else(|| of_parts("additionalProperties"))?;
                let value = named(&schema, value);
                (!is_empty(&value)).then(|| (name.clone(), value))
            })
            .collect(),
        Value::Array(elements) => match of_parts("items") {
            Some(items) => elements
                .iter()
                .map(|element| named(&items, element))
                .collect(),
            None => value.clone(),
        },
        other => other.clone(),
    }
}

/// Returns the schema and its subschemas in `allOf`, `oneOf` and `anyOf`.
fn parts<'s>(schema: &Node<'s>) -> Vec<Node<'s>> {
    let composed = ["allOf", "oneOf", "anyOf"]
        .into_iter()
        .flat_map(|key| schema.children(key))
        .flat_map(|(_, part)| parts(&part));
    std::iter::once(schema.clone()).chain(composed).collect()
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        Value::Object(properties) => properties.is_empty(),
        _ => false,
    }
}
