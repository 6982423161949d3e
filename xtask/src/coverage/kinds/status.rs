//! Statuses.

use super::{Kind, itself, itself_seen};
use crate::coverage::sites::Place;

/// An operation answers with this status.
pub const KIND: Kind = Kind {
    name: "status",
    place: Place::Response,
    claims: itself,
    seen: itself_seen,
};
