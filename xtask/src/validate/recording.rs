//! Validates a recording against a spec, for the commands `validate` and `coverage`.
//!
//! An error response can have no body, truncated JSON, the HTML page of a gateway, or any other body. The spec describes only the usual
//! body. If it described every body, generated clients would have no types for the known properties.
//!
//! Therefore these deviations in the body of an error response are only notes, of the kind [`kinds::ERROR_BODY`]:
//!
//! * The body is missing.
//! * The spec describes no body for the status code, or doesn't describe the body's content type.
//! * The content type is JSON, but the body isn't JSON.
//! * The body has another JSON type than the schema requires, such as a string instead of an object.
//!
//! Any other violation of the schema is an error.

use cloud_partner_recordings::recording::{Body, Recording};
use serde_json::{Map, Value};

use super::finding_kinds::{self as kinds, FindingKind};
use crate::findings::{Finding, Level};
use crate::spec::{
    Node, Operation, Schemas, Spec, SpecError, essence, is_json, media_for, operations_for,
    pointer_segment,
};

/// The query parameter whose value must be the spec's `info.version`.
const API_VERSION: &str = "api-version";

/// The JSON pointers of the two forms of a body in a recording.
const JSON_BODY: &str = "/response/body/json";
const TEXT_BODY: &str = "/response/body/text";

/// Validates recordings against a spec.
pub struct Checker<'s> {
    pub spec: &'s Spec,
    pub operations: Vec<Operation<'s>>,
    pub schemas: Schemas,
}

impl<'s> Checker<'s> {
    /// Prepares a spec for validations. Returns an error if the file isn't an OpenAPI 3.0 document. [`check_spec`](Self::check_spec) finds
    /// the other errors in the spec.
    pub fn new(spec: &'s Spec) -> Result<Self, SpecError> {
        Ok(Self {
            spec,
            operations: spec.operations()?,
            schemas: Schemas::new(spec)?,
        })
    }

    /// Validates a recording. The caller adds the name of the recording's file to the findings.
    pub fn validate(&self, recording: &Recording) -> Vec<Finding> {
        let mut check = Check {
            checker: self,
            recording,
            findings: Vec::new(),
        };
        if let Some(operation) = check.operation() {
            check.request(operation);
            check.response(operation);
        }
        check.findings
    }
}

/// The validation of one recording.
pub(super) struct Check<'c, 's> {
    pub checker: &'c Checker<'s>,
    pub recording: &'c Recording,
    pub findings: Vec<Finding>,
}

impl<'c, 's> Check<'c, 's> {
    /// Adds a finding. `pointer` is a JSON pointer in the recording, and `statement` is a JSON pointer in the spec.
    pub fn add(
        &mut self,
        kind: &FindingKind,
        pointer: &str,
        message: impl Into<String>,
        statement: &str,
    ) {
        let finding = kind.finding(message).at_pointer(pointer);
        self.findings
            .push(finding.in_spec(self.checker.spec, statement));
    }

    /// Returns the operation of the request. Adds a finding if the request matches no operation or several operations.
    fn operation(&mut self) -> Option<&'c Operation<'s>> {
        let request = &self.recording.request;
        let name = format!("{} {}", request.method, request.path);
        let operations = operations_for(&self.checker.operations, &request.method, &request.path);
        match operations.as_slice() {
            [operation] => return Some(operation),
            [] => {
                let message = format!("the spec has no operation for {name}");
                self.add(kinds::UNKNOWN_OPERATION, "/request", message, "/paths");
            }
            [first, second, ..] => {
                let message = format!("{name} matches both {} and {}", first.path, second.path);
                let statement = &first.node.pointer;
                self.add(kinds::AMBIGUOUS_OPERATION, "/request", message, statement);
            }
        }
        None
    }

    /// Validates the path parameters, the query parameters, the headers and the API version of the request.
    fn request(&mut self, operation: &Operation<'s>) {
        let request = &self.recording.request;
        let count_before = self.findings.len();
        self.path_parameters(operation);
        for (place, pointer, values) in [
            ("query", "/request/query", &request.query),
            ("header", "/request/headers", &request.headers),
        ] {
            let parameters = operation.parameters.iter();
            let described = parameters
                .filter(|parameter| parameter.place == place)
                .map(|parameter| (parameter.name.clone(), parameter.node.clone()));
            self.named_values(pointer, described, values, &operation.node.pointer);
        }
        let info = self.checker.spec.at("/info");
        let version = info.as_ref().and_then(|info| info.text("version"));
        if let (Some(version), Some(requested)) = (version, request.query.get(API_VERSION))
            && requested != version
        {
            let pointer = format!("/request/query/{API_VERSION}");
            let message = format!("the spec describes the version `{version}`");
            self.add(kinds::API_VERSION, &pointer, message, "/info/version");
        }
        // The request of a 400 response may be invalid on purpose. Therefore, the findings about this request are only notes.
        if self.recording.response.status == 400 {
            for finding in &mut self.findings[count_before..] {
                finding.level = Level::Note;
            }
        }
    }

