//! The adapter to progenitor: builds an operation's request with the generated client.
//!
//! progenitor's methods also send the request and decode the response. `sdk/generator/postprocess.rs` removes those statements. The
//! statements that remain need only `Error`, `encode_path` and `QueryParam` of the crate `progenitor-client`. This module defines these
//! three items, so that the crate isn't compiled.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use reqwest::Request;
use serde::Serialize;
use serde_json::Value;

use crate::error::{Error as CallError, Kind};
use crate::generated;

/// The name of the query parameter that holds the version of the API.
pub(crate) const API_VERSION: &str = "api-version";

/// The error of a generated method: an argument that can't be sent.
pub(crate) type Error = Box<dyn std::error::Error + Send + Sync>;

/// The ASCII characters that are percent-encoded in a path segment: `/`, `\`, `%`, and the path percent-encode set of the URL standard
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

/// Moves the version of the API from the header that progenitor generates to the query, where the service expects it.
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

/// Encodes a query parameter in OpenAPI's default style (`form` with `explode: true`): an array repeats the name, and the properties of
/// an object become parameters.
pub(crate) struct QueryParam;

#[allow(
    dead_code,
    reason = "no operation has a query parameter except `api-version`, which sdk/generator/prepare.rs removes"
)]
impl QueryParam {
    #[allow(clippy::new_ret_no_self, reason = "the generated code calls `new`")]
    pub(crate) fn new(name: &str, value: &impl Serialize) -> Vec<(String, Value)> {
        match serde_json::to_value(value).unwrap_or_default() {
            Value::Null => Vec::new(),
            Value::Array(elements) => {
                let name = |element| (name.to_owned(), element);
                elements.into_iter().map(name).collect()
            }
            Value::Object(properties) => properties.into_iter().collect(),
            scalar => vec![(name.to_owned(), scalar)],
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{QueryParam, encode_path};

    #[test]
    fn a_query_parameter_repeats_its_name_for_each_element_of_an_array() {
        let query = |value| serde_json::to_string(&QueryParam::new("name", &value)).unwrap();
        assert_eq!(query(json!(null)), "[]");
        assert_eq!(query(json!(7)), r#"[["name",7]]"#);
        assert_eq!(query(json!(["a", "b"])), r#"[["name","a"],["name","b"]]"#);
        assert_eq!(
            query(json!({"a": true, "b": "c"})),
            r#"[["a",true],["b","c"]]"#
        );
    }

    #[test]
    fn a_path_segment_cant_end_the_path_or_contain_another_segment() {
        assert_eq!(encode_path("a/b?c#d%2F é"), "a%2Fb%3Fc%23d%252F%20%C3%A9");
    }
}
