//! Every example in the contract, against its schema.

use serde_json::Value;

use super::codes;
use super::document::Document;
use super::finding::Found;
use super::walk::{Role, walk};
use crate::generator::contract::pointer_segment;
use crate::spec::Schemas;

/// What came of it.
pub struct Examples {
    /// How many there are.
    pub count: usize,
    /// What is wrong with them.
    pub found: Vec<Found>,
}

/// Checks every example: of schemas at any depth, and of parameters, headers and media types, alone or named.
pub fn check(document: &Document<'_>, schemas: &Schemas<'_>) -> Examples {
    let mut examples = Examples {
        count: 0,
        found: Vec::new(),
    };
    let mut compare = |schema: &str, pointer: String, value: &Value| {
        examples.count += 1;
        for violation in schemas.violations(schema, value, true) {
            examples.found.push(Found::contract(
                codes::EXAMPLE_MISMATCH,
                format!("{pointer}{}", violation.value),
                format!("{} (`{}`)", violation.message, violation.spec),
            ));
        }
    };
    let mut unchecked = Vec::new();
    walk(&document.contract.value, &mut |pointer, members, role| {
        if members.contains_key("$ref") {
            return;
        }
        let schema = match role {
            Role::Schema | Role::Subschema => pointer.to_owned(),
            Role::Other if members.contains_key("schema") => format!("{pointer}/schema"),
            Role::Other => return,
        };
        if let Some(example) = members.get("example") {
            compare(&schema, format!("{pointer}/example"), example);
        }
        let named = members.get("examples").and_then(Value::as_object);
        for name in named.into_iter().flat_map(serde_json::Map::keys) {
            let at = format!("{pointer}/examples/{}", pointer_segment(name));
            let Some((at, example)) = document.resolve(&at) else {
                continue;
            };
            match example.get("value") {
                Some(value) => compare(&schema, format!("{at}/value"), value),
                None => unchecked.push(Found::contract(
                    codes::UNCHECKED,
                    at,
                    "an example without `value` isn't read",
                )),
            }
        }
    });
    examples.found.append(&mut unchecked);
    examples
}
