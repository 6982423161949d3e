//! Content types.

use super::Kind;
use crate::mutants::mutant::{Mutant, at, last};

/// A content type is removed, or is another. Without any, the contract says that there is no body.
pub const KIND: Kind = Kind {
    name: "content-type-changed",
    mutants: |view| {
        let mut mutants = Vec::new();
        for content in &view.contents {
            let (Some(value), Some((list, _))) = (view.document.get(content), content.rsplit_once('/')) else { continue };
            let to_kill = format!("an answer that this response describes, with a body that is {}", last(content));
            mutants.push(Mutant::new(content, "removed", &to_kill).without(content));
            let other = Mutant::new(content, "becomes application/x-other", &to_kill);
            mutants.push(other.without(content).with(at(list, "application/x-other"), value.clone()));
        }
        mutants
    },
};
