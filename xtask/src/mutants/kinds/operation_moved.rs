//! An operation under another method or path.

use super::Kind;
use crate::mutants::mutant::{Mutant, at};

/// `get` becomes `put`, and the path gets another end.
pub const KIND: Kind = Kind {
    name: "operation-moved",
    mutants: |view| {
        let mut mutants = Vec::new();
        for operation in &view.document.operations {
            let Some((item, method)) = operation.pointer.rsplit_once('/') else { continue };
            let other = if method == "put" { "get" } else { "put" };
            let to_kill = format!("a request to {} {}", operation.method, operation.path);
            let Some(here) = view.document.get(&operation.pointer) else { continue };
            let other_method = at(item, other);
            if view.document.get(&other_method).is_none() {
                let mutant = Mutant::new(&operation.pointer, format!("{method} becomes {other}"), &to_kill);
                mutants.push(mutant.without(&operation.pointer).with(other_method, here.clone()));
            }
            let Some(whole) = view.document.get(item) else { continue };
            let mutant = Mutant::new(item, "the path ends in /moved", &to_kill);
            mutants.push(mutant.without(item).with(at("/paths", &format!("{}/moved", operation.path)), whole.clone()));
        }
        mutants
    },
};
