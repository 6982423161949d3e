//! The former names of the model, until every file uses the new ones.

#[allow(unused_imports)]
pub use super::spec::{Location, Spec as Contract, SpecError as ContractError, pointer_segment};
