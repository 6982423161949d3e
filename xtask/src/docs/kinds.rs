//! The types of values, with links to the schemas that have a place of their own.

use maud::{Markup, html};
use serde_json::Value;

use super::book::Book;

/// How deep a type is written out; a deeper one can only be a circle.
const DEEPEST: usize = 8;

/// How a schema is made of others, and the words for it.
pub const MADE_OF: [(&str, &str); 3] = [
    ("allOf", "all of "),
    ("oneOf", "one of "),
    ("anyOf", "any of "),
];

impl Book<'_> {
    /// The type of the schema at a JSON pointer: a link, if it has a place of its own.
    pub fn kind(&self, pointer: &str) -> Markup {
        html! {
            (self.name_or_shape(pointer, 0))
            @if self.nullable(pointer) { span.or-null { ", or null" } }
        }
    }

    /// The same for what has the place: its name alone would say nothing.
    pub fn shape(&self, pointer: &str) -> Markup {
        // A second name for another schema: that one's name does say something.
        if self
            .get(pointer)
            .is_some_and(|schema| schema.get("$ref").is_some())
        {
            return self.kind(pointer);
        }
        html! {
            (self.written_out(pointer, 0))
            @if self.nullable(pointer) { span.or-null { ", or null" } }
        }
    }

    fn nullable(&self, pointer: &str) -> bool {
        let facets = self.checker.facets(pointer, None);
        facets
            .iter()
            .any(|(_, schema)| schema.get("nullable") == Some(&Value::Bool(true)))
    }

    fn name_or_shape(&self, pointer: &str, depth: usize) -> Markup {
        let resolved = self.document().resolve(pointer);
        let pointer = resolved.as_ref().map_or(pointer, |(pointer, _)| pointer);
        match self.sections.at(pointer) {
            Some(section) => html! { a href={ "#" (section.id) } { code { (section.name) } } },
            None => self.written_out(pointer, depth),
        }
    }

    fn written_out(&self, pointer: &str, depth: usize) -> Markup {
        let schema = self.get(pointer);
        let word = |key: &str| schema.and_then(|schema| schema.get(key)?.as_str());
        if depth > DEEPEST {
            return html! { "…" };
        }
        for (key, words) in MADE_OF {
            let parts = schema.and_then(|schema| schema.get(key)?.as_array());
            if let Some(parts) = parts {
                return html! {
                    (words)
                    @for index in 0..parts.len() {
                        @if index > 0 { ", " }
                        (self.name_or_shape(&format!("{pointer}/{key}/{index}"), depth + 1))
                    }
                };
            }
        }
        let inner = |key: &str| {
            let pointer = format!("{pointer}/{key}");
            let is_schema = self.get(&pointer).is_some_and(Value::is_object);
            is_schema.then(|| self.name_or_shape(&pointer, depth + 1))
        };
        match (word("type"), inner("items"), inner("additionalProperties")) {
            (Some("array"), Some(items), _) => html! { "array of " (items) },
            (Some("object"), _, Some(others)) => html! { "object of " (others) },
            (Some(kind), ..) => {
                html! { (kind) @if let Some(format) = word("format") { " (" (format) ")" } }
            }
            (None, ..) => html! { "anything" },
        }
    }
}
