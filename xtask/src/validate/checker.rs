//! The checks of recordings against one spec. They neither read files nor print, so that several commands can use them.

use cloud_partner_recordings::recording::Recording;
use serde_json::{Number, Value};

use super::codes;
use super::examples::{self, Examples};
use super::finding::Found;
use super::secrets;
use crate::spec::{Node, Operation, Schemas, Spec, SpecError};

/// A spec with its operations and compiled schemas, against which recordings are validated.
pub struct Checker<'s> {
    /// The spec.
    pub spec: &'s Spec,
    /// Its operations.
    pub operations: Vec<Operation<'s>>,
    /// Its schemas.
    pub schemas: Schemas,
}

impl<'s> Checker<'s> {
    /// Prepares a spec. Returns an error if the file isn't an OpenAPI document. Smaller problems become findings of
    /// [`check_spec`](Self::check_spec).
    pub fn new(spec: &'s Spec) -> Result<Self, SpecError> {
        Ok(Self {
            spec,
            operations: spec.operations()?,
            schemas: Schemas::new(spec)?,
        })
    }

    /// Checks the spec itself. Returns the findings and the number of examples.
    pub fn check_spec(&self) -> Examples {
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
                    "has no target, or is part of a cycle"
                } else {
                    "refers to another file; only references that begin with `#/` are supported"
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
                let message = format!("the parameter `{}` isn't validated", parameter.name);
                let pointer = &parameter.node.pointer;
                found.push(Found::in_spec(codes::UNCHECKED, pointer, message));
            }
        }
        examples
    }

    /// Returns the findings for a recording.
    pub fn check_recording(&self, recording: &Recording) -> Vec<Found> {
        let value = serde_json::to_value(recording).unwrap_or_default();
        let mut found = secrets::scan(&value);
        // No message quotes a value of a recording that contains a secret.
        let shown = found.is_empty();
        found.extend(self.validate(recording, shown));
        found
    }

    /// Validates a recording against the spec, without the search for secrets. Messages quote values only if `shown` is true.
    pub fn validate(&self, recording: &Recording, shown: bool) -> Vec<Found> {
        let mut found = Vec::new();
        if let Some(operation) = self.operation(recording, shown, &mut found) {
            self.validate_query_and_headers(recording, operation, shown, &mut found);
            self.validate_response(&recording.response, operation, shown, &mut found);
        }
        found
    }

    /// Validates the spec's examples.
    pub fn examples(&self) -> Examples {
        examples::check(self.spec, &self.schemas)
    }

    /// Validates the text of the parameter or header `owner` against its schema. Returns the violations with the code `code`, then
    /// the unknown values.
    pub(super) fn validate_text(
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
            .chain(self.unknown_names(schema, &value, at, shown))
            .collect()
    }
}

/// Decodes the text of a parameter or header by its schema and style.
fn typed(owner: &Node<'_>, schema: &Node<'_>, text: &str) -> Value {
    if schema.text("type") != Some("array") {
        return scalar(schema.text("type"), text);
    }
    let items = schema.child("items");
    let items = items.as_ref().and_then(|items| items.text("type"));
    // In a query, each element is a separate parameter unless `explode` is false. A recording has only one of them.
    let explodes = owner.value.get("explode") != Some(&Value::Bool(false));
    if owner.text("in") == Some("query") && explodes {
        return vec![scalar(items, text)].into();
    }
    text.split(',').map(|text| scalar(items, text)).collect()
}

/// Decodes a text by its schema's type. A text of another type stays a text, and the schema reports it.
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
