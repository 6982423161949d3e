//! Decodes a response body. If decoding fails, this module replaces invalid strings and duplicate properties by `null`, and decodes
//! the body again. A body of more than 16 MiB isn't decoded again. The table shows the result for each kind of undecodable value:
//!
//! | value | optional property | required property | property that the spec doesn't name |
//! |---|---|---|---|
//! | an invalid string, such as one with an unpaired surrogate | `None` | error, but an extensible enum gets the text `""` | ignored |
//! | a property that occurs twice | `None` | error, but an extensible enum gets the text `""` | ignored |
//! | a number beyond the range of `f64`, such as `1e999` | error | error | ignored |
//! | a value nested deeper than 128 levels | error | error | ignored |

mod lenient;
mod path;
mod repair;

use serde_json::Value;
use serde_json::error::Category;

pub(crate) use lenient::{Lenient, Object, identifier, optional, required};
pub(crate) use repair::without_invalid_strings;

/// Decodes a response body.
///
/// # Errors
///
/// Returns the path of the value that can't be decoded, such as `$[3].id`, and the reason.
pub(crate) fn body<T: for<'de> Lenient<'de>>(body: &[u8]) -> Result<T, String> {
    let error = match strict(body) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    if body.is_empty()
        && let Some(value) = T::from_empty_body()
    {
        return Ok(value);
    }
    let path = error_path(body, &error);
    if let Some(repaired) = repair::repair(body) {
        let repaired = repaired.to_string();
        match strict(repaired.as_bytes()) {
            Ok(value) => return Ok(value),
            Err(second) => {
                let second_path = error_path(repaired.as_bytes(), &second);
                // If both errors are about the same value, the first error is returned. The second error could be about the `null`
                // that replaced the value.
                let rest = second_path.strip_prefix(&path);
                if !rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '['])) {
                    return Err(format!("{second_path}: {second}"));
                }
            }
        }
    }
    Err(format!("{path}: {error}"))
}

/// Decodes a response body as JSON of any structure. Replaces invalid strings and duplicate properties by `null`.
pub(crate) fn json(body: &[u8]) -> Result<Value, serde_json::Error> {
    let value = serde_json::from_slice(body).map(|repair::Unique(value)| value);
    value.or_else(|error| repair::repair(body).ok_or(error))
}

fn strict<T: for<'de> Lenient<'de>>(body: &[u8]) -> serde_json::Result<T> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = T::required(&mut json)?;
    json.end()?;
    Ok(value)
}

/// Returns the path of the value at which decoding stopped, computed from the error's position. The crate `serde_path_to_error`
/// would track the path instead, but the compiler would then generate the decoding code of each type twice.
fn error_path(body: &[u8], error: &serde_json::Error) -> String {
    let lines = body.split_inclusive(|byte| *byte == b'\n');
    let line_start: usize = lines
        .take(error.line().saturating_sub(1))
        .map(<[u8]>::len)
        .sum();
    let mut end = line_start + error.column();
    // The position of a syntax error is after the unexpected byte, which isn't part of a value.
    if error.classify() == Category::Syntax {
        end = end.saturating_sub(1);
    }
    path::at_end(&body[..end.min(body.len())])
}

/// Implements [`Lenient`] for a generated struct with named fields.
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

/// Implements [`Lenient`] for a generated struct without named fields.
#[allow(unused_macros, reason = "the spec has no such type")]
macro_rules! value {
    ($name:ident) => {
        impl<'de> crate::decode::Lenient<'de> for $name {
            fn optional<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<::std::option::Option<Self>, D::Error> {
                let value: ::serde_json::Value = ::serde::Deserialize::deserialize(deserializer)?;
                ::std::result::Result::Ok(::serde_json::from_value(value).ok())
            }
        }
    };
}

pub(crate) use object;
#[allow(unused_imports, reason = "the spec has no such type")]
pub(crate) use value;

#[cfg(test)]
mod tests {
    type Texts = Option<Vec<Option<String>>>;

    #[test]
    fn a_required_nullable_value_becomes_none_only_if_it_is_null() {
        let texts = |body: &str| super::body::<Texts>(body.as_bytes());
        assert_eq!(texts("null"), Ok(None));
        let expected = vec![Some("a".to_owned()), None, Some(String::new())];
        assert_eq!(texts(r#"["a", null, ""]"#), Ok(Some(expected)));
        let error = "$[1]: invalid type: integer `7`, expected a string at line 1 column 7";
        assert_eq!(texts(r#"["a", 7]"#), Err(error.to_owned()));
        assert!(texts("{}").is_err_and(|error| error.contains("expected a sequence")));
    }

    #[test]
    fn an_optional_array_keeps_null_elements_that_the_spec_allows() {
        let texts = super::lenient::optional::<_, Vec<Option<String>>>;
        let body = serde_json::json!([null, "a", 7, {}]);
        let expected = vec![None, Some("a".to_owned())];
        assert_eq!(texts(body).expect("an array"), Some(expected));
    }
}
