//! Response headers.

use super::{Kind, itself, itself_seen};
use crate::coverage::sites::Place;

/// An answer of this status has this header.
pub const KIND: Kind = Kind {
    name: "header",
    place: Place::Header,
    claims: itself,
    seen: itself_seen,
};
