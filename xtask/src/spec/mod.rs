//! The spec as the commands use it: the generator's model, and on top of it the schemas, compiled, and the media types.

// Some names are for commands that don't use the model yet.
#![allow(unused_imports, dead_code)]

mod media;
mod schemas;

pub use crate::generator::spec::{
    Kind, Location, Node, Operation, Parameter, Spec, SpecError, Visited, pointer_segment,
};
pub use media::{essence, is_json, media_for};
pub use schemas::{Schemas, Violation};
