//! The spec as the commands use it: the generator's model, and on top of it the schemas, compiled, and the media types.

mod media;
mod schemas;

pub use crate::generator::spec::{
    Kind, Node, Operation, Spec, SpecError, Visited, pointer_segment,
};
pub use media::{essence, is_json, media_for};
pub use schemas::Schemas;
