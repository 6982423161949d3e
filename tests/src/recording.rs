//! The file format of a recording: one request to the service, its response, and their provenance.
//!
//! Deserialization also validates the values, so that an error contains the line and column of the invalid value.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::LazyLock;

use percent_encoding::percent_decode_str;
use regex::Regex;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// Matches a percent-encoded path. RFC 3986 defines the allowed characters.
const PATH_PATTERN: &str = r"^/(?:[!$&-;=@-Z_a-z~]|%[0-9A-Fa-f]{2})*$";

/// One request to the service and its response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Recording {
    /// The path of the recording's file; empty if the recording wasn't read from a file.
    #[serde(skip)]
    pub file: PathBuf,
    /// The relative path of `recording.schema.json`. Editors check the recording with this schema.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// A sentence that says what the recording shows.
    pub description: String,
    /// The recording's provenance.
    pub provenance: Provenance,
    /// The request.
    pub request: Request,
    /// The response.
    pub response: Response,
}

impl Recording {
    /// Returns the text of the recording's file: JSON indented by two spaces, with a newline at the end.
    #[must_use]
    pub fn to_text(&self) -> String {
        pretty(self)
    }
}

/// The provenance of a recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Provenance {
    /// Where the content of the recording comes from.
    pub kind: ProvenanceKind,
    /// The ids of the sources from which the recording was made. `x-sources` in the spec lists all sources.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// A description of what was taken from the sources, what was corrected, and what was invented.
    pub source: String,
}

/// Where the content of a recording comes from.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ProvenanceKind {
    /// A response of the live service that `cargo xtask record` received and sanitised.
    Captured,
    /// An example of the official documentation, corrected where it was invalid.
    Documentation,
    /// Invented values, in the shape of a response that a public project received from the live service: the same properties, types and
    /// formats.
    ObservedShape,
    /// Not a response of the live service. Tests a statement of the spec, such as a type or a status code.
    Synthetic,
}

/// An HTTP request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Request {
    /// The HTTP method, in upper case.
    pub method: String,
    /// The percent-encoded path, without the query.
    #[serde(deserialize_with = "path")]
    #[schemars(regex(pattern = PATH_PATTERN))]
    pub path: String,
    /// The decoded query parameters.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub query: BTreeMap<String, String>,
    /// Selected headers, by lower-case name. Credentials are never included.
    #[serde(
        default,
        skip_serializing_if = "BTreeMap::is_empty",
        deserialize_with = "headers"
    )]
    pub headers: BTreeMap<String, String>,
}

impl Request {
    /// Returns the decoded segments of the path. U+FFFD replaces invalid UTF-8.
    #[must_use]
    pub fn segments(&self) -> Vec<String> {
        segments(&self.path)
    }
}

pub(crate) fn segments(path: &str) -> Vec<String> {
    path.split('/')
        .skip(1)
        .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
        .collect()
}

/// An HTTP response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Response {
    /// The status code, from 200 to 599. A 1xx response isn't recorded, because another response follows it.
    #[serde(deserialize_with = "status")]
    #[schemars(range(min = 200, max = 599))]
    pub status: u16,
    /// Selected headers, by lower-case name. Headers that depend on the transfer, such as `content-length`, are never included.
    #[serde(
        default,
        skip_serializing_if = "BTreeMap::is_empty",
        deserialize_with = "headers"
    )]
    pub headers: BTreeMap<String, String>,
    /// The body; absent if it is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
}

/// The body of a response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Body {
    /// A JSON value. The replay server sends it without white space.
    Json(Value),
    /// A text that the replay server sends unchanged, such as a gateway's HTML page or truncated JSON.
    Text(String),
}

/// Returns the JSON Schema of the format, which is the content of `recording.schema.json`.
#[must_use]
pub fn schema() -> String {
    pretty(
        &SchemaSettings::draft2020_12()
            .into_generator()
            .into_root_schema_for::<Recording>(),
    )
}

fn pretty(value: &impl Serialize) -> String {
    let mut text =
        serde_json::to_string_pretty(value).expect("strings, numbers and JSON values serialize");
    text.push('\n');
    text
}

fn require<E: serde::de::Error>(is_valid: bool, message: impl FnOnce() -> String) -> Result<(), E> {
    is_valid.then_some(()).ok_or_else(|| E::custom(message()))
}

fn path<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    static PATTERN: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(PATH_PATTERN).expect("a regular expression"));
    let path = String::deserialize(deserializer)?;
    require(PATTERN.is_match(&path), || {
        format!("path {path:?} must begin with a slash, be percent-encoded and have no query")
    })?;
    Ok(path)
}

fn status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    let status = u16::deserialize(deserializer)?;
    require((200..=599).contains(&status), || {
        format!("status {status} is not between 200 and 599")
    })?;
    Ok(status)
}

fn headers<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, String>, D::Error> {
    let headers = BTreeMap::<String, String>::deserialize(deserializer)?;
    for name in headers.keys() {
        require(*name == name.to_lowercase(), || {
            format!("the header name {name:?} is not in lower case")
        })?;
        let transfer_headers = ["connection", "content-length", "transfer-encoding"];
        require(!transfer_headers.contains(&name.as_str()), || {
            format!("the header {name:?} depends on the transfer and must not be recorded")
        })?;
    }
    Ok(headers)
}
