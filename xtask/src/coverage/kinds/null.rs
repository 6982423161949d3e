//! Values that may be null.

use serde_json::Value;

use super::{Kind, made_if};
use crate::coverage::sites::Place;

/// A nullable value is null.
pub const KIND: Kind = Kind {
    name: "null",
    place: Place::Schema,
    claims: |site| {
        let nullable = site.facets.iter().any(|(_, schema)| schema.get("nullable") == Some(&Value::Bool(true)));
        made_if(nullable, site, " null").into_iter().collect()
    },
    seen: |_, value| {
        let null = value.is_some_and(Value::is_null);
        null.then(|| " null".to_owned()).into_iter().collect()
    },
};
