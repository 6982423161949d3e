//! Validates the parameters and headers of recordings. In a recording, the value of a parameter or header is a text.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde_json::{Number, Value};

use super::finding_kinds as kinds;
use super::recording::Check;
use crate::spec::{Node, Operation, pointer_segment};

/// The headers that need no description of their own in the spec. For example, the keys of `content` list the values of `content-type`.
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
                self.validate_text(&parameter.node, &text, pointer);
            } else {
                let message = format!("the percent-decoded value of `{name}` isn't UTF-8");
                let statement = &parameter.node.pointer;
                self.add(kinds::INVALID_VALUE, pointer, message, statement);
            }
        }
    }

    /// Validates query parameters or headers.
    ///
    /// * `values`: the parameters or headers in the recording
    /// * `pointer`: the JSON pointer of `values` in the recording
    /// * `described`: the parameters or headers in the spec, with their names
    /// * `owner`: the JSON pointer of the operation or response to which `described` belongs
    pub fn named_values(
        &mut self,
        pointer: &str,
        described: impl IntoIterator<Item = (String, Node<'s>)>,
        values: &BTreeMap<String, String>,
        owner: &str,
    ) {
        let mut remaining: BTreeMap<&String, &String> = values.iter().collect();
        for (name, node) in described {
            if let Some(value) = remaining.remove(&name) {
                let pointer = format!("{pointer}/{}", pointer_segment(&name));
                self.validate_text(&node, value, &pointer);
            } else if node.is("required") {
                let message = format!("`{name}` is required, but missing");
                self.add(kinds::MISSING_VALUE, pointer, message, &node.pointer);
            }
        }
        for name in remaining.into_keys() {
            let kind = if pointer.ends_with("/query") {
                kinds::UNKNOWN_PARAMETER
            } else if !USUAL_HEADERS.contains(&name.as_str()) {
                kinds::UNKNOWN_HEADER
            } else {
                continue;
            };
            let pointer = format!("{pointer}/{}", pointer_segment(name));
            let message = format!("the spec doesn't name `{name}` here");
            self.add(kind, &pointer, message, owner);
        }
    }

    /// Validates the text of a parameter or header against its schema.
    fn validate_text(&mut self, parameter: &Node<'s>, text: &str, pointer: &str) {
        let schema = parameter.child("schema");
        let (Some(schema), Some(elements)) = (schema, elements(parameter, text)) else {
            let message = "the text can't be decoded, because the parameter has an unsupported style or no schema";
            let kind = kinds::UNSUPPORTED_PARAMETER;
            return self.add(kind, pointer, message, &parameter.pointer);
        };
        let (value, texts) = if schema.text("type") == Some("array") {
            let items = schema.child("items");
            let item_type = items.as_ref().and_then(|items| items.text("type"));
            let values = elements.iter().map(|text| decode_scalar(item_type, text));
            (values.collect(), elements)
        } else {
            (decode_scalar(schema.text("type"), text), vec![text])
        };
        let schemas = &self.checker.schemas;
        for violation in schemas.violations(&schema.pointer, &value, &texts) {
            let (message, statement) = (violation.message, violation.spec);
            self.add(kinds::INVALID_VALUE, pointer, message, &statement);
        }
        self.unknown_names(vec![schema], &value, pointer);
    }
}

/// Splits the text of an array into its elements. Returns `None` if the style of the parameter or header is unsupported.
fn elements<'t>(parameter: &Node<'_>, text: &'t str) -> Option<Vec<&'t str>> {
    let separator = match parameter.text("style") {
        None | Some("form" | "simple") => ',',
        Some("spaceDelimited") => ' ',
        Some("pipeDelimited") => '|',
        Some(_) => return None,
    };
    // If `explode` is true, each array element is a separate query parameter, so the text is one element. `form` is the default style of a
    // query parameter. With this style, `explode` is true by default.
    let explode = parameter.value.get("explode").and_then(Value::as_bool);
    if parameter.text("in") == Some("query") && explode.unwrap_or(separator == ',') {
        return Some(vec![text]);
    }
    Some(text.split(separator).collect())
}

/// Decodes a text as a value of the schema type `integer`, `number` or `boolean`. Returns a JSON string for any other type, and for a text
/// that isn't a value of the type. A schema of these three types rejects the string.
fn decode_scalar(schema_type: Option<&str>, text: &str) -> Value {
    let number = text.parse::<Number>().ok();
    let value = match schema_type {
        // `Number` follows the JSON syntax of numbers. It parses an integer as `i64` or `u64` if possible, otherwise as `f64`.
        Some("integer") => number.filter(|number| !number.is_f64()).map(Value::from),
        Some("number") => number.map(Value::from),
        Some("boolean") => text.parse::<bool>().ok().map(Value::from),
        _ => None,
    };
    value.unwrap_or_else(|| text.into())
}
