//! Members that are there.

use super::{Kind, made_if};
use crate::coverage::sites::Place;

/// A member has a value.
pub const KIND: Kind = Kind {
    name: "present",
    place: Place::Schema,
    claims: |site| made_if(site.required.is_some(), site, " present").into_iter().collect(),
    seen: |_, value| {
        let present = value.is_some_and(|value| !value.is_null());
        present.then(|| " present".to_owned()).into_iter().collect()
    },
};
