//! What a schema asks of a value beyond its type, in words.

use maud::{Markup, html};
use serde_json::Value;

use super::book::{Book, json};
use crate::generator::contract::pointer_segment;

/// The words that are followed by the value that the contract has.
const FOLLOWED: [(&str, &str); 14] = [
    ("default", "Default"),
    ("pattern", "Must match"),
    ("minLength", "Characters at least"),
    ("maxLength", "Characters at most"),
    ("minimum", "At least"),
    ("maximum", "At most"),
    ("exclusiveMinimum", "Without the least"),
    ("exclusiveMaximum", "Without the most"),
    ("multipleOf", "A multiple of"),
    ("minItems", "Elements at least"),
    ("maxItems", "Elements at most"),
    ("minProperties", "Members at least"),
    ("maxProperties", "Members at most"),
    ("x-timestamp", "A time as text, in"),
];

/// The words that stand alone.
const ALONE: [(&str, &str); 5] = [
    ("uniqueItems", "No element twice"),
    ("readOnly", "Only in answers"),
    ("writeOnly", "Only in requests"),
    ("deprecated", "Deprecated"),
    ("x-link", "A link, in whichever form it comes"),
];

impl Book<'_> {
    /// What the schema at a JSON pointer asks, and its example. A reference says nothing here: it leads to where that is said.
    pub fn details(&self, pointer: &str) -> Markup {
        let Some(schema) = self.get(pointer) else {
            return html! {};
        };
        let items = self.get(&format!("{pointer}/items"));
        html! {
            @for words in self.said(pointer, schema) { p.detail { (words) } }
            @if let Some(items) = items {
                @for words in self.said(&format!("{pointer}/items"), items) { p.detail { "Each: " (words) } }
            }
            (example(schema))
        }
    }

    fn said(&self, pointer: &str, schema: &Value) -> Vec<Markup> {
        let followed = FOLLOWED.iter().filter_map(|(key, words)| {
            let value = schema.get(key)?;
            Some(html! { (words) " " (plain(value)) })
        });
        let alone = ALONE.iter().filter_map(|(key, words)| {
            let said = schema.get(key) == Some(&Value::Bool(true));
            said.then(|| html! { (words) })
        });
        let closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
        let closed = closed.then(|| html! { "No other members" });
        followed
            .chain(alone)
            .chain(closed)
            .chain(self.others(pointer, schema))
            .collect()
    }

    /// Marks that nobody here knows are shown as they are, and a reference as what it leads to.
    fn others(&self, pointer: &str, schema: &Value) -> impl Iterator<Item = Markup> {
        let members = schema.as_object().into_iter().flatten();
        let known = |key: &str| {
            let words = FOLLOWED.iter().chain(&ALONE);
            key == "x-extensible-enum" || words.map(|(known, _)| known).any(|known| *known == key)
        };
        members
            .filter(move |(key, _)| key.starts_with("x-") && !known(key))
            .map(move |(key, value)| {
                let value = if value.get("$ref").is_some() {
                    self.kind(&format!("{pointer}/{}", pointer_segment(key)))
                } else {
                    plain(value)
                };
                html! { code { (key) } ": " (value) }
            })
    }
}

/// The example of a value, if the contract has one.
pub fn example(owner: &Value) -> Markup {
    html! {
        @if let Some(example) = owner.get("example") { p.detail { "Example: " (json(example)) } }
    }
}

/// A text as it is, anything else as JSON.
fn plain(value: &Value) -> Markup {
    match value.as_str() {
        Some(text) => html! { code { (text) } },
        None => json(value),
    }
}
