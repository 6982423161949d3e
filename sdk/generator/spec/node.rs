//! Defines [`Node`], a value in the spec. Its methods return the values inside it, and follow references.

use serde_json::Value;

use super::load::{Spec, pointer_segment};

/// A value in the spec, with its JSON pointer.
#[derive(Clone)]
pub struct Node<'s> {
    /// The spec.
    pub spec: &'s Spec,
    /// The JSON pointer of the value.
    pub pointer: String,
    /// The value itself.
    pub value: &'s Value,
}

impl Spec {
    /// Returns the value at a JSON pointer, without following references.
    pub fn at(&self, pointer: &str) -> Option<Node<'_>> {
        Some(Node {
            spec: self,
            pointer: pointer.to_owned(),
            value: self.value.pointer(pointer)?,
        })
    }
}

impl<'s> Node<'s> {
    /// Returns the property or element `key`, with references followed.
    pub fn child(&self, key: &str) -> Option<Node<'s>> {
        self.written(key)?.followed()
    }

    /// Returns the property or element `key`, without following references.
    pub fn written(&self, key: &str) -> Option<Node<'s>> {
        let inside = format!("/{}", pointer_segment(key));
        Some(Node {
            spec: self.spec,
            pointer: format!("{}{inside}", self.pointer),
            value: self.value.pointer(&inside)?,
        })
    }

    /// If this value is a reference, returns its target with the target's JSON pointer. Otherwise, returns the value itself. Returns
    /// `None` if a reference has no target, refers to another file, or is part of a cycle.
    pub fn followed(self) -> Option<Node<'s>> {
        let mut node = self;
        // A chain of more than 16 references counts as a cycle.
        for _ in 0..=16 {
            match node.text("$ref") {
                None => return Some(node),
                Some(reference) if reference.starts_with("#/") => {
                    node = node.spec.at(&reference[1..])?;
                }
                Some(_) => return None,
            }
        }
        None
    }

    /// Returns the entries of this mapping or list, without following references.
    pub fn entries(&self) -> Vec<Node<'s>> {
        let keys: Vec<String> = match self.value {
            Value::Object(named) => named.keys().cloned().collect(),
            Value::Array(elements) => (0..elements.len()).map(|index| index.to_string()).collect(),
            _ => Vec::new(),
        };
        keys.iter().filter_map(|key| self.written(key)).collect()
    }

    /// Returns the entries of the mapping or list at the property `key`, with references followed. Each entry has its name in the mapping,
    /// or its index in the list. Leaves out extensions, and references that [`followed`](Self::followed) can't follow.
    pub fn children(&self, key: &str) -> Vec<(String, Node<'s>)> {
        let entries = self.written(key).map(|parent| parent.entries());
        let entries = entries.into_iter().flatten();
        entries
            .map(|entry| (entry.key(), entry))
            .filter(|(name, _)| !is_extension(key, name))
            .filter_map(|(name, entry)| Some((name, entry.followed()?)))
            .collect()
    }

    /// Returns the elements of the list at the property `key`, or an empty slice if the property isn't a list.
    pub fn list(&self, key: &str) -> &'s [Value] {
        let list = self.value.get(key).and_then(Value::as_array);
        list.map_or(&[], Vec::as_slice)
    }

    /// Returns the name or index of the value in its parent.
    pub fn key(&self) -> String {
        let last = self.pointer.rsplit('/').next().unwrap_or_default();
        last.replace("~1", "/").replace("~0", "~")
    }

    /// Returns the text of the property `key`, or `None` if the property isn't a string.
    pub fn text(&self, key: &str) -> Option<&'s str> {
        self.value.get(key)?.as_str()
    }

    /// Returns the description of this object without surrounding white space, or an empty text if there is no description.
    pub fn description(&self) -> &'s str {
        self.text("description").unwrap_or_default().trim()
    }

    /// Returns whether the property `key` exists.
    pub fn has(&self, key: &str) -> bool {
        self.value.get(key).is_some()
    }

    /// Returns whether the property `key` is `true`.
    pub fn is(&self, key: &str) -> bool {
        self.value.get(key) == Some(&Value::Bool(true))
    }
}

/// Returns whether `name`, in the mapping at the property `key`, is the name of an extension, such as `x-evidence`.
///
/// The function is for mappings in which the author of the spec chooses the names, such as `paths` and `properties`. Only `paths` and
/// `responses` can contain extensions. In `properties`, for example, `x-total` is the name of a property.
pub(super) fn is_extension(key: &str, name: &str) -> bool {
    matches!(key, "paths" | "responses") && name.starts_with("x-")
}
