//! Values that may be null, and those that may not.

use serde_json::Value;

use super::Kind;
use crate::mutants::mutant::{Mutant, at};

/// What may be null may not, and the other way round. Without a type, `nullable` says nothing.
pub const KIND: Kind = Kind {
    name: "nullable-flipped",
    mutants: |view| {
        view.schemas
            .iter()
            .filter(|schema| schema.in_body && schema.value.get("type").is_some())
            .map(|schema| {
                let nullable = schema.value.get("nullable") == Some(&Value::Bool(true));
                let mutant = if nullable {
                    Mutant::new(&schema.pointer, "becomes never null", "a body in which it is null")
                } else {
                    Mutant::new(&schema.pointer, "becomes nullable", "a counterexample in which it is null")
                };
                mutant.with(at(&schema.pointer, "nullable"), !nullable)
            })
            .collect()
    },
};
