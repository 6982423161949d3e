//! The types of values that the generated types hold.

pub(crate) mod extensible;
pub(crate) mod identifier;
pub(crate) mod link;
pub(crate) mod timestamp;
