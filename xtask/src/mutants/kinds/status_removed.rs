//! Statuses that the contract no longer knows.

use super::Kind;
use crate::mutants::mutant::{Mutant, last};

/// A status of an operation is removed.
pub const KIND: Kind = Kind {
    name: "status-removed",
    mutants: |view| {
        let remove = |(listed, _): &(String, String)| {
            Mutant::new(listed, "", format!("an answer of this operation with the status {}", last(listed))).without(listed)
        };
        view.responses.iter().map(remove).collect()
    },
};
