//! Validates the response of a recording.
//!
//! The body of an error response may be empty, truncated, an HTML page of a gateway, or a plain string. A spec that described all of
//! these would have to allow any content, and generated clients would lose the known shapes. Therefore the body of an error response
//! that differs *as a whole* (no body, not JSON, another content type, another JSON type at the top level) is the note
//! [`codes::ERROR_BODY`]. Any other violation of the schema is an error.

use cloud_partner_recordings::recording::Body;
use serde_json::Value;

use super::checker::Check;
use super::codes::{self, Code};
use crate::spec::{Node, Operation, essence, is_json, media_for, pointer_segment};

const JSON: &str = "/response/body/json";
const TEXT: &str = "/response/body/text";

impl<'s> Check<'_, 's> {
    /// Validates the status code, the headers and the body.
    pub fn response(&mut self, operation: &Operation<'s>) {
        let response = &self.recording.response;
        let status = response.status;
        let Some(described) = operation.response(status) else {
            let message = format!("the operation has no response for the status code {status}");
            let statement = format!("{}/responses", operation.node.pointer);
            let code = codes::UNDOCUMENTED_STATUS;
            self.add(code, "/response/status", message, &statement);
            return;
        };
        let headers = described.children("headers").into_iter();
        let headers = headers.map(|(name, header)| (name.to_lowercase(), header));
        let (pointer, owner) = ("/response/headers", &described.pointer);
        self.texts(pointer, headers, &response.headers, owner);
        let content = described.written("content");
        let content =
            content.filter(|content| content.value.as_object().is_some_and(|all| !all.is_empty()));
        match (content, &response.body) {
            (None, None) => {}
            (None, Some(_)) => {
                let message = "the spec describes no body for this status code";
                let code = codes::UNDOCUMENTED_BODY;
                self.add_whole(code, "/response/body", message, &described.pointer);
            }
            (Some(content), None) => {
                let message = "the body is empty, and the spec describes one";
                self.add_whole(codes::MISSING_BODY, "/response", message, &content.pointer);
            }
            (Some(content), Some(body)) => self.body(body, &content),
        }
    }

    /// Adds a finding about the body as a whole, with another code if the response is an error response.
    fn add_whole(
        &mut self,
        code: &Code,
        pointer: &str,
        message: impl Into<String>,
        statement: &str,
    ) {
        let is_error = self.recording.response.status >= 400;
        let code = if is_error { codes::ERROR_BODY } else { code };
        self.add(code, pointer, message, statement);
    }

    fn body(&mut self, body: &Body, content: &Node<'s>) {
        let Some(described) = content.value.as_object() else {
            return;
        };
        let sent = self.recording.response.headers.get("content-type");
        let sent = sent.map(|sent| essence(sent));
        let mut media = sent.as_deref().and_then(|sent| media_for(described, sent));
        if media.is_none() {
            let message = match &sent {
                None => "the response has a body, but no `content-type`".to_owned(),
                Some(sent) => format!("the spec doesn't describe `{sent}` for this status code"),
            };
            let pointer = "/response/headers";
            self.add_whole(codes::CONTENT_TYPE, pointer, message, &content.pointer);
            // A JSON body is validated in spite of the unexpected content type.
            if matches!(body, Body::Json(_)) {
                media = described.keys().find(|media| is_json(media));
            }
        }
        let Some(media) = media else { return };
        let statement = format!("{}/{}", content.pointer, pointer_segment(media));
        match body {
            Body::Json(value) if is_json(media) => self.value(value, &statement, JSON),
            Body::Text(text) if !is_json(media) => {
                self.value(&text.as_str().into(), &statement, TEXT);
            }
            Body::Json(_) => {
                let message = "the body is recorded as JSON, but its content type isn't JSON";
                self.add(codes::BODY_SYNTAX, JSON, message, &statement);
            }
            Body::Text(_) => {
                let message = "the content type is JSON, but the body is recorded as text";
                self.add_whole(codes::BODY_SYNTAX, TEXT, message, &statement);
            }
        }
    }

    /// Validates the body's value against the schema of its media type.
    fn value(&mut self, value: &Value, media: &str, pointer: &str) {
        // The reference is followed first, so that a schema that many responses share is compiled once.
        let schema = self.checker.spec.at(&format!("{media}/schema"));
        let Some(schema) = schema.and_then(Node::followed) else {
            return;
        };
        for violation in self.checker.schemas.violations(&schema.pointer, value) {
            let is_whole = violation.value.is_empty() && violation.keyword == "type";
            let pointer = format!("{pointer}{}", violation.value);
            let (message, statement) = (violation.message, violation.spec);
            if is_whole {
                self.add_whole(codes::INVALID_VALUE, &pointer, message, &statement);
            } else {
                self.add(codes::INVALID_VALUE, &pointer, message, &statement);
            }
        }
        self.unknown_names(vec![schema], value, pointer);
    }
}
