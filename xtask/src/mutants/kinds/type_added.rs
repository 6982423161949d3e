//! Values of which the contract says that they may be anything.

use super::Kind;
use crate::mutants::mutant::{Mutant, at};

/// Words that say what a value is.
const SAYING: &[&str] = &["type", "allOf", "anyOf", "oneOf", "not", "enum"];

/// Anything becomes a text, or an object.
pub const KIND: Kind = Kind {
    name: "type-added",
    mutants: |view| {
        let anything = view.schemas.iter().filter(|schema| SAYING.iter().all(|word| schema.value.get(word).is_none()));
        anything
            .flat_map(|schema| {
                ["string", "object"].map(|kind| {
                    let mutant = Mutant::new(&schema.pointer, format!("anything becomes {kind}"), format!("a value that is of another type than {kind}"));
                    mutant.with(at(&schema.pointer, "type"), kind)
                })
            })
            .collect()
    },
};
