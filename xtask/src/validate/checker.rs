//! Every check of one spec. Nothing here reads a file or prints, so that other commands use the same checks.

use cloud_partner_recordings::recording::Recording;
use serde_json::{Number, Value};

use super::codes;
use super::examples::{self, Examples};
use super::finding::Found;
use super::secrets;
use crate::spec::{Node, Operation, Schemas, Spec, SpecError};

/// A spec, ready to be compared with recordings.
pub struct Checker<'s> {
    /// The spec.
    pub spec: &'s Spec,
    /// Its operations.
    pub operations: Vec<Operation<'s>>,
    /// Its schemas.
    pub schemas: Schemas,
}

impl<'s> Checker<'s> {
    /// Prepares a spec. An error means that the file is no OpenAPI document; what is wrong inside is a finding.
    pub fn new(spec: &'s Spec) -> Result<Self, SpecError> {
        Ok(Self {
            spec,
            operations: spec.operations()?,
            schemas: Schemas::new(spec)?,
        })
    }

    /// Returns what is wrong with the spec itself, and the number of its examples.
    pub fn spec(&self) -> Examples {
        let mut examples = self.examples();
        let found = &mut examples.found;
        for (pointer, message) in self.schemas.broken() {
            found.push(Found::in_spec(codes::BROKEN_SCHEMA, pointer, message));
        }
        self.spec.walk(|visited| {
            let reference = visited.value.get("$ref").and_then(Value::as_str);
            if let Some(reference) = reference
                && self.spec.resolve(&visited.pointer).is_none()
            {
                let why = if reference.starts_with("#/") {
                    "leads nowhere, or around in a circle"
                } else {
                    "leads out of the spec; only `#/…` can be followed"
                };
                let pointer = format!("{}/$ref", visited.pointer);
                let message = format!("`{reference}` {why}");
                found.push(Found::in_spec(codes::BROKEN_REFERENCE, pointer, message));
            }
        });
        for parameter in self.operations.iter().flat_map(|one| &one.parameters) {
            let kind = parameter.node.child("schema");
            let kind = kind.as_ref().map(|schema| schema.text("type"));
            let style = parameter.node.text("style");
            let usual = style.is_none_or(|style| matches!(style, "form" | "simple"));
            if matches!(kind, None | Some(Some("object"))) || parameter.place == "cookie" || !usual
            {
                let message = format!("the parameter `{}` isn't compared", parameter.name);
                let pointer = &parameter.node.pointer;
                found.push(Found::in_spec(codes::UNCHECKED, pointer, message));
            }
        }
        examples
    }

    /// Returns what is wrong with a recording.
    pub fn recording(&self, recording: &Recording) -> Vec<Found> {
        let value = serde_json::to_value(recording).unwrap_or_default();
        let mut found = secrets::scan(&value);
        // No message repeats a value of a recording that holds a secret.
        let shown = found.is_empty();
        found.extend(self.disagreements(recording, shown));
        found
    }

    /// Returns where a recording and the spec disagree; nothing about secrets. Messages repeat values only if they are `shown`.
    pub fn disagreements(&self, recording: &Recording, shown: bool) -> Vec<Found> {
        let mut found = Vec::new();
        if let Some(operation) = self.operation(recording, shown, &mut found) {
            self.query_and_headers(recording, operation, shown, &mut found);
            self.response(&recording.response, operation, shown, &mut found);
        }
        found
    }

    /// Returns what is wrong with the spec's examples.
    pub fn examples(&self) -> Examples {
        examples::check(self.spec, &self.schemas)
    }

    /// Compares the text of the parameter or header `owner` with its schema: violations with the code `code`, then unknown names.
    pub(super) fn text(
        &self,
        owner: &Node<'s>,
        text: &str,
        code: &'static codes::Code,
        at: &str,
        shown: bool,
    ) -> Vec<Found> {
        let Some(schema) = owner.child("schema") else {
            return Vec::new();
        };
        let value = typed(owner, &schema, text);
        let violations = self.schemas.violations(&schema.pointer, &value, shown);
        violations
            .into_iter()
            .map(|violation| Found::at(code, at, violation.message).against(violation.spec))
            .chain(self.names(schema, &value, at, shown))
            .collect()
    }
}

/// Returns the value that a text means by the schema and the style of its parameter or header.
fn typed(owner: &Node<'_>, schema: &Node<'_>, text: &str) -> Value {
    if schema.text("type") != Some("array") {
        return scalar(schema.text("type"), text);
    }
    let items = schema.child("items");
    let items = items.as_ref().and_then(|items| items.text("type"));
    // In a query, each element is a parameter of its own unless `explode` is false; a recording holds one of them.
    let explodes = owner.value.get("explode") != Some(&Value::Bool(false));
    if owner.text("in") == Some("query") && explodes {
        return vec![scalar(items, text)].into();
    }
    text.split(',').map(|text| scalar(items, text)).collect()
}

/// Returns the value of a text by its schema's type; a text that is no such value stays a text, which the schema then refuses.
fn scalar(kind: Option<&str>, text: &str) -> Value {
    let number = match kind {
        Some("integer") => text.parse::<i64>().ok().map(Number::from),
        Some("number") => text.parse().ok().and_then(Number::from_f64),
        _ => None,
    };
    match (kind, text) {
        (Some("boolean"), "true") => true.into(),
        (Some("boolean"), "false") => false.into(),
        _ => number.map_or_else(|| text.into(), Value::Number),
    }
}
