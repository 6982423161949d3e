//! Detects values that could contradict a success, but that the lenient decoder replaced by `None`.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Unexpected, Visitor};

/// The properties of a report that can contradict a success, with the types of the spec. Unlike the lenient decoder, serde rejects
/// any other type, and a property that occurs twice.
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

/// An array, or the empty string, which is equivalent to an absent property.
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
        while elements.next_element::<T>()?.is_some() {}
        Ok(self)
    }
}

/// Returns whether the steps, the messages, a step's status or a message's level in this body of a report couldn't be read.
pub(crate) fn has_unread_values(body: &[u8]) -> bool {
    serde_json::from_slice::<Report>(body).is_err()
}

#[cfg(test)]
mod tests {
    use super::has_unread_values;

    #[test]
    fn undecodable_values_that_could_contradict_a_success_are_detected() {
        for (properties, expected) in [
            ("", false),
            (r#","steps":null,"messages":"""#, false),
            (
                r#","steps":[{"status":"skipped","messages":[{"level":"notice"}]}]"#,
                false,
            ),
            (
                r#","steps":[{"status":"","id":7}],"messages":[{"level":null}]"#,
                false,
            ),
            (
                r#","messages":[{"level":"info","messageHtml":"x\ud83d"}]"#,
                false,
            ),
            (r#","liveLinks":7,"liveLinks":8"#, false),
            (r#","steps":[],"steps":[]"#, true),
            (r#","messages":[],"messages":[]"#, true),
            (r#","steps":{"id":"a"}"#, true),
            (r#","steps":"x""#, true),
            (r#","steps":["rejected"]"#, true),
            (r#","steps":[{"status":["rejected"]}]"#, true),
            (
                r#","steps":[{"status":"rejected","status":"complete"}]"#,
                true,
            ),
            (r#","steps":[{"status":"x\ud83d"}]"#, true),
            (r#","steps":[{"messages":7}]"#, true),
            (r#","steps":[{"messages":[{"level":3}]}]"#, true),
            (r#","messages":[{"level":{}}]"#, true),
            (r#","messages":[{"level":"error","level":"info"}]"#, true),
        ] {
            let body = format!(r#"{{"status":"succeeded"{properties}}}"#);
            assert_eq!(has_unread_values(body.as_bytes()), expected, "{body}");
        }
    }
}
