//! What the parts of the page are called in links.
//!
//! A part keeps its name as long as the contract does, so that a link to it stays good. Names from the contract are encoded, and
//! what separates them isn't, so no two parts have the same.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What isn't encoded: letters, digits, and these.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'-').remove(b'.');

fn segment(name: &str) -> String {
    utf8_percent_encode(name, PLAIN).to_string()
}

/// A mark of the contract's legend.
pub fn mark(word: &str) -> String {
    format!("marks/{}", segment(word))
}

/// A way to prove who one is.
pub fn scheme(name: &str) -> String {
    format!("security/{}", segment(name))
}

/// A group of operations.
pub fn tag(name: &str) -> String {
    format!("tags/{}", segment(name))
}

/// An operation.
pub fn operation(name: &str) -> String {
    format!("operations/{}", segment(name))
}

/// A part of an operation: `parts` lead to it.
pub fn within(operation: &str, parts: &[&str]) -> String {
    let mut id = self::operation(operation);
    for part in parts {
        id.push('/');
        id += &segment(part);
    }
    id
}

/// A schema by its name.
pub fn schema(name: &str) -> String {
    format!("schemas/{}", segment(name))
}

/// A member of the schema with this id.
pub fn member(schema: &str, name: &str) -> String {
    format!("{schema}/{}", segment(name))
}

/// Whatever other members the schema with this id has.
pub fn others(schema: &str) -> String {
    format!("{schema}/*")
}

/// A value that the schema with this id lists.
pub fn value(schema: &str, value: &str) -> String {
    format!("{schema}/={}", segment(value))
}

/// A recording by its short name.
pub fn recording(label: &str) -> String {
    let parts: Vec<String> = label.split('/').map(segment).collect();
    format!("recordings/{}", parts.join("/"))
}
