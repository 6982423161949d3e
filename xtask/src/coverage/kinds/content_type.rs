//! Content types.

use super::{Kind, itself, itself_seen};
use crate::coverage::sites::Place;

/// An answer of this status has a body of this content type.
pub const KIND: Kind = Kind {
    name: "content-type",
    place: Place::Content,
    claims: itself,
    seen: itself_seen,
};
