//! Decodes a response body. If the body doesn't decode as strict JSON, it is decoded again with undecodable values replaced by
//! `null`.
//!
//! | value | optional property | required property | property that the spec doesn't name |
//! |---|---|---|---|
//! | a string with an unpaired surrogate or with invalid UTF-8 | `None` | error | ignored |
//! | a property that occurs twice | `None` | error | ignored |
//! | a number beyond the range of `f64`, such as `1e999` | error | error | ignored |
//! | a value nested deeper than 128 levels | error | error | ignored |

mod lenient;
mod repair;

use serde_json::Value;
use serde_path_to_error::{Segment, Track};

pub(crate) use lenient::{Lenient, Object, identifier, option, required};

/// Decodes a response body.
///
/// # Errors
///
/// Returns the path of the value that can't be decoded, such as `$[3].id`, and the reason.
pub(crate) fn body<T: for<'de> Lenient<'de>>(body: &[u8]) -> Result<T, String> {
    let mut json = serde_json::Deserializer::from_slice(body);
    if let Ok(value) = T::required(&mut json)
        && json.end().is_ok()
    {
        return Ok(value);
    }
    let (path, message) = match located(body) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let repaired = repair::repair(body).map(|value| located(value.to_string().as_bytes()));
    match repaired {
        Some(Ok(value)) => Ok(value),
        // For an error at the same path, the first message describes the original value and the second one describes `null`.
        Some(Err((other, message))) if !other.starts_with(&path) => {
            Err(format!("{other}: {message}"))
        }
        _ => Err(format!("{path}: {message}")),
    }
}

/// Decodes a response body of any shape.
pub(crate) fn json(body: &[u8]) -> Result<Value, serde_json::Error> {
    serde_json::from_slice(body).or_else(|error| repair::repair(body).ok_or(error))
}

/// Decodes a body, or returns the path of the error and its message. Tracking the path is slower, so this runs only after an error.
fn located<T: for<'de> Lenient<'de>>(body: &[u8]) -> Result<T, (String, String)> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let mut track = Track::new();
    let value = T::required(serde_path_to_error::Deserializer::new(
        &mut json, &mut track,
    ));
    value
        .and_then(|value| json.end().map(|()| value))
        .map_err(|error| {
            let path = track.path();
            let steps = path.iter().map(|segment| match segment {
                Segment::Seq { index } => format!("[{index}]"),
                Segment::Map { key } => format!(".{key}"),
                Segment::Enum { variant } => format!(".{variant}"),
                Segment::Unknown => ".?".to_owned(),
            });
            let path = std::iter::once("$".to_owned()).chain(steps).collect();
            (path, error.to_string())
        })
}

/// Implements [`Lenient`] for a generated struct.
macro_rules! object {
    ($name:ident) => {
        impl<'de> crate::decode::Lenient<'de> for $name {
            fn required<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                deserializer.deserialize_map(crate::decode::Object(::std::marker::PhantomData))
            }

            fn from_object<A: ::serde::de::MapAccess<'de>>(
                properties: A,
            ) -> ::std::result::Result<::std::option::Option<Self>, A::Error> {
                let object = crate::decode::Object(::std::marker::PhantomData);
                ::serde::de::Visitor::visit_map(object, properties).map(::std::option::Option::Some)
            }
        }
    };
}

/// Implements [`Lenient`] for any other generated type.
#[allow(unused_macros, reason = "today's spec has no such type")]
macro_rules! value {
    ($name:ident) => {
        impl<'de> crate::decode::Lenient<'de> for $name {
            fn read<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<::std::option::Option<Self>, D::Error> {
                let value: ::serde_json::Value = ::serde::Deserialize::deserialize(deserializer)?;
                ::std::result::Result::Ok(::serde_json::from_value(value).ok())
            }
        }
    };
}

pub(crate) use object;
#[allow(unused_imports, reason = "today's spec has no such type")]
pub(crate) use value;
