//! The operations: what each does, what it takes, what it answers.

use maud::{Markup, html};
use serde_json::Value;

use super::book::{Book, heading, permalink};
use super::ids;
use super::rows::{self, Row};
use super::words::example;
use crate::coverage::sites::operation_name;
use crate::validate::{Operation, Parameter};

/// The heading of operations without a tag.
const UNTAGGED: &str = "Others";

impl Book<'_> {
    /// All operations, below their tags.
    pub fn operations(&self) -> Markup {
        html! {
            section id="operations" data-item {
                (heading("operations", "Operations"))
                @for (tag, operations) in self.by_tag() {
                    @let id = ids::tag(tag);
                    section id=(id) data-item {
                        h3.tag { span data-name { (tag) } " " (permalink(&id, tag)) }
                        (self.tag_description(tag))
                        @for operation in operations { (self.operation(operation)) }
                    }
                }
            }
        }
    }

    /// The operations by their first tag: the contract's tags first, in its order.
    pub fn by_tag(&self) -> Vec<(&str, Vec<&Operation>)> {
        let tags = self.get("/tags").and_then(Value::as_array);
        let named = tags.into_iter().flatten();
        let mut groups: Vec<(&str, Vec<&Operation>)> = named
            .filter_map(|tag| Some((tag.get("name")?.as_str()?, Vec::new())))
            .collect();
        for operation in &self.document().operations {
            let tag = self
                .get(&format!("{}/tags/0", operation.pointer))
                .and_then(Value::as_str)
                .unwrap_or(UNTAGGED);
            match groups.iter_mut().find(|(name, _)| *name == tag) {
                Some((_, operations)) => operations.push(operation),
                None => groups.push((tag, vec![operation])),
            }
        }
        groups.retain(|(_, operations)| !operations.is_empty());
        groups
    }

    fn tag_description(&self, name: &str) -> Markup {
        let tags = self.get("/tags").and_then(Value::as_array);
        let index = tags
            .into_iter()
            .flatten()
            .position(|tag| tag.get("name").is_some_and(|found| found == name));
        html! { @if let Some(index) = index { (self.plain_description(&format!("/tags/{index}"))) } }
    }

    fn operation(&self, operation: &Operation) -> Markup {
        let name = operation_name(self.checker, operation);
        let id = ids::operation(&name);
        let prose = self.description(&operation.pointer);
        let deprecated =
            self.get(&format!("{}/deprecated", operation.pointer)) == Some(&Value::Bool(true));
        let parameters: Vec<Row> = operation
            .parameters
            .iter()
            .map(|parameter| self.parameter(&name, parameter))
            .collect();
        html! {
            article.operation id=(id) data-item {
                h3 {
                    span data-name { (self.heading(operation)) } " " (permalink(&id, &name))
                    @if deprecated { " " span.note { "deprecated" } }
                }
                p.route {
                    code.method { (operation.method) } " " code data-name { (operation.path) } " "
                    span.note { "operation " code data-name { (name) } }
                }
                div.beside {
                    div { (prose.html) (self.credentials(&operation.pointer)) }
                    div.provenance { (self.provenance(&prose.marks, &[])) }
                }
                @if !parameters.is_empty() {
                    div.part {
                        h4 { "Parameters" }
                        (rows::table(&format!("Parameters of {name}"), ["Parameter", "Type"], &parameters))
                    }
                }
                (self.request(operation, &name))
                (self.answers(operation, &name))
            }
        }
    }

    /// What people call an operation.
    pub fn heading<'o>(&'o self, operation: &'o Operation) -> &'o str {
        let text = |key| self.text(&operation.pointer, key);
        text("summary")
            .or_else(|| text("operationId"))
            .unwrap_or(&operation.path)
    }

    fn parameter(&self, operation: &str, parameter: &Parameter) -> Row {
        let Parameter { pointer, place, .. } = parameter;
        let prose = self.description(pointer);
        let schema = format!("{pointer}/schema");
        let place_note = match place.as_str() {
            "path" => "in the path",
            "query" => "in the query",
            "header" => "as a header",
            _ => "as a cookie",
        };
        let required = if parameter.required {
            "required"
        } else {
            "optional"
        };
        Row {
            id: ids::within(operation, &["parameters", place, &parameter.name]),
            name: self
                .text(pointer, "name")
                .unwrap_or(&parameter.name)
                .to_owned(),
            notes: vec![required, place_note],
            kind: self.kind(&schema),
            provenance: self.provenance(&prose.marks, &[]),
            text: html! {
                (prose.html)
                (self.details(&schema))
                @if let Some(parameter) = self.get(pointer) { (example(parameter)) }
            },
        }
    }
}
