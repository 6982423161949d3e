//! The spec as the commands use it: the generator's model of the spec, compiled schemas, and media types.

mod media;
mod schemas;

pub use crate::generator::spec::{
    DOCUMENTATION, Kind, Node, Object, Operation, Spec, SpecError, pointer_segment,
};
pub use media::{essence, is_json, media_for};
pub use schemas::Schemas;
