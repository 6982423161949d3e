//! Members that may be left out.

use super::{Kind, made_if};
use crate::coverage::sites::Place;

/// A member that isn't required is absent.
pub const KIND: Kind = Kind {
    name: "absent",
    place: Place::Schema,
    claims: |site| made_if(site.required == Some(false), site, " absent").into_iter().collect(),
    seen: |_, value| value.is_none().then(|| " absent".to_owned()).into_iter().collect(),
};
