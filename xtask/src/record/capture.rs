//! Captures: requests and responses as they were received, with personal data. [`Capture`] doesn't implement `Debug`. Nothing writes
//! a capture before the [sanitiser](super::sanitise) has replaced the personal data in it.

use std::collections::BTreeMap;
use std::time::SystemTime;

use cloud_partner_recordings::recording::{
    Body, Provenance, ProvenanceKind, Recording, Request, Response,
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::spec::Operation;

/// A request to an operation of the spec, and its response.
pub struct Capture<'o> {
    /// The name in messages, such as `entry 3` or the operation's path template. It contains no value of the request.
    pub name: String,
    pub operation: &'o Operation<'o>,
    pub recording: Recording,
}

impl<'o> Capture<'o> {
    /// Creates a capture. `live` is whether the response is from the live service.
    pub fn new(
        name: String,
        operation: &'o Operation<'o>,
        live: bool,
        request: Request,
        response: Response,
    ) -> Self {
        let now = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
        let date = now.split('T').next().unwrap_or_default();
        // Only a response of the live service is evidence; the response of another server is synthetic.
        let (kind, source) = if live {
            let what = "properties, types and formats are the service's, the values are pseudonyms";
            let source = format!("Response of the live service, sanitised on {date}: {what}.");
            (ProvenanceKind::Captured, source)
        } else {
            let what = "Response of a server that isn't the live service";
            let source = format!("{what}, sanitised on {date}.");
            (ProvenanceKind::Synthetic, source)
        };
        let (status, called) = (response.status, operation.name());
        Self {
            name,
            operation,
            recording: Recording {
                // The path from the folder of the live recordings.
                schema: Some("../../recording.schema.json".to_owned()),
                description: format!("A response with status {status} to {called}."),
                provenance: Provenance {
                    kind,
                    sources: Vec::new(),
                    source,
                },
                request,
                response,
            },
        }
    }
}

/// The captures of a run, and its credentials.
pub struct Captures<'o> {
    pub list: Vec<Capture<'o>>,
    /// Tokens and cookies, which no recording may contain.
    pub secrets: Vec<String>,
    /// Whether the captures are all that the user asked for.
    pub is_complete: bool,
}

/// Returns a response in the form of a recording. Of several headers with the same name, the first is kept. The body is JSON if it can
/// be parsed as JSON and the content type is JSON or absent.
pub fn response(
    status: u16,
    received: impl IntoIterator<Item = (String, String)>,
    bytes: &[u8],
) -> Response {
    let mut headers = BTreeMap::new();
    for (name, value) in received {
        headers.entry(name.to_lowercase()).or_insert(value);
    }
    let is_json = headers
        .get("content-type")
        .is_none_or(|value: &String| value.to_lowercase().contains("json"));
    let body = match serde_json::from_slice(bytes) {
        _ if bytes.is_empty() => None,
        Ok(value) if is_json => Some(Body::Json(value)),
        _ => Some(Body::Text(String::from_utf8_lossy(bytes).into_owned())),
    };
    Response {
        status,
        headers,
        body,
    }
}

/// Percent-encodes all characters of a path segment but the unreserved characters of RFC 3986.
pub fn encode_segment(segment: &str) -> String {
    const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~');
    utf8_percent_encode(segment, ENCODED).to_string()
}

/// Returns the percent-decoded text of a path segment.
pub fn decode_segment(segment: &str) -> String {
    percent_decode_str(segment).decode_utf8_lossy().into_owned()
}
