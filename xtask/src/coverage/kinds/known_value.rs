//! Known values of open sets, and the values of closed ones.

use serde_json::Value;

use super::{Kind, Made};
use crate::coverage::sites::{Place, Site};
use crate::excuses::text;

/// A value that the contract lists, letter for letter: another casing proves that casing varies, not that this one is used.
pub const KIND: Kind = Kind {
    name: "known-value",
    place: Place::Schema,
    claims: |site| {
        listed(site)
            .map(|(pointer, value)| Made {
                name: format!(" = {}", text(value)),
                pointer,
            })
            .collect()
    },
    seen: |site, value| {
        let known = |value: &&Value| listed(site).any(|(_, listed)| listed == *value);
        value.filter(known).map(|value| format!(" = {}", text(value))).into_iter().collect()
    },
};

/// The listed values and where they stand; `nullable` says already that null is one.
fn listed<'s>(site: &'s Site<'_>) -> impl Iterator<Item = (String, &'s Value)> {
    site.facets.iter().flat_map(|(pointer, schema)| {
        ["x-extensible-enum", "enum"].into_iter().flat_map(move |word| {
            let values = schema.get(word).and_then(Value::as_array);
            let values = values.into_iter().flatten().enumerate();
            values.filter(|(_, value)| !value.is_null()).map(move |(index, value)| (format!("{pointer}/{word}/{index}"), value))
        })
    })
}
