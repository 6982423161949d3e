//! Arrays with and without elements.

use serde_json::Value;

use super::{Kind, made_if};
use crate::coverage::sites::Place;

/// An array is empty, and an array isn't.
pub const KIND: Kind = Kind {
    name: "emptiness",
    place: Place::Schema,
    claims: |site| {
        let array = site.facets.iter().any(|(_, schema)| schema.get("type").is_some_and(|kind| kind == "array"));
        let never_empty = site.facets.iter().any(|(_, schema)| schema.get("minItems").and_then(Value::as_u64) > Some(0));
        let claims = [made_if(array && !never_empty, site, " empty"), made_if(array, site, " non-empty")];
        claims.into_iter().flatten().collect()
    },
    seen: |_, value| match value {
        Some(Value::Array(elements)) if elements.is_empty() => vec![" empty".to_owned()],
        Some(Value::Array(_)) => vec![" non-empty".to_owned()],
        _ => Vec::new(),
    },
};
