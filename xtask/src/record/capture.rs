//! A request and its response as they were received, before anything is replaced. The type has no `Debug`, and nothing writes
//! it: a capture leaves the program only through the [sanitiser](super::sanitise::Sanitiser).

use std::collections::BTreeMap;

use cloud_partner_recordings::recording::Body;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};
use reqwest::Url;

use crate::spec::Operation;

/// The characters that are percent-encoded in a segment of a path: all but the unreserved ones of RFC 3986.
pub const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A request and its response.
pub struct Capture {
    /// The name in messages, such as `entry 3` or the operation's path; it holds no value of the request.
    pub name: String,
    /// The HTTP method.
    pub method: String,
    /// The path, percent-encoded.
    pub path: String,
    /// The query parameters, decoded.
    pub query: Vec<(String, String)>,
    /// The status code.
    pub status: u16,
    /// The response headers by lower-case name; of several with the same name, the first.
    pub headers: BTreeMap<String, String>,
    /// The response body.
    pub bytes: Vec<u8>,
    /// Whether the response is from the live service.
    pub live: bool,
}

/// The captures of a run, with what is needed to sanitise them.
#[derive(Default)]
pub struct Captures {
    /// The captures of the spec's operations.
    pub list: Vec<Capture>,
    /// Tokens and cookies, which must not be in any recording.
    pub secrets: Vec<String>,
    /// The number of captures that can't become recordings.
    pub rejected: usize,
}

impl Capture {
    /// Returns the body as a recording has it: as JSON if the content type says so and it can be parsed.
    pub fn body(&self) -> Option<Body> {
        if self.bytes.is_empty() {
            return None;
        }
        let announced = self
            .headers
            .get("content-type")
            .is_none_or(|value| value.to_ascii_lowercase().contains("json"));
        match serde_json::from_slice(&self.bytes) {
            Ok(value) if announced => Some(Body::Json(value)),
            _ => Some(Body::Text(
                String::from_utf8_lossy(&self.bytes).into_owned(),
            )),
        }
    }

    /// Returns the operation that was called. Where paths overlap, the one with the fewest templates.
    pub fn operation<'o, 's>(&self, operations: &'o [Operation<'s>]) -> Option<&'o Operation<'s>> {
        operations
            .iter()
            .filter(|operation| {
                operation.method == self.method && operation.captures(&self.path).is_some()
            })
            .min_by_key(|operation| operation.templates().count())
    }
}

/// Returns whether a URL is one of the live service.
pub fn is_live(url: &Url, servers: &[Url]) -> bool {
    servers.iter().any(|server| server.host() == url.host())
}
