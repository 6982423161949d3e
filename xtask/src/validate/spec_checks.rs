//! Checks the spec itself: its schemas, references and examples.

use super::checker::Checker;
use super::codes::{self, Code};
use crate::report::{Finding, Place};
use crate::spec::{Kind, Node, Object};

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
        (findings, examples)
    }

    fn finding(&self, code: &Code, pointer: &str, message: impl Into<String>) -> Finding {
        code.finding(message)
            .in_spec(Place::in_spec(self.spec, pointer))
    }

    fn broken_reference(&self, object: &Object<'_>) -> Option<Finding> {
        let reference = object.text("$ref")?;
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
        let named = object.children("examples").into_iter();
        let named = named.filter_map(|(_, example)| example.written("value"));
        let examples: Vec<Node<'_>> = object.written("example").into_iter().chain(named).collect();
        for example in &examples {
            for violation in self.schemas.violations(&schema, example.value) {
                let pointer = format!("{}{}", example.pointer, violation.value);
                let message = format!("{} (`{}`)", violation.message, violation.spec);
                findings.push(self.finding(codes::INVALID_EXAMPLE, &pointer, message));
            }
        }
        examples.len()
    }
}