    /// Validates the status code, the headers and the body of the response.
    fn response(&mut self, operation: &Operation<'s>) {
        let response = &self.recording.response;
        let status = response.status;
        let Some(described) = operation.response(status) else {
            let message = format!("the operation has no response for the status code {status}");
            let statement = format!("{}/responses", operation.node.pointer);
            let kind = kinds::UNDOCUMENTED_STATUS;
            return self.add(kind, "/response/status", message, &statement);
        };
        let headers = described.children("headers").into_iter();
        let headers = headers.map(|(name, header)| (name.to_lowercase(), header));
        let (pointer, owner) = ("/response/headers", &described.pointer);
        self.named_values(pointer, headers, &response.headers, owner);
        let media_types = described.value.get("content").and_then(Value::as_object);
        let content = format!("{}/content", described.pointer);
        match (media_types.filter(|all| !all.is_empty()), &response.body) {
            (None, None) => {}
            (None, Some(_)) => {
                let message = "the spec describes no body for this status code";
                let kind = kinds::UNDOCUMENTED_BODY;
                self.add_whole(kind, "/response/body", message, &described.pointer);
            }
            (Some(_), None) => {
                let message = "the body is empty, but the spec describes a body";
                self.add_whole(kinds::MISSING_BODY, "/response", message, &content);
            }
            (Some(media_types), Some(body)) => self.body(body, media_types, &content),
        }
    }

    /// Adds a finding about the body as a whole. For an error response, the finding gets the kind [`kinds::ERROR_BODY`].
    fn add_whole(
        &mut self,
        kind: &FindingKind,
        pointer: &str,
        message: impl Into<String>,
        statement: &str,
    ) {
        let is_error = self.recording.response.status >= 400;
        let kind = if is_error { kinds::ERROR_BODY } else { kind };
        self.add(kind, pointer, message, statement);
    }

    /// Validates the body. `media_types` are the media types that the spec describes, and `content` is their JSON pointer in the spec.
    fn body(&mut self, body: &Body, media_types: &Map<String, Value>, content: &str) {
        let headers = &self.recording.response.headers;
        let media_type = headers.get("content-type").map(|value| essence(value));
        let mut key = media_type
            .as_ref()
            .and_then(|media_type| media_for(media_types, media_type));
        if key.is_none() {
            let message = match &media_type {
                None => "the response has a body, but no `content-type`".to_owned(),
                Some(other) => format!("the spec doesn't describe `{other}` for this status code"),
            };
            let pointer = "/response/headers";
            self.add_whole(kinds::CONTENT_TYPE, pointer, message, content);
            // A JSON body is still validated: against the schema of the first JSON media type.
            if matches!(body, Body::Json(_)) {
                key = media_types.keys().find(|media_type| is_json(media_type));
            }
        }
        let Some(key) = key else { return };
        let statement = format!("{content}/{}", pointer_segment(key));
        match body {
            Body::Json(value) if is_json(key) => self.body_value(value, &statement, JSON_BODY),
            Body::Text(text) if !is_json(key) => {
                self.body_value(&text.as_str().into(), &statement, TEXT_BODY);
            }
            Body::Json(_) => {
                let message = "the body is recorded as JSON, but its content type isn't JSON";
                self.add(kinds::BODY_SYNTAX, JSON_BODY, message, &statement);
            }
            Body::Text(_) => {
                let message = "the content type is JSON, but the body is recorded as text";
                self.add_whole(kinds::BODY_SYNTAX, TEXT_BODY, message, &statement);
            }
        }
    }

    /// Validates a body against the schema of its media type. `media_type` is the JSON pointer of the media type in the spec.
    fn body_value(&mut self, value: &Value, media_type: &str, pointer: &str) {
        // Many responses can refer to one schema. `followed` returns the same pointer for all of them, so the schema is compiled only once.
        let schema = self.checker.spec.at(&format!("{media_type}/schema"));
        let Some(schema) = schema.and_then(Node::followed) else {
            return;
        };
        for violation in self.checker.schemas.violations(&schema.pointer, value, &[]) {
            let pointer = format!("{pointer}{}", violation.value);
            let (kind, message, statement) =
                (kinds::INVALID_VALUE, violation.message, &violation.spec);
            if violation.value.is_empty() && violation.keyword == "type" {
                self.add_whole(kind, &pointer, message, statement);
            } else {
                self.add(kind, &pointer, message, statement);
            }
        }
        self.unknown_names(vec![schema], value, pointer);
    }
}
