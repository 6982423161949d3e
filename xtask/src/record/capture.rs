//! Captures: requests and responses as they were received, before personal data is replaced. The type has no `Debug`, and no
//! function writes it: only the output of the [sanitiser](super::sanitise::Sanitiser) is written.

use std::collections::BTreeMap;

use cloud_partner_recordings::recording::Body;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};
use reqwest::Url;

use crate::spec::Operation;

/// The characters that are percent-encoded in a path segment: all but the unreserved characters of RFC 3986.
pub const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A request and its response.
pub struct Capture {
    /// The name in messages, such as `entry 3` or the operation's path template. It contains no value of the request.
    pub name: String,
    /// The HTTP method.
    pub method: String,
    /// The path, percent-encoded.
    pub path: String,
    /// The query parameters, decoded.
    pub query: Vec<(String, String)>,
    /// The status code.
    pub status: u16,
    /// The response headers by lower-case name. Of several headers with the same name, the first is kept.
    pub headers: BTreeMap<String, String>,
    /// The response body.
    pub bytes: Vec<u8>,
    /// Whether the response is from the live service.
    pub live: bool,
}

/// The captures of a run, and its credentials.
#[derive(Default)]
pub struct Captures {
    /// The captures of the spec's operations.
    pub list: Vec<Capture>,
    /// Tokens and cookies, which no recording may contain.
    pub secrets: Vec<String>,
    /// The number of responses that were rejected, because their bodies are incomplete.
    pub rejected: usize,
}

impl Capture {
    /// Returns the body in the form of a recording: as JSON if the content type is JSON or missing and the body can be parsed.
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

    /// Returns the operation of the request. If several path templates match, the one with the fewest parameters is returned.
    pub fn operation<'o, 's>(&self, operations: &'o [Operation<'s>]) -> Option<&'o Operation<'s>> {
        operations
            .iter()
            .filter(|operation| {
                operation.method == self.method && operation.captures(&self.path).is_some()
            })
            .min_by_key(|operation| operation.templates().count())
    }
}

/// Returns whether a URL has the host of one of `servers`, the servers of the live service.
pub fn is_live(url: &Url, servers: &[Url]) -> bool {
    servers.iter().any(|server| server.host() == url.host())
}
