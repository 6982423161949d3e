//! What a contract must not say: what progenitor can't take (it would panic), and what was measured to break clients in
//! other languages. Each problem names its place, the operation, and the way out.

mod operations;
mod schemas;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde_json::Value;

use super::contract::{Contract, Location};

/// One thing that the contract must not say.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The contract's file.
    pub path: PathBuf,
    /// Where in the file.
    pub location: Location,
    /// The same place as a JSON pointer.
    pub pointer: String,
    /// The rule's stable name.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// The way out.
    pub help: &'static str,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}: {}: {}. {}",
            self.path.display(),
            self.location,
            self.code,
            self.message,
            self.help
        )
    }
}

/// Every rule: its stable name, and what it asks for.
pub const RULES: [(&str, &str); 17] = [
    ("openapi-version", "the document is OpenAPI 3.0.x"),
    (
        "operation-id",
        "every operation has an operationId of its own",
    ),
    (
        "one-success",
        "an operation has one kind of successful answer",
    ),
    (
        "json-answer",
        "a successful answer with a body is application/json and has a schema",
    ),
    (
        "parameter-kind",
        "parameters stand in the path, the query or a header, in the usual style",
    ),
    (
        "path-parameter",
        "every part of a path in braces is a required path parameter, and the other way round",
    ),
    (
        "request-body",
        "a request body has one of the types that progenitor writes",
    ),
    (
        "api-version",
        "api-version is a required plain string in the query, and info.version is its value",
    ),
    (
        "unknown-reference",
        "every $ref names something in the document",
    ),
    (
        "closed-object",
        "no object is closed with additionalProperties",
    ),
    (
        "closed-enum",
        "open values use x-extensible-enum, not enum, anyOf or oneOf",
    ),
    ("date-time", "times are plain strings, marked x-timestamp"),
    ("nullable", "every optional member can be null"),
    ("integer-size", "integers are int64"),
    (
        "known-values",
        "known values are different words, in any case",
    ),
    (
        "constants",
        "constants are the known values of an open set, and nothing is of their type",
    ),
    ("description", "every schema and member says what it is"),
];

/// Everything that is wrong with the contract, in the order of the file.
pub fn lint(contract: &Contract) -> Vec<Problem> {
    let mut lint = Lint {
        contract,
        constants: schemas::constants(contract),
        problems: Vec::new(),
    };
    lint.document();
    lint.operations();
    lint.references("", &contract.value);
    lint.schemas();
    lint.problems.sort();
    lint.problems.dedup();
    lint.problems
}

struct Lint<'a> {
    contract: &'a Contract,
    /// The components with the constants of an extensible enum: their pointers, each with the extensible enum.
    constants: BTreeMap<String, String>,
    problems: Vec<Problem>,
}

impl Lint<'_> {
    fn report(
        &mut self,
        code: &'static str,
        pointer: &str,
        message: impl Into<String>,
        help: &'static str,
    ) {
        debug_assert!(RULES.iter().any(|(rule, _)| *rule == code), "{code}");
        self.problems.push(Problem {
            path: self.contract.path.clone(),
            location: self.contract.location(pointer),
            pointer: pointer.to_owned(),
            code,
            message: message.into(),
            help,
        });
    }

    fn document(&mut self) {
        let document = &self.contract.value;
        match document.get("openapi").and_then(Value::as_str) {
            Some(version) if version.starts_with("3.0.") => {}
            Some(version) => self.report(
                "openapi-version",
                "/openapi",
                format!("the document says that it is OpenAPI {version}"),
                "progenitor reads 3.0.x only: write `openapi: 3.0.3`",
            ),
            None => self.report(
                "openapi-version",
                "",
                "the document doesn't say which OpenAPI it is",
                "write `openapi: 3.0.3` as its first line",
            ),
        }
        if !document
            .pointer("/info/version")
            .is_some_and(Value::is_string)
        {
            self.report(
                "api-version",
                "/info/version",
                "info.version isn't text",
                "it is the value of api-version: quote it, as in `version: \"2017-10-31\"`",
            );
        }
        if !document.get("paths").is_some_and(Value::is_object) {
            self.report(
                "operation-id",
                "/paths",
                "the document has no paths",
                "a contract is its operations: name at least one",
            );
        }
    }
}
