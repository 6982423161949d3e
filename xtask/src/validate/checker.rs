//! The validation of a recording against a spec. It neither reads files nor prints, so that several commands can use it.

use cloud_partner_recordings::recording::Recording;
use serde_json::{Number, Value};

use super::codes::Code;
use super::secrets;
use crate::report::{Finding, Place};
use crate::spec::{Node, Operation, Schemas, Spec, SpecError};

/// A spec with its operations and schemas, against which recordings are validated.
pub struct Checker<'s> {
    /// The spec.
    pub spec: &'s Spec,
    /// Its operations.
    pub operations: Vec<Operation<'s>>,
    /// Its schemas.
    pub schemas: Schemas,
}

impl<'s> Checker<'s> {
    /// Prepares a spec. Returns an error if the file isn't an OpenAPI document. Smaller problems become findings of
    /// [`check_spec`](Self::check_spec).
    pub fn new(spec: &'s Spec) -> Result<Self, SpecError> {
        Ok(Self {
            spec,
            operations: spec.operations()?,
            schemas: Schemas::new(spec)?,
        })
    }

    /// Searches a recording for secrets and validates it. The places of the findings have no file name.
    pub fn check_recording(&self, recording: &Recording) -> Vec<Finding> {
        let value = serde_json::to_value(recording).unwrap_or_default();
        let mut findings = secrets::scan(&value);
        // No message quotes a value of a recording that contains a secret.
        let quotes = findings.is_empty();
        findings.extend(self.validate(recording, quotes));
        findings
    }

    /// Validates a recording, without the search for secrets. Messages quote values only if `quotes` is true.
    pub fn validate(&self, recording: &Recording, quotes: bool) -> Vec<Finding> {
        let mut check = Check {
            checker: self,
            recording,
            quotes,
            findings: Vec::new(),
        };
        if let Some(operation) = check.operation() {
            check.path_parameters(operation);
            check.query_and_headers(operation);
            check.response(operation);
        }
        check.findings
    }
}

/// The validation of one recording.
pub(super) struct Check<'c, 's> {
    pub checker: &'c Checker<'s>,
    pub recording: &'c Recording,
    /// Whether messages may quote values of the recording.
    pub quotes: bool,
    pub findings: Vec<Finding>,
}

impl<'s> Check<'_, 's> {
    /// Adds a finding at a JSON pointer in the recording, with the JSON pointer of the statement in the spec.
    pub fn add(
        &mut self,
        code: &'static Code,
        pointer: &str,
        message: impl Into<String>,
        statement: &str,
    ) {
        let finding = code
            .finding(message)
            .in_recording(Place::of_pointer(pointer));
        self.findings
            .push(finding.in_spec(Place::in_spec(self.checker.spec, statement)));
    }

    /// Validates the text of the parameter or header `owner` against its schema. A violation has the code `code`.
    pub fn text(&mut self, owner: &Node<'s>, text: &str, code: &'static Code, pointer: &str) {
        let Some(schema) = owner.child("schema") else {
            return;
        };
        let value = typed(owner, &schema, text);
        let schemas = &self.checker.schemas;
        for violation in schemas.violations(&schema.pointer, &value, self.quotes) {
            self.add(code, pointer, violation.message, &violation.spec);
        }
        self.unknown_names(vec![schema], &value, pointer);
    }
}

/// Decodes the text of a parameter or header by its schema and style.
fn typed(owner: &Node<'_>, schema: &Node<'_>, text: &str) -> Value {
    if schema.text("type") != Some("array") {
        return scalar(schema.text("type"), text);
    }
    let items = schema.child("items");
    let items = items.as_ref().and_then(|items| items.text("type"));
    // In a query, each element is a separate parameter unless `explode` is false. A recording has only one of them.
    let explodes = owner.value.get("explode") != Some(&Value::Bool(false));
    if owner.text("in") == Some("query") && explodes {
        return vec![scalar(items, text)].into();
    }
    text.split(',').map(|text| scalar(items, text)).collect()
}

/// Decodes a text by its schema's type. A text of another type stays a text, and the schema reports it.
fn scalar(kind: Option<&str>, text: &str) -> Value {
    let number = match kind {
        Some("integer") => text.parse::<i64>().ok().map(Number::from),
        Some("number") => text.parse().ok().and_then(Number::from_f64),
        _ => None,
    };
    match (kind, text) {
        (Some("boolean"), "true") => true.into(),
        (Some("boolean"), "false") => false.into(),
        _ => number.map_or_else(|| text.into(), Value::Number),
    }
}
