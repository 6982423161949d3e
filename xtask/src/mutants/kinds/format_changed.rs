//! Formats.

use serde_json::Value;

use super::Kind;
use crate::mutants::mutant::{Mutant, at};

/// A format is dropped; 64 bits become 32 and the other way round.
pub const KIND: Kind = Kind {
    name: "format-changed",
    mutants: |view| {
        let mut mutants = Vec::new();
        for schema in &view.schemas {
            let Some(format) = schema.value.get("format").and_then(Value::as_str) else { continue };
            let pointer = at(&schema.pointer, "format");
            let dropped = Mutant::new(&pointer, format!("{format} dropped"), format!("a counterexample that is no {format}"));
            mutants.push(dropped.without(&pointer));
            let (other, to_kill) = match format {
                "int64" => ("int32", "a number that needs 64 bits"),
                "int32" => ("int64", "a counterexample that needs 64 bits"),
                _ => continue,
            };
            mutants.push(Mutant::new(&pointer, format!("{format} becomes {other}"), to_kill).with(&pointer, other));
        }
        mutants
    },
};
