//! Bounds: the least and the most of a number, a text, an array, an object.

use serde_json::Value;

use super::Kind;
use crate::mutants::mutant::{Mutant, at};

/// Words with a number.
const BOUNDS: &[&str] = &["minimum", "maximum", "multipleOf", "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"];

/// Words that are true or false.
const SWITCHES: &[&str] = &["exclusiveMinimum", "exclusiveMaximum", "uniqueItems"];

/// A bound becomes one less and one more; a switch is turned.
pub const KIND: Kind = Kind {
    name: "bound-moved",
    mutants: |view| {
        let mut mutants = Vec::new();
        for schema in &view.schemas {
            for word in BOUNDS {
                let Some(bound) = schema.value.get(word).and_then(Value::as_i64) else { continue };
                for moved in [bound.saturating_sub(1), bound.saturating_add(1)] {
                    let meaningful = moved >= 0 || ["minimum", "maximum"].contains(word);
                    if meaningful && moved != bound && !(*word == "multipleOf" && moved == 0) {
                        let mutant = Mutant::new(at(&schema.pointer, word), format!("{bound} becomes {moved}"), to_kill(bound, moved));
                        mutants.push(mutant.with(at(&schema.pointer, word), moved));
                    }
                }
            }
            for word in SWITCHES {
                let Some(switch) = schema.value.get(word).and_then(Value::as_bool) else { continue };
                let mutant = Mutant::new(at(&schema.pointer, word), "turned", "a value on the bound");
                mutants.push(mutant.with(at(&schema.pointer, word), !switch));
            }
        }
        mutants
    },
};

fn to_kill(bound: i64, moved: i64) -> String {
    format!("a recording or counterexample between {bound} and {moved}")
}
