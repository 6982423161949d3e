//! A recording's answer against the contract.
//!
//! On an error status the contract allows more in words than a schema can say: an empty body, a cut-off one, a gateway's
//! page, a bare string. To describe all of these would mean "any media type, any content", and generated clients would lose
//! the shapes that are known. So what differs from the description *as a whole* there (no body, not JSON, another content
//! type, another JSON type at the top) is a note, [`codes::ERROR_BODY`]. What has a described shape and breaks it inside is an
//! error there too.

use cloud_partner_recordings::recording::{Body, Response};
use serde_json::{Map, Value};

use super::Checker;
use super::codes::{self, Code};
use super::document::Operation;
use super::finding::Found;
use crate::generator::contract::pointer_segment;
use crate::spec::{essence, is_json, media_for};

/// Headers that OpenAPI describes elsewhere.
const CONTENT_TYPE: &str = "content-type";

/// Where the body's value is in the recording.
const JSON: &str = "/response/body/json";
const TEXT: &str = "/response/body/text";
const BODY: &str = "/response/body";

impl Checker<'_> {
    /// Status, headers and body.
    pub(super) fn answer(
        &self,
        response: &Response,
        operation: &Operation,
        shown: bool,
        found: &mut Vec<Found>,
    ) {
        let Some((at, described)) = self.response(operation, response.status) else {
            let message = format!("{} is none of the operation's statuses", response.status);
            found.push(
                Found::at(codes::UNDOCUMENTED_STATUS, "/response/status", message)
                    .against(format!("{}/responses", operation.pointer)),
            );
            return;
        };
        self.headers(response, &at, described, shown, found);
        self.body(response, &at, described, shown, found);
    }

    fn response(&self, operation: &Operation, status: u16) -> Option<(String, &Value)> {
        let responses = format!("{}/responses", operation.pointer);
        [
            status.to_string(),
            format!("{}XX", status / 100),
            "default".to_owned(),
        ]
        .iter()
        .find_map(|key| self.document.member(&responses, key))
    }

    fn headers(
        &self,
        response: &Response,
        at: &str,
        described: &Value,
        shown: bool,
        found: &mut Vec<Found>,
    ) {
        let headers = described.get("headers").and_then(Value::as_object);
        let headers: Vec<(&String, String, &Value)> = headers
            .into_iter()
            .flat_map(Map::keys)
            .filter_map(|name| {
                let (pointer, header) = self.document.member(&format!("{at}/headers"), name)?;
                Some((name, pointer, header))
            })
            .collect();
        for (name, pointer, header) in &headers {
            let lower = name.to_lowercase();
            match response.headers.get(&lower) {
                Some(value) => {
                    let here = format!("/response/headers/{}", pointer_segment(&lower));
                    for (contract, message) in self.text_violations(pointer, value, shown) {
                        found
                            .push(Found::at(codes::HEADER_VALUE, &here, message).against(contract));
                    }
                    found.extend(self.text_names(pointer, value, &here, shown));
                }
                None if header.get("required") == Some(&Value::Bool(true)) => found.push(
                    Found::at(
                        codes::MISSING_HEADER,
                        "/response/headers",
                        format!("`{name}` is required"),
                    )
                    .against(pointer),
                ),
                None => {}
            }
        }
        for name in response.headers.keys() {
            let known = headers
                .iter()
                .any(|(known, ..)| known.eq_ignore_ascii_case(name));
            if !known && name != CONTENT_TYPE {
                let here = format!("/response/headers/{}", pointer_segment(name));
                let message = "the contract names no such header for this status";
                found.push(Found::at(codes::UNKNOWN_HEADER, here, message).against(at));
            }
        }
    }

    fn body(
        &self,
        response: &Response,
        at: &str,
        described: &Value,
        shown: bool,
        found: &mut Vec<Found>,
    ) {
        let content = described.get("content").and_then(Value::as_object);
        let content = content.filter(|content| !content.is_empty());
        let (content, body) = match (content, &response.body) {
            (None, None) => return,
            (None, Some(_)) => {
                let message = "the contract describes no body for this status";
                found.push(whole(codes::UNDOCUMENTED_BODY, response, BODY, message).against(at));
                return;
            }
            (Some(_), None) => {
                let message = "the body is empty, and the contract describes one";
                found.push(
                    whole(codes::MISSING_BODY, response, "/response", message)
                        .against(format!("{at}/content")),
                );
                return;
            }
            (Some(content), Some(body)) => (content, body),
        };
        let sent = response
            .headers
            .get(CONTENT_TYPE)
            .map(|value| essence(value));
        let mut media = sent.as_deref().and_then(|sent| media_for(content, sent));
        if media.is_none() {
            let (here, message) = match &sent {
                None => (
                    "/response/headers",
                    "there is a body, but no `content-type`".to_owned(),
                ),
                Some(sent) => (
                    "/response/headers/content-type",
                    format!(
                        "the contract doesn't describe {} for this status",
                        quoted(sent, shown)
                    ),
                ),
            };
            found.push(
                whole(codes::CONTENT_TYPE, response, here, message)
                    .against(format!("{at}/content")),
            );
            // A wrong content type doesn't hide a wrong body.
            if matches!(body, Body::Json(_)) {
                media = content.keys().find(|media| is_json(media));
            }
        }
        let Some(media) = media else { return };
        let pointer = format!("{at}/content/{}", pointer_segment(media));
        let announced = sent.as_ref().unwrap_or(media);
        let (value, here) = match body {
            Body::Json(value) if is_json(media) => (value, JSON),
            Body::Text(text) if !is_json(media) => (&Value::String(text.clone()), TEXT),
            Body::Json(_) => {
                let message = format!("recorded as JSON, but sent as {announced}");
                found.push(Found::at(codes::BODY_SYNTAX, JSON, message).against(pointer));
                return;
            }
            Body::Text(_) => {
                let message = format!("sent as {announced}, but not recorded as JSON");
                found.push(whole(codes::BODY_SYNTAX, response, TEXT, message).against(pointer));
                return;
            }
        };
        self.value(
            response,
            &format!("{pointer}/schema"),
            value,
            here,
            shown,
            found,
        );
    }

    fn value(
        &self,
        response: &Response,
        schema: &str,
        value: &Value,
        here: &str,
        shown: bool,
        found: &mut Vec<Found>,
    ) {
        // Many answers share a schema; where it stands itself, it is compiled once.
        let Some((schema, _)) = self.document.resolve(schema) else {
            return;
        };
        let schema = schema.as_str();
        for violation in self.schemas.violations(schema, value, shown) {
            let other_kind = violation.value.is_empty() && violation.keyword == "type";
            let finding = if other_kind {
                whole(codes::BODY_SCHEMA, response, here, violation.message)
            } else {
                let here = format!("{here}{}", violation.value);
                Found::at(codes::BODY_SCHEMA, here, violation.message)
            };
            found.push(finding.against(violation.spec));
        }
        found.extend(self.names(schema, value, here, shown));
    }
}

/// A finding about the body as a whole: a note on an error status.
fn whole(
    code: &'static Code,
    response: &Response,
    here: &str,
    message: impl Into<String>,
) -> Found {
    let code = if response.status >= 400 {
        codes::ERROR_BODY
    } else {
        code
    };
    Found::at(code, here, message)
}

fn quoted(text: &str, shown: bool) -> String {
    if shown {
        format!("`{text}`")
    } else {
        "the content type".to_owned()
    }
}
