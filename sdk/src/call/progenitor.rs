//! The adapter to progenitor: builds an operation's request with the generated client.
//!
//! The methods that progenitor generates also send the request and decode the response, which `sdk/generator/postprocess.rs`
//! removes. The functions here replace those of `progenitor-client` that the remaining statements call, because the rest of that
//! crate would be compiled for nothing.

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

/// The ASCII characters that are percent-encoded in a path segment: the path percent-encode set of the URL standard
/// (<https://url.spec.whatwg.org/#path-percent-encode-set>), and the characters that separate or encode segments.
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
pub(crate) fn request(request: Result<Request, Error>) -> Result<Request, CallError> {
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

/// A query parameter in the style `form` with `explode: true`, the default of OpenAPI: an array repeats the name, and the properties
/// of an object become parameters.
pub(crate) struct QueryParam;

#[allow(
    dead_code,
    reason = "no operation of today's spec has an optional query parameter"
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
