//! Checks the spec itself: its schemas, references and examples, and whether values of all its parameters can be validated.

use serde_json::Value;

use super::checker::Checker;
use super::codes::{self, Code};
use crate::report::{Finding, Place};
use crate::spec::{Kind, Object};

impl Checker<'_> {
    /// Checks the spec. Returns the findings and the number of examples.
    pub fn check_spec(&self) -> (Vec<Finding>, usize) {
        let mut findings = Vec::new();
        let mut examples = 0;
        for (pointer, message) in self.schemas.invalid_schemas() {
            findings.push(self.finding(codes::BROKEN_SCHEMA, &pointer, message));
        }
        self.spec.walk(|object| {
            findings.extend(self.broken_reference(object));
            examples += self.examples(object, &mut findings);
        });
        for parameter in self.operations.iter().flat_map(|one| &one.parameters) {
            let kind = parameter.node.child("schema");
            let kind = kind.as_ref().map(|schema| schema.text("type"));
            let style = parameter.node.text("style");
            let usual = style.is_none_or(|style| matches!(style, "form" | "simple"));
            if matches!(kind, None | Some(Some("object"))) || parameter.place == "cookie" || !usual
            {
                let message = format!("the parameter `{}` isn't validated", parameter.name);
                findings.push(self.finding(codes::UNCHECKED, &parameter.node.pointer, message));
            }
        }
        (findings, examples)
    }

    fn finding(&self, code: &Code, pointer: &str, message: impl Into<String>) -> Finding {
        code.finding(message)
            .in_spec(Place::in_spec(self.spec, pointer))
    }

    fn broken_reference(&self, object: &Object<'_>) -> Option<Finding> {
        let reference = object.value.get("$ref")?.as_str()?;
        if object.followed().is_some() {
            return None;
        }
        let why = if reference.starts_with("#/") {
            "has no target, or is part of a cycle"
        } else {
            "refers to another file; only references that begin with `#/` are supported"
        };
        let pointer = format!("{}/$ref", object.pointer);
        let message = format!("`{reference}` {why}");
        Some(self.finding(codes::BROKEN_REFERENCE, &pointer, message))
    }

    /// Validates the examples of a schema, parameter, header or media type. Returns their number.
    fn examples(&self, object: &Object<'_>, findings: &mut Vec<Finding>) -> usize {
        let schema = match object.kind {
            _ if object.is_reference() => return 0,
            Kind::Schema => object.pointer.clone(),
            _ if object.has("schema") => format!("{}/schema", object.pointer),
            _ => return 0,
        };
        let mut values: Vec<(String, &Value)> = Vec::new();
        if let Some(example) = object.written("example") {
            values.push((example.pointer, example.value));
        }
        for (_, example) in object.children("examples") {
            match example.written("value") {
                Some(value) => values.push((value.pointer, value.value)),
                None if object.kind == Kind::Schema => {}
                None => {
                    let message = "an example without `value` isn't validated";
                    findings.push(self.finding(codes::UNCHECKED, &example.pointer, message));
                }
            }
        }
        for (pointer, value) in &values {
            for violation in self.schemas.violations(&schema, value, true) {
                let pointer = format!("{pointer}{}", violation.value);
                let message = format!("{} (`{}`)", violation.message, violation.spec);
                findings.push(self.finding(codes::EXAMPLE_MISMATCH, &pointer, message));
            }
        }
        values.len()
    }
}
