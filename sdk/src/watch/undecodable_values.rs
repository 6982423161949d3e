//! Detects values of a status report that can't be decoded but could show a failure, such as `"steps":7`. The SDK's lenient decoder
//! drops such values. Without this check, the report could look like a success.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Unexpected, Visitor};

use crate::decode::{Object, without_invalid_strings};

/// The properties of a report that can show a failure, with the types of the spec. Unlike the lenient decoder, this type rejects
/// values of other types and duplicate properties.
#[derive(serde::Deserialize)]
#[expect(dead_code, reason = "the values are decoded, but not used")]
struct Report {
    steps: Option<Array<Step>>,
    messages: Option<Array<Message>>,
}

#[derive(serde::Deserialize)]
#[expect(dead_code, reason = "the values are decoded, but not used")]
struct Step {
    status: Option<String>,
    messages: Option<Array<Message>>,
}

#[derive(serde::Deserialize)]
#[expect(dead_code, reason = "the values are decoded, but not used")]
struct Message {
    level: Option<String>,
}

/// An array. The empty string is also accepted, because the lenient decoder treats such a property as absent.
struct Array<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Array<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self(PhantomData))
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Array<T> {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self, E> {
        if text.is_empty() {
            return Ok(self);
        }
        Err(E::invalid_type(Unexpected::Str(text), &self))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self, A::Error> {
        let object = || Object::<T>(PhantomData);
        while elements.next_element_seed(object())?.is_some() {}
        Ok(self)
    }
}

/// Returns whether one of these properties is undecodable or occurs twice: `steps`, `messages`, a step's `status`, a message's `level`.
pub(crate) fn could_hide_failure(body: &[u8]) -> bool {
    // Replaces strings that can't be decoded, such as `"\ud83d"`, by `false`. In the properties of `Report`, `Step` and `Message`,
    // `false` is an error. In any other property, `false` is ignored.
    let body = without_invalid_strings(body, b"false");
    serde_json::from_slice::<Report>(&body).is_err()
}

#[cfg(test)]
mod tests {
    use super::could_hide_failure;

    #[test]
    fn only_undecodable_values_that_could_hide_a_failure_are_detected() {
        let harmless = [
            "",
            r#","steps":null,"messages":"""#,
            r#","steps":[{"status":"skipped","messages":[{"level":"notice"}]}]"#,
            r#","steps":[{"status":"","id":7}],"messages":[{"level":null}]"#,
            r#","messages":[{"level":"info","messageHtml":"x\ud83d"}]"#,
            r#","liveLinks":7,"liveLinks":8"#,
            ",\"messages\":[{\"level\":\"info\",\"messageHtml\":\"a\u{1}b\"}]",
        ];
        let detected = [
            r#","steps":[],"steps":[]"#,
            r#","messages":[],"messages":[]"#,
            r#","steps":{"id":"a"}"#,
            r#","steps":"x""#,
            r#","steps":["rejected"]"#,
            r#","steps":[{"status":["rejected"]}]"#,
            r#","steps":[{"status":"rejected","status":"complete"}]"#,
            r#","steps":[{"status":"x\ud83d"}]"#,
            r#","steps":[["rejected",null]]"#,
            r#","messages":[["error"]]"#,
            r#","steps":[null]"#,
            r#","steps":[{"messages":7}]"#,
            r#","steps":[{"messages":[{"level":3}]}]"#,
            r#","messages":[{"level":{}}]"#,
            r#","messages":[{"level":"error","level":"info"}]"#,
        ];
        for (properties, expected) in [(&harmless[..], false), (&detected, true)] {
            for properties in properties {
                let body = format!(r#"{{"status":"succeeded"{properties}}}"#);
                assert_eq!(could_hide_failure(body.as_bytes()), expected, "{body}");
            }
        }
    }
}
