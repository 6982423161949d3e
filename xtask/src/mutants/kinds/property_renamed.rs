//! Members under another name.

use serde_json::Value;

use super::Kind;
use super::property_dropped::each_property;
use crate::mutants::mutant::{Mutant, at};

/// A property is renamed; if it was required, its new name is.
pub const KIND: Kind = Kind {
    name: "property-renamed",
    mutants: |view| {
        each_property(&view.schemas, |schema, name| {
            let properties = at(&schema.pointer, "properties");
            let pointer = at(&properties, name);
            let other = format!("{name}Renamed");
            let mut mutant = Mutant::new(&pointer, "", format!("a body with `{name}`")).without(&pointer);
            if let Some(value) = view.document.get(&pointer) {
                mutant = mutant.with(at(&properties, &other), value.clone());
            }
            match schema.value.get("required").and_then(Value::as_array) {
                Some(required) if required.iter().any(|required| required == name) => {
                    let rename = |required: &Value| if required == name { Value::from(other.as_str()) } else { required.clone() };
                    mutant.with(at(&schema.pointer, "required"), required.iter().map(rename).collect::<Vec<_>>())
                }
                _ => mutant,
            }
        })
    },
};
