//! Replaces two kinds of undecodable values in JSON text by `null`:
//!
//! * invalid strings, such as one with an unpaired surrogate
//! * properties that occur twice in the same object

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess};
use serde_json::{Map, Value};

use super::lenient::{Lenient, Scalar};

/// The maximum length of a body that is repaired, in bytes. The decoded values can need ten times as much memory as the body.
const LIMIT: usize = 16 * 1024 * 1024;

/// Returns the body with invalid strings and duplicate properties replaced by `null`. Returns `None` if the body is too long, or if the
/// result isn't valid JSON.
pub(super) fn repair(body: &[u8]) -> Option<Value> {
    if body.len() > LIMIT {
        return None;
    }
    let value: Unique = serde_json::from_slice(&without_invalid_strings(body, b"null")).ok()?;
    Some(value.0)
}

/// Replaces each invalid string. A string value becomes `replacement`, and a property name becomes `"\u{fffd}"`.
pub(crate) fn without_invalid_strings(body: &[u8], replacement: &[u8]) -> Vec<u8> {
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
        if serde_json::from_slice::<String>(string).is_ok() {
            text.extend_from_slice(string);
        } else if after.trim_ascii_start().starts_with(b":") {
            text.extend_from_slice("\"\u{fffd}\"".as_bytes());
        } else {
            text.extend_from_slice(replacement);
        }
        rest = after;
    }
    text.extend_from_slice(rest);
    text
}

/// Returns the length of the JSON string at the beginning of the text, in bytes, with the quotes. Returns `None` if the closing quote is
/// missing.
pub(super) fn string_length(text: &[u8]) -> Option<usize> {
    let mut is_escaped = false;
    let end = text.iter().skip(1).position(|byte| {
        let is_end = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        is_end
    })?;
    Some(end + 2)
}

/// A JSON value in which every duplicate property of an object is `null`.
pub(super) struct Unique(pub(super) Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::optional(deserializer)?.unwrap_or(Self(Value::Null)))
    }
}

impl<'de> Lenient<'de> for Unique {
    fn from_scalar(scalar: Scalar<'_>) -> Option<Self> {
        Some(Self(match scalar {
            Scalar::Bool(value) => value.into(),
            Scalar::Number(value) => value.into(),
            Scalar::Text(text) => text.into(),
        }))
    }

    fn from_array<A: SeqAccess<'de>>(mut elements: A) -> Result<Option<Self>, A::Error> {
        let mut values = Vec::new();
        while let Some(Self(value)) = elements.next_element()? {
            values.push(value);
        }
        Ok(Some(Self(values.into())))
    }

    fn from_object<A: MapAccess<'de>>(mut properties: A) -> Result<Option<Self>, A::Error> {
        let mut values = Map::new();
        while let Some((name, Self(value))) = properties.next_entry::<String, _>()? {
            let is_duplicate = values.contains_key(&name);
            values.insert(name, if is_duplicate { Value::Null } else { value });
        }
        Ok(Some(Self(values.into())))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn only_invalid_strings_and_duplicate_properties_become_null() {
        let body = br#"{"a":1,"a":2,"b":-1,"c":[1.5,true,null],"d":"x\ud83d","e":"\u0061\""}"#;
        let expected = json!({"a": null, "b": -1, "c": [1.5, true, null], "d": null, "e": "a\""});
        assert_eq!(super::repair(body), Some(expected));
    }
}
