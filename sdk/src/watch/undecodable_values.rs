//! Detects values in a report that could contradict a success, but that the lenient decoder replaced by `None`. The lenient decoder
//! decodes every response, and replaces values of an unexpected type.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Unexpected, Visitor};

use crate::decode::{Object, without_invalid_strings};

/// The properties of a report that can contradict a success, with the types of the spec. Unlike the lenient decoder, this type
/// rejects values of other types and duplicate properties.
#[derive(serde::Deserialize)]
#[expect(dead_code, reason = "only the success of decoding counts")]
struct Report {
    steps: Option<Array<Step>>,
    messages: Option<Array<Message>>,
}

#[derive(serde::Deserialize)]
#[expect(dead_code, reason = "only the success of decoding counts")]
struct Step {
    status: Option<String>,
    messages: Option<Array<Message>>,
}

#[derive(serde::Deserialize)]
#[expect(dead_code, reason = "only the success of decoding counts")]
struct Message {
    level: Option<String>,
}

/// An array, or the empty string, which counts as an absent property.
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

/// Returns whether the lenient decoder couldn't read the steps, the messages, a step's status or a message's level in the body of a
/// report.
pub(crate) fn has_undecodable_values(body: &[u8]) -> bool {
    // A string that can't be decoded, such as `"\ud83d"`, becomes `false`. Therefore, decoding fails only if this string is in a
    // property above.
    let body = without_invalid_strings(body, b"false");
    serde_json::from_slice::<Report>(&body).is_err()
}

#[cfg(test)]
mod tests {
    use super::has_undecodable_values;

    #[test]
    fn only_undecodable_values_that_could_contradict_a_success_are_detected() {
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
                assert_eq!(has_undecodable_values(body.as_bytes()), expected, "{body}");
            }
        }
    }
}
