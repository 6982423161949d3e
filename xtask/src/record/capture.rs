//! A request and its answer as they were caught, before anything is replaced. It has no `Debug`, and nothing writes it: the
//! sanitiser is the only way out.

use std::collections::BTreeMap;

use cloud_partner_recordings::recording::Body;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};

/// What a segment of a path needn't encode, as RFC 3986 has it.
pub const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What was asked and answered.
pub struct Capture {
    /// What messages call it, such as `entry 3` or the operation's path; nothing of anybody's own.
    pub name: String,
    /// The HTTP method.
    pub method: String,
    /// The path as it went over the wire.
    pub path: String,
    /// The query parameters, decoded.
    pub query: Vec<(String, String)>,
    /// The answer's status.
    pub status: u16,
    /// The answer's headers, by lower-case name.
    pub headers: BTreeMap<String, String>,
    /// The answer's body.
    pub bytes: Vec<u8>,
    /// Whether the service itself was asked, and not some other server.
    pub from_service: bool,
}

impl Capture {
    /// The body as a recording has it: JSON if the content type says so and it is.
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
}
