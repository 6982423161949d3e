//! Values of another type.

use serde_json::Value;

use super::Kind;
use crate::mutants::mutant::{Mutant, at};

/// A type becomes one that no value of the old type has.
pub const KIND: Kind = Kind {
    name: "type-changed",
    mutants: |view| {
        view.schemas
            .iter()
            .filter_map(|schema| {
                let kind = schema.value.get("type").and_then(Value::as_str)?;
                let other = match kind {
                    "string" => "integer",
                    "object" => "array",
                    "array" => "object",
                    _ => "string",
                };
                let mutant = Mutant::new(&schema.pointer, format!("{kind} becomes {other}"), format!("a value that is of the type {kind}"));
                Some(mutant.with(at(&schema.pointer, "type"), other))
            })
            .collect()
    },
};
