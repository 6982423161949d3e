//! Members that the contract no longer knows.

use serde_json::Value;

use super::Kind;
use crate::mutants::mutant::{Mutant, at};
use crate::mutants::view::Schema;

/// A property is dropped.
pub const KIND: Kind = Kind {
    name: "property-dropped",
    mutants: |view| {
        let drop = |schema: &Schema<'_>, name: &str| {
            let pointer = at(&at(&schema.pointer, "properties"), name);
            let mutant = Mutant::new(&pointer, "", format!("a body with `{name}`")).without(&pointer);
            without_requiring(mutant, schema, name)
        };
        each_property(&view.schemas, drop)
    },
};

/// What `make` makes of every property of every schema.
pub fn each_property(schemas: &[Schema<'_>], make: impl Fn(&Schema<'_>, &str) -> Mutant) -> Vec<Mutant> {
    let names = |schema: &Schema<'_>| -> Vec<String> {
        let properties = schema.value.get("properties").and_then(Value::as_object);
        properties.into_iter().flat_map(serde_json::Map::keys).cloned().collect()
    };
    schemas.iter().flat_map(|schema| names(schema).into_iter().map(|name| make(schema, &name)).collect::<Vec<_>>()).collect()
}

/// The mutant, in which `name` isn't required any more; an empty `required` is none.
pub fn without_requiring(mutant: Mutant, schema: &Schema<'_>, name: &str) -> Mutant {
    let Some(required) = schema.value.get("required").and_then(Value::as_array) else { return mutant };
    let others: Vec<Value> = required.iter().filter(|required| *required != name).cloned().collect();
    let pointer = at(&schema.pointer, "required");
    if others.is_empty() { mutant.without(pointer) } else { mutant.with(pointer, others) }
}
