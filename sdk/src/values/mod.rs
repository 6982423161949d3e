//! Hand-written types of the properties in the generated types.

pub(crate) mod extensible;
pub(crate) mod identifier;
pub(crate) mod link;
pub(crate) mod timestamp;
