//! The model of the spec: the file with the place of every part, references, operations, and the structure of OpenAPI documents.
//!
//! * [`Spec::parse`] reads a file. [`Spec::location`] returns the place of a part. [`Spec::error`] creates an error with this place.
//! * [`Node::child`] and [`Node::followed`] follow references; [`Spec::at`] and [`Node::written`] don't.
//! * [`Spec::walk`] visits every [`Object`] of the spec with its [`Kind`], but not examples and other data.
//! * [`Spec::operations`] lists the operations. [`Operation::response`] returns the response for a status code.

#![allow(unused_imports)]

mod load;
mod node;
mod operation;
mod walk;

pub use load::{Location, Spec, SpecError, pointer_segment};
pub use node::Node;
pub use operation::{Operation, Parameter};
pub use walk::{DOCUMENTATION, Kind, Object};
