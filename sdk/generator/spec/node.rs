//! Parts of the spec, and references between them.

use serde_json::Value;

use super::load::{Spec, pointer_segment};

/// A part of the spec, with its place.
#[derive(Clone)]
pub struct Node<'s> {
    /// The spec.
    pub spec: &'s Spec,
    /// The JSON pointer of the part.
    pub pointer: String,
    /// The part itself.
    pub value: &'s Value,
}

impl Spec {
    /// Returns the part at a JSON pointer, without following references.
    #[must_use]
    pub fn at(&self, pointer: &str) -> Option<Node<'_>> {
        Some(Node {
            spec: self,
            pointer: pointer.to_owned(),
            value: self.value.pointer(pointer)?,
        })
    }

    /// Returns the part at a JSON pointer, with references followed. The result has the pointer of the reference's target. Returns
    /// `None` if a reference has no target, refers to another file, or is part of a cycle.
    #[must_use]
    pub fn resolve(&self, pointer: &str) -> Option<Node<'_>> {
        self.at(pointer)?.followed()
    }
}

impl<'s> Node<'s> {
    /// Returns the property or element `key`, with references followed.
    #[must_use]
    pub fn child(&self, key: &str) -> Option<Node<'s>> {
        self.written(key)?.followed()
    }

    /// Returns the property or element `key`, without following references.
    #[must_use]
    pub fn written(&self, key: &str) -> Option<Node<'s>> {
        let value = match self.value {
            Value::Array(elements) => elements.get(key.parse::<usize>().ok()?)?,
            value => value.get(key)?,
        };
        Some(Node {
            spec: self.spec,
            pointer: format!("{}/{}", self.pointer, pointer_segment(key)),
            value,
        })
    }

    /// Returns the part with references followed; see [`Spec::resolve`].
    pub(super) fn followed(self) -> Option<Node<'s>> {
        let mut node = self;
        // Real chains have one or two references; a chain of more than 16 is a cycle.
        for _ in 0..16 {
            match node.text("$ref") {
                None => return Some(node),
                Some(reference) => node = node.spec.at(&target(reference)?)?,
            }
        }
        None
    }

    /// Returns the entries of this mapping or list, without following references.
    #[must_use]
    pub fn entries(&self) -> Vec<Node<'s>> {
        let keys: Vec<String> = match self.value {
            Value::Object(named) => named.keys().cloned().collect(),
            Value::Array(elements) => (0..elements.len()).map(|index| index.to_string()).collect(),
            _ => Vec::new(),
        };
        keys.iter().filter_map(|key| self.written(key)).collect()
    }

    /// Returns the entries of the mapping or list `key` by name or index, with references followed. Extensions and references
    /// without a target are left out.
    #[must_use]
    pub fn children(&self, key: &str) -> Vec<(String, Node<'s>)> {
        let entries = self.written(key).map(|parent| parent.entries());
        let entries = entries.into_iter().flatten();
        entries
            .map(|entry| (entry.key(), entry))
            .filter(|(name, _)| !is_extension(key, name))
            .filter_map(|(name, entry)| Some((name, entry.followed()?)))
            .collect()
    }

    /// Returns the name or index of the part in its parent.
    #[must_use]
    pub fn key(&self) -> String {
        let last = self.pointer.rsplit('/').next().unwrap_or_default();
        last.replace("~1", "/").replace("~0", "~")
    }

    /// Returns the text of the property `key`.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&'s str> {
        self.value.get(key)?.as_str()
    }

    /// Returns whether the property `key` exists.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.value.get(key).is_some()
    }

    /// Returns whether the property `key` is `true`.
    #[must_use]
    pub fn is(&self, key: &str) -> bool {
        self.value.get(key) == Some(&Value::Bool(true))
    }
}

/// Returns whether a name in the mapping `keyword` is an extension. In other mappings, a name may begin with `x-`.
pub(super) fn is_extension(keyword: &str, name: &str) -> bool {
    matches!(keyword, "paths" | "responses" | "callbacks") && name.starts_with("x-")
}

/// Returns the JSON pointer of a reference into the same file, such as `#/paths/~1a~1%7Bid%7D`.
fn target(reference: &str) -> Option<String> {
    let fragment = reference.strip_prefix('#')?;
    let mut bytes = Vec::new();
    let mut rest = fragment.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            other => other,
        });
    }
    let pointer = String::from_utf8(bytes).ok()?;
    pointer.starts_with('/').then_some(pointer)
}
