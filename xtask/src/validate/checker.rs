//! The validation of a recording against a spec. It neither reads files nor prints, so that several commands can use it.

use cloud_partner_recordings::recording::Recording;

use super::codes::Code;
use crate::report::{Finding, Place};
use crate::spec::{Operation, Schemas, Spec, SpecError};

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

    /// Validates a recording. The places of the findings have no file name.
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

impl Check<'_, '_> {
    /// Adds a finding at a JSON pointer in the recording, with the JSON pointer of the statement in the spec.
    pub fn add(&mut self, code: &Code, pointer: &str, message: impl Into<String>, statement: &str) {
        let finding = code.finding(message);
        let finding = finding.in_recording(Place::of_pointer(pointer));
        let statement = Place::in_spec(self.checker.spec, statement);
        self.findings.push(finding.in_spec(statement));
    }
}
