//! Objects that take no other members.

use super::Kind;
use crate::mutants::mutant::{Mutant, at};

/// An object that may have members that the contract doesn't name may not.
pub const KIND: Kind = Kind {
    name: "object-closed",
    mutants: |view| {
        let open = |value: &serde_json::Value| {
            let object = value.get("properties").is_some() || value.get("type").is_some_and(|kind| kind == "object");
            object && value.get("additionalProperties").is_none_or(|others| others != false)
        };
        view.schemas
            .iter()
            .filter(|schema| open(schema.value))
            .map(|schema| {
                let mutant = Mutant::new(&schema.pointer, "", "a body with a member that the contract doesn't name here");
                mutant.with(at(&schema.pointer, "additionalProperties"), false)
            })
            .collect()
    },
};
