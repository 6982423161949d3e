//! Patterns.

use serde_json::Value;

use super::Kind;
use crate::mutants::mutant::{Mutant, at};

/// A pattern is dropped, or loses its hold on the beginning or the end of the text.
pub const KIND: Kind = Kind {
    name: "pattern-loosened",
    mutants: |view| {
        let mut mutants = Vec::new();
        for schema in &view.schemas {
            let Some(pattern) = schema.value.get("pattern").and_then(Value::as_str) else { continue };
            let pointer = at(&schema.pointer, "pattern");
            let mutant = |change: &str, which: &str| Mutant::new(&pointer, change, format!("a counterexample that the pattern refuses{which}"));
            mutants.push(mutant("dropped", "").without(&pointer));
            if let Some(rest) = pattern.strip_prefix('^') {
                mutants.push(mutant("without its `^`", " for how it begins").with(&pointer, rest));
            }
            if let Some(rest) = pattern.strip_suffix('$') {
                mutants.push(mutant("without its `$`", " for how it ends").with(&pointer, rest));
            }
        }
        mutants
    },
};
