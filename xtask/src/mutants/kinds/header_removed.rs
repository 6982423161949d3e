//! Response headers that the contract no longer knows.

use super::Kind;
use crate::mutants::mutant::{Mutant, last};

/// A header of a response is removed.
pub const KIND: Kind = Kind {
    name: "header-removed",
    mutants: |view| {
        let remove = |(listed, _): &(String, String)| {
            Mutant::new(listed, "", format!("an answer that this response describes, with the header {}", last(listed))).without(listed)
        };
        view.headers.iter().map(remove).collect()
    },
};
