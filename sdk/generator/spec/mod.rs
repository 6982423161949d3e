//! Reads the spec. The most important functions:
//!
//! * [`Spec::parse`] parses the text of a spec. [`Spec::location`] returns the line and column of a value. [`Spec::error`] creates an
//!   error with this line and column.
//! * [`Node::child`] and [`Node::followed`] follow references; [`Spec::at`] and [`Node::written`] don't.
//! * [`Spec::walk`] visits every [`Object`] of the spec, such as a schema, with its [`Kind`]. Data, such as an example's value, isn't visited.
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
