//! One difference between two versions of the spec, and the list of all of them.

use std::collections::BTreeMap;

use serde::Serialize;

/// A difference between the base and the spec.
#[derive(Serialize)]
pub struct Change {
    /// The JSON pointer of the part in the spec, or in the base if the spec doesn't have it.
    pub pointer: String,
    /// What was changed, in a sentence without a full stop.
    pub what: String,
    /// Why a client that was written for the base may stop working; `None` if the change is backward compatible.
    pub breaks: Option<String>,
}

/// The differences, sorted by place, each once: an object that several operations refer to is compared for each of them.
#[derive(Default)]
pub struct Changes(BTreeMap<(String, String), Option<String>>);

impl Changes {
    /// Adds a backward compatible change.
    pub fn compatible(&mut self, pointer: &str, what: impl Into<String>) {
        self.add(pointer, what.into(), None);
    }

    /// Adds a breaking change, with the reason.
    pub fn breaking(&mut self, pointer: &str, what: impl Into<String>, why: &str) {
        self.add(pointer, what.into(), Some(why.to_owned()));
    }

    /// Adds a change. One that breaks for one operation is breaking, even if it is compatible for another.
    pub fn add(&mut self, pointer: &str, what: String, breaks: Option<String>) {
        let known = self.0.entry((pointer.to_owned(), what)).or_default();
        if known.is_none() {
            *known = breaks;
        }
    }

    /// Returns the changes.
    pub fn finish(self) -> Vec<Change> {
        let changes = self.0.into_iter();
        changes
            .map(|((pointer, what), breaks)| Change {
                pointer,
                what,
                breaks,
            })
            .collect()
    }
}
