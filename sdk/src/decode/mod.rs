//! Decoding of a response body: first strictly as JSON, and then, if it doesn't decode, with odd values replaced by `null`.
//!
//! A value is odd when no Rust value can hold it: a string with half of a surrogate pair or with invalid UTF-8, or a property
//! that occurs twice. In an optional property it costs no more than itself. In a required property it remains an error, because
//! `null` is none of its values. Numbers beyond the range of `f64` (`1e999`) and values nested deeper than 128 levels are
//! always errors, unless they are in a property that the spec doesn't name.

mod lenient;
mod repair;

use serde_json::Value;
use serde_path_to_error::{Segment, Track};

pub(crate) use lenient::{Lenient, Object, object, option, required};
#[allow(unused_imports, reason = "today's spec has no such type")]
pub(crate) use lenient::{through_value, value};

/// An error of decoding, with the place in the body.
struct Located {
    path: String,
    message: String,
}

/// Decodes a response body.
///
/// # Errors
///
/// The path of the value that can't be decoded, such as `$[3].id`, and why.
pub(crate) fn body<T: for<'de> Lenient<'de>>(body: &[u8]) -> Result<T, String> {
    let mut json = serde_json::Deserializer::from_slice(body);
    if let Ok(value) = T::required(&mut json)
        && json.end().is_ok()
    {
        return Ok(value);
    }
    let error = match located(body) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let repaired = repair::repair(body).map(|value| located(value.to_string().as_bytes()));
    match repaired {
        Some(Ok(value)) => Ok(value),
        // The first error says more about the same value, which is `null` when it is repaired.
        Some(Err(other)) if !other.path.starts_with(&error.path) => Err(other.into_message()),
        _ => Err(error.into_message()),
    }
}

/// Decodes a response body of any shape.
pub(crate) fn json(body: &[u8]) -> Result<Value, serde_json::Error> {
    serde_json::from_slice(body).or_else(|error| repair::repair(body).ok_or(error))
}

/// Decodes once more, and keeps track of the path. Only for errors, because it is slower.
fn located<T: for<'de> Lenient<'de>>(body: &[u8]) -> Result<T, Located> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let mut track = Track::new();
    let value = T::required(serde_path_to_error::Deserializer::new(
        &mut json, &mut track,
    ));
    let error = match value.and_then(|value| json.end().map(|()| value)) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let path = track.path();
    let steps = path.iter().map(|segment| match segment {
        Segment::Seq { index } => format!("[{index}]"),
        Segment::Map { key } => format!(".{key}"),
        Segment::Enum { variant } => format!(".{variant}"),
        Segment::Unknown => ".?".to_owned(),
    });
    Err(Located {
        path: std::iter::once("$".to_owned()).chain(steps).collect(),
        message: error.to_string(),
    })
}

impl Located {
    fn into_message(self) -> String {
        format!("{}: {}", self.path, self.message)
    }
}
