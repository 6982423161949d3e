//! Creates *captures*. A capture is a request with its response, and still contains personal data. The [sanitiser](super::sanitise) removes
//! this data before a file is written. `Capture` doesn't implement `Debug`, so that no message prints a capture by mistake.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::SystemTime;

use cloud_partner_recordings::recording::{
    Body, Provenance, ProvenanceKind, Recording, Request, Response,
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::spec::Operation;

/// A request to an operation of the spec, and its response.
pub struct Capture<'o> {
    /// The name of the capture in messages. The name contains no personal data. It is the position in a HAR file, such as `entry 3`, or
    /// the path in the spec, such as `/api/publishers/{publisherId}/offers`.
    pub name: String,
    pub operation: &'o Operation<'o>,
    pub recording: Recording,
}

impl<'o> Capture<'o> {
    /// Creates a capture. `is_live` says whether the live service sent the response. If another server, such as the replay server, sent the
    /// response, the provenance is `synthetic`.
    pub fn new(
        name: String,
        operation: &'o Operation<'o>,
        is_live: bool,
        request: Request,
        response: Response,
    ) -> Self {
        let now = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
        let date = now.split('T').next().unwrap_or_default();
        let (kind, source) = if is_live {
            let values = "pseudonyms replace personal values; properties, types and formats are the service's";
            let source = format!("Response of the live service, sanitised on {date}: {values}.");
            (ProvenanceKind::Captured, source)
        } else {
            let server = "a server that isn't the live service";
            let source = format!("Response of {server}, sanitised on {date}.");
            (ProvenanceKind::Synthetic, source)
        };
        let (status, name_in_spec) = (response.status, &operation.name);
        let recording = Recording {
            file: PathBuf::new(),
            // The path of the schema, relative to tests/recordings/live.
            schema: Some("../../recording.schema.json".to_owned()),
            description: format!("A response with status {status} to {name_in_spec}."),
            provenance: Provenance {
                kind,
                sources: Vec::new(),
                source,
            },
            request,
            response,
        };
        Self {
            name,
            operation,
            recording,
        }
    }
}

/// All captures of a run of `cargo xtask record`.
pub struct Captures<'o> {
    pub list: Vec<Capture<'o>>,
    /// The tokens and cookies of the requests and responses. No recording may contain such a secret. Very short secrets are left out.
    pub secrets: Vec<String>,
    /// `false` if a requested operation has no successful response, or if a response body can't be read from the HAR file.
    pub is_complete: bool,
}

/// Returns a response in the format of recordings.
///
/// * If several headers have the same name, only the first is recorded.
/// * An empty body isn't recorded.
/// * A body is recorded as JSON if it is valid JSON and its content type is JSON or missing. Any other body is recorded as text.
pub fn response(
    status: u16,
    received_headers: impl IntoIterator<Item = (String, String)>,
    bytes: &[u8],
) -> Response {
    let mut headers = BTreeMap::new();
    for (name, value) in received_headers {
        headers.entry(name.to_lowercase()).or_insert(value);
    }
    let content_type: Option<&String> = headers.get("content-type");
    let is_json = content_type.is_none_or(|value| value.to_lowercase().contains("json"));
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

/// Percent-encodes all characters of a path segment, except the unreserved characters of RFC 3986.
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
