//! Validates the response of a recording.
//!
//! The body of an error response may be empty, truncated, an HTML page of a gateway, or a plain string. A spec that described all of
//! these would have to allow any content, and generated clients would lose the known shapes. Therefore the body of an error response
//! that differs *as a whole* (no body, not JSON, another content type, another JSON type at the top level) is the note
//! [`codes::ERROR_BODY`]. Any other violation of the schema is an error.

use cloud_partner_recordings::recording::{Body, Response};
use serde_json::Value;

use super::checker::Checker;
use super::codes::{self, Code};
use super::finding::Found;
use crate::spec::{Node, Operation, essence, is_json, media_for, pointer_segment};

/// The header that OpenAPI describes with the keyword `content`.
const CONTENT_TYPE: &str = "content-type";

const BODY: &str = "/response/body";
const JSON: &str = "/response/body/json";
const TEXT: &str = "/response/body/text";

impl<'s> Checker<'s> {
    /// Validates the status code, the headers and the body.
    pub(super) fn validate_response(
        &self,
        response: &Response,
        operation: &Operation<'s>,
        shown: bool,
        found: &mut Vec<Found>,
    ) {
        let Some(described) = operation.response(response.status) else {
            let message = format!(
                "the operation has no response for the status code {}",
                response.status
            );
            found.push(
                Found::at(codes::UNDOCUMENTED_STATUS, "/response/status", message)
                    .against(format!("{}/responses", operation.node.pointer)),
            );
            return;
        };
        self.validate_headers(response, &described, shown, found);
        let whole = |code: &'static Code, here: &str, message: &str| {
            let is_error = response.status >= 400;
            Found::at(
                if is_error { codes::ERROR_BODY } else { code },
                here,
                message,
            )
        };
        let content = described.written("content");
        let content =
            content.filter(|content| content.value.as_object().is_some_and(|all| !all.is_empty()));
        match (content, &response.body) {
            (None, None) => {}
            (None, Some(_)) => {
                let message = "the spec describes no body for this status code";
                let one = whole(codes::UNDOCUMENTED_BODY, BODY, message);
                found.push(one.against(described.pointer));
            }
            (Some(content), None) => {
                let message = "the body is empty, and the spec describes one";
                let one = whole(codes::MISSING_BODY, "/response", message);
                found.push(one.against(content.pointer));
            }
            (Some(content), Some(body)) => {
                self.validate_body(response, body, &content, shown, &whole, found);
            }
        }
    }

    fn validate_headers(
        &self,
        response: &Response,
        described: &Node<'s>,
        shown: bool,
        found: &mut Vec<Found>,
    ) {
        let headers = described.children("headers");
        for (name, header) in &headers {
            let lower = name.to_lowercase();
            match response.headers.get(&lower) {
                Some(value) => {
                    let at = format!("/response/headers/{}", pointer_segment(&lower));
                    found.extend(self.validate_text(
                        header,
                        value,
                        codes::HEADER_VALUE,
                        &at,
                        shown,
                    ));
                }
                None if header.is("required") => {
                    let (at, message) = (
                        "/response/headers",
                        format!("the required header `{name}` is missing"),
                    );
                    let one = Found::at(codes::MISSING_HEADER, at, message);
                    found.push(one.against(&header.pointer));
                }
                None => {}
            }
        }
        for name in response.headers.keys() {
            let known = headers
                .iter()
                .any(|(known, _)| known.eq_ignore_ascii_case(name));
            if !known && name != CONTENT_TYPE {
                let at = format!("/response/headers/{}", pointer_segment(name));
                let message = "the spec doesn't name the header for this status code";
                let one = Found::at(codes::UNKNOWN_HEADER, at, message);
                found.push(one.against(&described.pointer));
            }
        }
    }

    fn validate_body(
        &self,
        response: &Response,
        body: &Body,
        content: &Node<'s>,
        shown: bool,
        whole: &dyn Fn(&'static Code, &str, &str) -> Found,
        found: &mut Vec<Found>,
    ) {
        let Some(described) = content.value.as_object() else {
            return;
        };
        let sent = response.headers.get(CONTENT_TYPE).map(|sent| essence(sent));
        let mut media = sent.as_deref().and_then(|sent| media_for(described, sent));
        if media.is_none() {
            let here = match &sent {
                None => "/response/headers",
                Some(_) => "/response/headers/content-type",
            };
            let message = match &sent {
                None => "the response has a body, but no `content-type`".to_owned(),
                Some(sent) if shown => {
                    format!("the spec doesn't describe `{sent}` for this status code")
                }
                Some(_) => {
                    "the spec doesn't describe the content type for this status code".to_owned()
                }
            };
            let one = whole(codes::CONTENT_TYPE, here, &message);
            found.push(one.against(&content.pointer));
            // A JSON body is validated in spite of the unexpected content type.
            if matches!(body, Body::Json(_)) {
                media = described.keys().find(|media| is_json(media));
            }
        }
        let Some(media) = media else { return };
        let pointer = format!("{}/{}", content.pointer, pointer_segment(media));
        let announced = sent.as_ref().unwrap_or(media);
        let (value, here) = match body {
            Body::Json(value) if is_json(media) => (value, JSON),
            Body::Text(text) if !is_json(media) => (&Value::from(text.as_str()), TEXT),
            Body::Json(_) => {
                let message =
                    format!("the body is recorded as JSON, but its content type is {announced}");
                found.push(Found::at(codes::BODY_SYNTAX, JSON, message).against(pointer));
                return;
            }
            Body::Text(_) => {
                let message =
                    format!("the content type is {announced}, but the body isn't recorded as JSON");
                found.push(whole(codes::BODY_SYNTAX, TEXT, &message).against(pointer));
                return;
            }
        };
        // The reference is followed first, so that a schema that many responses share is compiled once.
        let Some(schema) = self.spec.resolve(&format!("{pointer}/schema")) else {
            return;
        };
        for violation in self.schemas.violations(&schema.pointer, value, shown) {
            let other_kind = violation.value.is_empty() && violation.keyword == "type";
            let one = if other_kind {
                whole(codes::BODY_SCHEMA, here, &violation.message)
            } else {
                let here = format!("{here}{}", violation.value);
                Found::at(codes::BODY_SCHEMA, here, violation.message)
            };
            found.push(one.against(violation.spec));
        }
        found.extend(self.unknown_names(schema, value, here, shown));
    }
}
