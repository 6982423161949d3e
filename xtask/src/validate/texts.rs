//! Validates the query parameters and headers of a recording, which the spec describes in the same way for requests and responses.

use std::collections::BTreeMap;

use super::checker::Check;
use super::codes::Code;
use crate::spec::{Node, pointer_segment};

/// A mapping of names to texts in a recording, and the codes of its findings.
pub(super) struct Texts {
    /// The JSON pointer of the mapping.
    pub pointer: &'static str,
    /// `parameter` or `header`.
    pub noun: &'static str,
    /// Whether the names are those of headers, which are in lower case in recordings.
    pub are_headers: bool,
    /// The code for a required name that is missing.
    pub missing: &'static Code,
    /// The code for a text that is invalid against its schema.
    pub invalid: &'static Code,
    /// The code and message for a name that the spec doesn't describe.
    pub unknown: (&'static Code, &'static str),
    /// The names that the spec describes elsewhere, or that every client sends.
    pub usual: &'static [&'static str],
}

impl<'s> Check<'_, 's> {
    /// Validates a mapping of names to texts. `described` has the names and descriptions in the spec, and `owner` is the JSON pointer of
    /// the part of the spec that contains them.
    pub fn texts(
        &mut self,
        texts: &Texts,
        described: &[(String, Node<'s>)],
        values: &BTreeMap<String, String>,
        owner: &str,
    ) {
        let mut unknown: BTreeMap<&String, &String> = values.iter().collect();
        for (name, node) in described {
            let key = if texts.are_headers {
                name.to_lowercase()
            } else {
                name.clone()
            };
            if let Some(value) = unknown.remove(&key) {
                let pointer = format!("{}/{}", texts.pointer, pointer_segment(&key));
                self.text(node, value, texts.invalid, &pointer);
            } else if node.is("required") {
                let noun = texts.noun;
                let message = format!("the required {noun} `{name}` is missing");
                self.add(texts.missing, texts.pointer, message, &node.pointer);
            }
        }
        for name in unknown.into_keys() {
            if !texts.usual.contains(&name.as_str()) {
                let pointer = format!("{}/{}", texts.pointer, pointer_segment(name));
                let (code, message) = texts.unknown;
                self.add(code, &pointer, message, owner);
            }
        }
    }
}
