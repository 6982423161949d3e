//! Checks the spec itself, without recordings: its references, its schemas, and its examples.

use super::finding_kinds as kinds;
use super::recording::Checker;
use crate::findings::Finding;
use crate::lint::broken_references;
use crate::spec::{Kind, Node, Object};

impl Checker<'_> {
    /// Checks the spec. Returns the findings and the number of examples.
    pub fn check_spec(&self) -> (Vec<Finding>, usize) {
        let mut findings = broken_references(self.spec);
        for (pointer, message) in self.schemas.invalid_schemas() {
            let finding = kinds::BROKEN_SCHEMA.finding(message);
            findings.push(finding.in_spec(self.spec, &pointer));
        }
        let mut example_count = 0;
        self.spec.walk(|object| {
            let Some(schema) = schema_of_examples(object) else {
                return;
            };
            for example in examples(object) {
                example_count += 1;
                for violation in self.schemas.violations(&schema, example.value, &[]) {
                    let pointer = format!("{}{}", example.pointer, violation.value);
                    let message = format!("{} (`{}`)", violation.message, violation.spec);
                    let finding = kinds::INVALID_EXAMPLE.finding(message);
                    findings.push(finding.in_spec(self.spec, &pointer));
                }
            }
        });
        (findings, example_count)
    }
}

/// Returns the JSON pointer of the schema against which the examples of an object are validated. For a schema, this is the
/// schema itself. For a parameter, header or media type, it is the `schema` of the object.
fn schema_of_examples(object: &Object<'_>) -> Option<String> {
    if object.is_reference() {
        return None;
    }
    if object.kind == Kind::Schema {
        return Some(object.pointer.clone());
    }
    Some(object.written("schema")?.pointer)
}

fn examples<'s>(object: &Object<'s>) -> Vec<Node<'s>> {
    let named = object.children("examples").into_iter();
    let named = named.filter_map(|(_, example)| example.written("value"));
    object.written("example").into_iter().chain(named).collect()
}
