//! What must be there and what needn't.

use serde_json::Value;

use super::Kind;
use super::property_dropped::{each_property, without_requiring};
use crate::mutants::mutant::{Mutant, at, last};

/// A property, header or parameter that is required becomes optional, and the other way round.
pub const KIND: Kind = Kind {
    name: "required-toggled",
    mutants: |view| {
        let mut mutants = each_property(&view.schemas, |schema, name| {
            let pointer = at(&at(&schema.pointer, "properties"), name);
            let required = schema.value.get("required").and_then(Value::as_array);
            if required.is_some_and(|required| required.iter().any(|required| required == name)) {
                let mutant = Mutant::new(&pointer, "becomes optional", format!("a counterexample without `{name}`"));
                return without_requiring(mutant, schema, name);
            }
            let mut names = required.cloned().unwrap_or_default();
            names.push(Value::from(name));
            let mutant = Mutant::new(&pointer, "becomes required", format!("a body without `{name}`"));
            mutant.with(at(&schema.pointer, "required"), names)
        });
        let mut described = Vec::new();
        for (listed, pointer) in view.parameters.iter().chain(&view.headers) {
            let Some(value) = view.document.get(pointer).filter(|_| !described.contains(&pointer)) else { continue };
            described.push(pointer);
            // A parameter in the path is always required.
            if value.get("in").is_some_and(|place| place == "path") {
                continue;
            }
            let name = value.get("name").and_then(Value::as_str).map_or_else(|| last(listed), ToOwned::to_owned);
            let required = value.get("required") == Some(&Value::Bool(true));
            let mutant = if required {
                Mutant::new(pointer, "becomes optional", format!("a counterexample without `{name}`"))
            } else {
                Mutant::new(pointer, "becomes required", format!("a recording without `{name}`"))
            };
            mutants.push(mutant.with(at(pointer, "required"), !required));
        }
        mutants
    },
};
