//! The list of changes between two specs, and helpers for the comparisons of operations and schemas.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::report::{Finding, Place};
use crate::spec::Node;

/// The changes without duplicates: a part to which several operations refer is compared once per operation.
#[derive(Default)]
pub struct Changes(BTreeMap<(String, String), Change>);

struct Change {
    place: Place,
    breaks: Option<&'static str>,
}

impl Changes {
    /// Adds a change of a part. `breaks` is the reason why a client that was written for the base may stop working. A change that is
    /// breaking for one operation is breaking, even if it is compatible for another operation.
    pub fn add(&mut self, part: &Node<'_>, what: impl Into<String>, breaks: Option<&'static str>) {
        let change = self.0.entry((part.pointer.clone(), what.into()));
        let change = change.or_insert_with(|| Change {
            place: Place::in_spec(part.spec, &part.pointer),
            breaks,
        });
        change.breaks = change.breaks.or(breaks);
    }

    /// Returns the number of changes and the number of breaking changes.
    pub fn count(&self) -> (usize, usize) {
        let breaking = self.0.values().filter(|change| change.breaks.is_some());
        (self.0.len(), breaking.count())
    }

    /// Returns the changes as notes.
    pub fn findings(self) -> impl Iterator<Item = Finding> {
        self.0.into_iter().map(|((_, what), change)| {
            let note = match change.breaks {
                Some(why) => Finding::note("breaking", format!("{what}: {why}")),
                None => Finding::note("compatible", what),
            };
            note.in_spec(change.place)
        })
    }
}

/// The entries of a mapping by name.
pub type Parts<'s> = BTreeMap<String, Node<'s>>;

/// Returns the entries of the mapping `keyword`, with references followed. Names of headers are in lower case.
pub fn parts<'s>(node: &Node<'s>, keyword: &str) -> Parts<'s> {
    let parts = node.children(keyword).into_iter();
    if keyword == "headers" {
        return parts
            .map(|(name, header)| (name.to_ascii_lowercase(), header))
            .collect();
    }
    parts.collect()
}

/// Returns each name with its entries in the old and the new mapping.
pub fn pairs<'p, 's>(
    old: &'p Parts<'s>,
    new: &'p Parts<'s>,
) -> impl Iterator<Item = (&'p str, Option<&'p Node<'s>>, Option<&'p Node<'s>>)> {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    names
        .into_iter()
        .map(|name| (name.as_str(), old.get(name), new.get(name)))
}

/// Returns each keyword that has another value, with a message and both values. Extensions are left out.
pub fn changed_keywords<'s>(
    old: &Node<'s>,
    new: &Node<'s>,
) -> impl Iterator<Item = (&'s str, String, [Option<&'s Value>; 2])> {
    let keywords = |node: &Node<'s>| node.value.as_object().into_iter().flat_map(Map::keys);
    let keywords: BTreeSet<&String> = keywords(old).chain(keywords(new)).collect();
    let (old, new) = (old.value, new.value);
    let different = keywords.into_iter().filter_map(move |keyword| {
        let (before, after) = (old.get(keyword), new.get(keyword));
        let what = format!(
            "`{keyword}` was {}, now {}",
            in_quotes(before),
            in_quotes(after)
        );
        (before != after).then_some((keyword.as_str(), what, [before, after]))
    });
    different.filter(|(keyword, ..)| !keyword.starts_with("x-"))
}

fn in_quotes(value: Option<&Value>) -> String {
    value.map_or("absent".to_owned(), |value| format!("`{value}`"))
}
