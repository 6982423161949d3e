//! All checks of one contract. Nothing here reads a file or prints, so that other commands can ask the same.

use cloud_partner_recordings::recording::Recording;
use serde_json::{Number, Value};

use super::codes;
use super::document::Document;
use super::examples::{self, Examples};
use super::finding::Found;
use super::named::Named;
use super::secrets;
use crate::generator::contract::{Contract, ContractError};
use crate::spec::Schemas;

/// A contract, ready to be compared with recordings.
pub struct Checker<'c> {
    /// The contract's operations, with references followed.
    pub document: Document<'c>,
    /// Its schemas.
    pub schemas: Schemas<'c>,
}

impl<'c> Checker<'c> {
    /// Gets a contract ready. What makes the file no OpenAPI contract is an error; what is wrong in it are findings.
    pub fn new(contract: &'c Contract) -> Result<Self, ContractError> {
        Ok(Self {
            document: Document::new(contract)?,
            schemas: Schemas::new(contract)?,
        })
    }

    /// What is wrong with the contract by itself.
    pub fn contract(&self) -> Examples {
        let mut examples = self.examples();
        examples.found.extend(self.document.broken_references());
        examples.found.extend(
            self.schemas
                .broken()
                .into_iter()
                .map(|(pointer, message)| Found::contract(codes::BROKEN_SCHEMA, pointer, message)),
        );
        examples.found.extend(self.unchecked_parameters());
        examples
    }

    /// What is wrong with a recording.
    pub fn recording(&self, recording: &Recording) -> Vec<Found> {
        let value = serde_json::to_value(recording).unwrap_or_default();
        let mut found = secrets::scan(&value);
        // What holds a secret is not repeated in any message.
        let shown = found.is_empty();
        found.extend(self.disagreements(recording, shown));
        found
    }

    /// Where a recording and the contract differ; nothing about secrets. Values are repeated only if they are `shown`.
    pub fn disagreements(&self, recording: &Recording, shown: bool) -> Vec<Found> {
        let mut found = Vec::new();
        if let Some(operation) = self.operation(recording, shown, &mut found) {
            self.query_and_headers(recording, operation, shown, &mut found);
            self.answer(&recording.response, operation, shown, &mut found);
        }
        found
    }

    /// What is wrong with the contract's examples.
    pub fn examples(&self) -> Examples {
        examples::check(&self.document, &self.schemas)
    }

    /// The schema at `schema` and those that it is made of, references followed. Of alternatives, those that `value` agrees
    /// with; without a value, all of them.
    pub fn facets(&self, schema: &str, value: Option<&Value>) -> Vec<(String, &Value)> {
        let mut facets = Vec::new();
        let named = Named {
            document: &self.document,
            schemas: &self.schemas,
            shown: false,
        };
        named.collect(schema, value, &mut facets);
        facets
    }

    /// Members and values that the contract doesn't name.
    pub(super) fn names(&self, schema: &str, value: &Value, at: &str, shown: bool) -> Vec<Found> {
        let named = Named {
            document: &self.document,
            schemas: &self.schemas,
            shown,
        };
        named.check(schema, value, at)
    }

    /// The same for the text of a parameter or header.
    pub(super) fn text_names(&self, owner: &str, text: &str, at: &str, shown: bool) -> Vec<Found> {
        let schema = format!("{owner}/schema");
        self.names(&schema, &self.typed(&schema, text), at, shown)
    }

    /// Where the text of the parameter or header at `owner` disagrees with its schema: the claim, and what is the matter.
    pub(super) fn text_violations(
        &self,
        owner: &str,
        text: &str,
        shown: bool,
    ) -> Vec<(String, String)> {
        let schema = format!("{owner}/schema");
        if self.document.get(&schema).is_none() {
            return Vec::new();
        }
        self.schemas
            .violations(&schema, &self.typed(&schema, text), shown)
            .into_iter()
            .map(|violation| (violation.spec, violation.message))
            .collect()
    }

    /// A text as the JSON value that its schema's type makes of it, in OpenAPI's usual styles; a text that is no number
    /// stays one, and the schema says the rest.
    fn typed(&self, schema: &str, text: &str) -> Value {
        let resolved = self.document.resolve(schema);
        let kind = resolved
            .as_ref()
            .and_then(|(_, schema)| schema.get("type")?.as_str());
        let number = match kind {
            Some("integer") => text.parse::<i64>().ok().map(Number::from),
            Some("number") => text.parse().ok().and_then(Number::from_f64),
            _ => None,
        };
        match (kind, resolved) {
            (Some("boolean"), _) if text == "true" || text == "false" => {
                Value::Bool(text == "true")
            }
            (Some("array"), Some((pointer, _))) => {
                let items = format!("{pointer}/items");
                text.split(',')
                    .map(|text| self.typed(&items, text))
                    .collect()
            }
            _ => number.map_or_else(|| Value::String(text.to_owned()), Value::Number),
        }
    }

    fn unchecked_parameters(&self) -> Vec<Found> {
        let mut found = Vec::new();
        for parameter in self
            .document
            .operations
            .iter()
            .flat_map(|operation| &operation.parameters)
        {
            let schema = self.document.member(&parameter.pointer, "schema");
            let kind = schema
                .as_ref()
                .and_then(|(_, schema)| schema.get("type")?.as_str());
            if schema.is_none() || kind == Some("object") || parameter.place == "cookie" {
                let message = format!(
                    "the parameter `{}` is of a kind that isn't compared",
                    parameter.name
                );
                found.push(Found::contract(
                    codes::UNCHECKED,
                    &parameter.pointer,
                    message,
                ));
            }
        }
        found
    }
}
