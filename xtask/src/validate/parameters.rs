//! Validates parameters and headers, which the spec describes in the same way.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde_json::{Number, Value};

use super::checker::Check;
use super::codes;
use crate::spec::{Node, Operation, pointer_segment};

/// The headers that clients send without a description in the spec, and `content-type`, which the spec describes elsewhere.
const USUAL_HEADERS: &[&str] = &[
    "accept",
    "accept-encoding",
    "authorization",
    "content-type",
    "host",
    "user-agent",
];

impl<'s> Check<'_, 's> {
    /// Validates the path parameters of the request.
    pub fn path_parameters(&mut self, operation: &Operation<'s>) {
        let pointer = "/request/path";
        let captured = operation.captures(&self.recording.request.path);
        for (name, text) in captured.unwrap_or_default() {
            let mut parameters = operation.parameters.iter();
            let parameter = parameters.find(|one| one.place == "path" && one.name == name);
            let Some(parameter) = parameter else {
                continue;
            };
            if let Ok(text) = percent_decode_str(text).decode_utf8() {
                self.text(&parameter.node, &text, pointer);
            } else {
                let message = format!("the percent-decoded value of `{name}` isn't UTF-8");
                let statement = &parameter.node.pointer;
                self.add(codes::INVALID_VALUE, pointer, message, statement);
            }
        }
    }

    /// Validates query parameters or headers. `pointer` is their JSON pointer in the recording, `described` has their names and
    /// descriptions in the spec, and `owner` is the JSON pointer of the part of the spec that contains the descriptions.
    pub fn texts(
        &mut self,
        pointer: &str,
        described: impl IntoIterator<Item = (String, Node<'s>)>,
        values: &BTreeMap<String, String>,
        owner: &str,
    ) {
        let mut unknown: BTreeMap<&String, &String> = values.iter().collect();
        for (name, node) in described {
            if let Some(value) = unknown.remove(&name) {
                let pointer = format!("{pointer}/{}", pointer_segment(&name));
                self.text(&node, value, &pointer);
            } else if node.is("required") {
                let message = format!("`{name}` is required, but missing");
                self.add(codes::MISSING_VALUE, pointer, message, &node.pointer);
            }
        }
        for name in unknown.into_keys() {
            let code = if pointer.ends_with("/query") {
                codes::UNKNOWN_PARAMETER
            } else if !USUAL_HEADERS.contains(&name.as_str()) {
                codes::UNKNOWN_HEADER
            } else {
                continue;
            };
            let pointer = format!("{pointer}/{}", pointer_segment(name));
            let message = format!("the spec doesn't name `{name}` here");
            self.add(code, &pointer, message, owner);
        }
    }

    /// Validates the text of a parameter or header against its schema.
    fn text(&mut self, parameter: &Node<'s>, text: &str, pointer: &str) {
        let Some(schema) = parameter.child("schema") else {
            return;
        };
        let value = decode(parameter, &schema, text);
        for violation in self.checker.schemas.violations(&schema.pointer, &value) {
            let (message, statement) = (violation.message, violation.spec);
            self.add(codes::INVALID_VALUE, pointer, message, &statement);
        }
        self.unknown_names(vec![schema], &value, pointer);
    }
}

/// Decodes the text of a parameter or header by its schema and style.
fn decode(parameter: &Node<'_>, schema: &Node<'_>, text: &str) -> Value {
    if schema.text("type") != Some("array") {
        return decode_scalar(schema.text("type"), text);
    }
    let items = schema.child("items");
    let kind = items.as_ref().and_then(|items| items.text("type"));
    // In a query, each element is a separate parameter unless `explode` is false. A recording has only one of them.
    let explodes = parameter.value.get("explode") != Some(&Value::Bool(false));
    if parameter.text("in") == Some("query") && explodes {
        return vec![decode_scalar(kind, text)].into();
    }
    text.split(',')
        .map(|element| decode_scalar(kind, element))
        .collect()
}

/// Decodes a text by its schema's type. A text of another type stays a text, which violates the schema.
fn decode_scalar(kind: Option<&str>, text: &str) -> Value {
    let value = match kind {
        Some("integer") => text.parse::<i64>().ok().map(Value::from),
        Some("number") => text
            .parse()
            .ok()
            .and_then(Number::from_f64)
            .map(Value::from),
        Some("boolean") => text.parse::<bool>().ok().map(Value::from),
        _ => None,
    };
    value.unwrap_or_else(|| text.into())
}
