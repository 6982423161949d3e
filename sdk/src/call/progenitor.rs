//! Builds the requests of operations with the generated client. The code generator progenitor generates this client from the spec, with
//! one method for each operation.
//!
//! progenitor writes methods that send a request and decode its response. `sdk/generator/postprocess.rs` shortens these methods so that
//! they only build the request.
//!
//! progenitor's code uses `Error`, `encode_path` and `QueryParam` from the crate `progenitor-client`. This module replaces them, so the
//! SDK doesn't depend on that crate.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use reqwest::Request;
use serde::ser::{Error as _, Serialize, Serializer};
use serde_json::Value;

use crate::error::{Error as CallError, Kind};
use crate::generated;

/// The name of the query parameter that holds the version of the API.
pub(crate) const API_VERSION: &str = "api-version";

/// The error of a generated method that can't build its request.
pub(crate) type Error = Box<dyn std::error::Error + Send + Sync>;

/// The ASCII characters that are percent-encoded in a path segment: `/`, `\`, `%`, and those of the URL standard
/// (<https://url.spec.whatwg.org/#path-percent-encode-set>).
const SEGMENT: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'}')
    .add(b'/')
    .add(b'\\')
    .add(b'%');

/// Returns the generated client that builds requests.
pub(crate) fn client(endpoint: &str, http: &reqwest::Client) -> generated::Client {
    generated::Client {
        baseurl: endpoint.to_owned(),
        client: http.clone(),
    }
}

/// Moves the version of the API from a header to the query. progenitor generates the header, but the service expects a query parameter.
pub(crate) fn with_version_in_query(request: Result<Request, Error>) -> Result<Request, CallError> {
    let mut request = request.map_err(|error| {
        let message = format!("the request can't be built: {error}");
        CallError::new(Kind::Argument, message)
    })?;
    request
        .url_mut()
        .query_pairs_mut()
        .append_pair(API_VERSION, generated::Client::api_version());
    request.headers_mut().remove(API_VERSION);
    Ok(request)
}

/// Percent-encodes a path segment.
pub(crate) fn encode_path(segment: &str) -> String {
    utf8_percent_encode(segment, SEGMENT).to_string()
}

/// A query parameter in OpenAPI's default style (`form` with `explode: true`). For an array, each element becomes a parameter with the
/// same name. For an object, each property becomes a parameter. `None` adds no parameter.
pub(crate) struct QueryParam<'p, T> {
    name: &'p str,
    value: &'p T,
}

#[allow(
    dead_code,
    reason = "the spec's only query parameter is `api-version`, and progenitor doesn't see it: sdk/generator/prepare.rs removes it"
)]
impl<'p, T> QueryParam<'p, T> {
    pub(crate) fn new(name: &'p str, value: &'p T) -> Self {
        Self { name, value }
    }
}

impl<T: Serialize> Serialize for QueryParam<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = |value| match value {
            Value::String(text) => Ok(text),
            Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
            _ => Err(S::Error::custom("a query parameter can't be nested")),
        };
        match serde_json::to_value(self.value).map_err(S::Error::custom)? {
            Value::Null => serializer.collect_seq([(); 0]),
            Value::Array(elements) => {
                let elements: Result<Vec<_>, _> = elements.into_iter().map(text).collect();
                serializer.collect_seq(elements?.iter().map(|element| (self.name, element)))
            }
            Value::Object(properties) => {
                let pairs = properties.into_iter();
                let pairs = pairs.map(|(name, value)| Ok((name, text(value)?)));
                serializer.collect_seq(pairs.collect::<Result<Vec<_>, _>>()?)
            }
            scalar => serializer.collect_seq([(self.name, text(scalar)?)]),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{QueryParam, encode_path};

    #[test]
    fn array_elements_and_object_properties_become_query_parameters() {
        let query = |value| {
            let parameter = QueryParam::new("name", &value);
            serde_json::to_string(&parameter).map_err(|error| error.to_string())
        };
        for (value, expected) in [
            (json!(null), "[]"),
            (json!(0.1), r#"[["name","0.1"]]"#),
            (json!(["a", true]), r#"[["name","a"],["name","true"]]"#),
            (json!({"a": 7, "b": "c"}), r#"[["a","7"],["b","c"]]"#),
        ] {
            assert_eq!(query(value).as_deref(), Ok(expected));
        }
        assert!(query(json!([["a"]])).is_err());
    }

    #[test]
    fn characters_that_would_end_a_path_segment_are_percent_encoded() {
        assert_eq!(encode_path("a/b?c#d%2F é"), "a%2Fb%3Fc%23d%252F%20%C3%A9");
    }
}
