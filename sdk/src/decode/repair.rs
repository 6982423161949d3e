//! Replaces undecodable values in JSON text by `null`; see the parent module.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::map::Entry;
use serde_json::{Map, Number, Value};

/// The maximum length of a body that is repaired, in bytes. The decoded values can need ten times as much memory.
const LIMIT: usize = 16 * 1024 * 1024;

/// Returns the body with undecodable values replaced by `null`, or `None` when the result isn't JSON or the body is too long.
pub(super) fn repair(body: &[u8]) -> Option<Value> {
    if body.len() > LIMIT {
        return None;
    }
    let Unique(value) = serde_json::from_slice(&without_invalid_strings(body)).ok()?;
    Some(value)
}

/// Replaces each string that isn't valid Unicode. A string value becomes `null`, and a property name becomes `"\u{fffd}"`.
fn without_invalid_strings(body: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(start) = rest.iter().position(|byte| *byte == b'"') {
        let (before, string) = rest.split_at(start);
        text.extend_from_slice(before);
        let Some(length) = string_length(string) else {
            rest = string;
            break;
        };
        let (string, after) = string.split_at(length);
        if serde_json::from_slice::<&str>(string).is_ok()
            || serde_json::from_slice::<String>(string).is_ok()
        {
            text.extend_from_slice(string);
        } else if after.trim_ascii_start().starts_with(b":") {
            text.extend_from_slice("\"\u{fffd}\"".as_bytes());
        } else {
            text.extend_from_slice(b"null");
        }
        rest = after;
    }
    text.extend_from_slice(rest);
    text
}

/// Returns the length of the string at the beginning of the text, with its quotes.
fn string_length(text: &[u8]) -> Option<usize> {
    let mut escaped = false;
    let end = text.iter().skip(1).position(|byte| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    })?;
    Some(end + 2)
}

/// A JSON value in which every duplicate property of an object is `null`.
struct Unique(Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor).map(Self)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Unique(value)) = elements.next_element()? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut properties: A) -> Result<Value, A::Error> {
        let mut values = Map::new();
        while let Some((name, Unique(value))) = properties.next_entry::<String, _>()? {
            match values.entry(name) {
                Entry::Vacant(entry) => {
                    entry.insert(value);
                }
                Entry::Occupied(mut entry) => {
                    entry.insert(Value::Null);
                }
            }
        }
        Ok(values.into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::repair;

    #[test]
    fn undecodable_values_become_null() {
        for (body, expected) in [
            (
                &br#"{"a":"x\ud83d","b":"\ud83d\ude00"}"#[..],
                Some(json!({"a": null, "b": "😀"})),
            ),
            (b"[\"\xff\",\"\\\"\"]", Some(json!([null, "\""]))),
            (br#"{"a":1,"a":2,"b":3}"#, Some(json!({"a": null, "b": 3}))),
            (b"{\"\xff\" : 1}", Some(json!({"\u{fffd}": 1}))),
            (
                br#"{"a":-1,"b":1.5,"c":[true,null]}"#,
                Some(json!({"a": -1, "b": 1.5, "c": [true, null]})),
            ),
            (br#"{"a":"#, None),
            (br#"["a"#, None),
            (b"[1e999]", None),
            (b"", None),
        ] {
            assert_eq!(repair(body), expected, "{}", String::from_utf8_lossy(body));
        }
    }
}
