//! Known values that the contract no longer knows.

use serde_json::Value;

use super::Kind;
use crate::excuses::text;
use crate::mutants::mutant::{Mutant, at};

/// A value is removed from the list of known ones, or from a closed list.
pub const KIND: Kind = Kind {
    name: "value-removed",
    mutants: |view| {
        let mut mutants = Vec::new();
        for schema in &view.schemas {
            for word in ["x-extensible-enum", "enum"] {
                let Some(values) = schema.value.get(word).and_then(Value::as_array) else { continue };
                let list = at(&schema.pointer, word);
                for (index, value) in values.iter().enumerate() {
                    let mut others = values.clone();
                    others.remove(index);
                    let value = text(value);
                    let mutant = Mutant::new(format!("{list}/{index}"), &value, format!("a value that is `{value}`"));
                    mutants.push(mutant.with(&list, others));
                }
            }
        }
        mutants
    },
};
