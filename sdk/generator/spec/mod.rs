//! The model of the spec: the file with the line of every part, references, operations, and the one list of what can hold what.
//!
//! * [`Spec::parse`] reads a file; [`Spec::location`] names the line of a part; [`Spec::error`] makes an error of both.
//! * [`Spec::resolve`] and [`Node::child`] follow references; [`Spec::at`] and [`Node::written`] don't.
//! * [`Spec::walk`] visits every object of the spec with its [`Kind`], and never enters examples and other data.
//! * [`Spec::operations`] lists the operations; [`Operation::response`] is the response for a status code.

mod load;
mod node;
mod operation;
mod walk;

#[allow(unused_imports)]
pub use load::{Location, Spec, SpecError, pointer_segment};
#[allow(unused_imports)]
pub use node::{Node, target};
#[allow(unused_imports)]
pub use operation::{Operation, Parameter};
#[allow(unused_imports)]
pub use walk::{Kind, Visited};
