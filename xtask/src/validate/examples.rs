//! Validates the examples in the spec against their schemas.

use serde_json::Value;

use super::codes;
use super::finding::Found;
use crate::spec::{Kind, Schemas, Spec};

/// The result of validating the examples.
pub struct Examples {
    /// The number of examples.
    pub count: usize,
    /// The findings about the examples and, from [`Checker::check_spec`](super::Checker::check_spec), about other parts of the spec.
    pub found: Vec<Found>,
}

/// Checks the examples of schemas, parameters, headers and media types.
pub fn check(spec: &Spec, schemas: &Schemas) -> Examples {
    let mut examples = Examples {
        count: 0,
        found: Vec::new(),
    };
    spec.walk(|visited| {
        let schema = match visited.kind {
            _ if visited.is_reference() => return,
            Kind::Schema => visited.pointer.clone(),
            _ if visited.value.get("schema").is_some() => format!("{}/schema", visited.pointer),
            _ => return,
        };
        let Some(node) = spec.at(&visited.pointer) else {
            return;
        };
        let mut values: Vec<(String, &Value)> = Vec::new();
        if let Some(example) = node.written("example") {
            values.push((example.pointer, example.value));
        }
        for (_, example) in node.children("examples") {
            match example.written("value") {
                Some(value) => values.push((value.pointer, value.value)),
                None if visited.kind == Kind::Schema => {}
                None => examples.found.push(Found::in_spec(
                    codes::UNCHECKED,
                    example.pointer,
                    "an example without `value` isn't validated",
                )),
            }
        }
        for (pointer, value) in values {
            examples.count += 1;
            for violation in schemas.violations(&schema, value, true) {
                examples.found.push(Found::in_spec(
                    codes::EXAMPLE_MISMATCH,
                    format!("{pointer}{}", violation.value),
                    format!("{} (`{}`)", violation.message, violation.spec),
                ));
            }
        }
    });
    examples
}
