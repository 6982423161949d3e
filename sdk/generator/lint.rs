//! What a contract must not say: what progenitor can't take (it would panic), and what was measured to break clients in
//! other languages. Each problem names its place, the operation, and the way out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;

use heck::ToSnakeCase;
use serde_json::Value;

use super::contract::{Contract, Location, pointer_segment};
use super::open_values;
use super::prepare::{API_VERSION, METHODS, resolve};

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
pub const RULES: [(&str, &str); 16] = [
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
    ("description", "every schema and member says what it is"),
];

/// Everything that is wrong with the contract, in the order of the file.
pub fn lint(contract: &Contract) -> Vec<Problem> {
    let mut lint = Lint {
        contract,
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

    fn operations(&mut self) {
        let contract = self.contract;
        let mut names: BTreeMap<String, String> = BTreeMap::new();
        let paths = contract.value.get("paths").and_then(Value::as_object);
        for (path, item) in paths.into_iter().flatten() {
            let pointer = format!("/paths/{}", pointer_segment(path));
            for method in METHODS {
                let Some(operation) = item.get(method) else {
                    continue;
                };
                let pointer = format!("{pointer}/{method}");
                let Some(id) = operation.get("operationId").and_then(Value::as_str) else {
                    self.report(
                        "operation-id",
                        &pointer,
                        format!("`{method} {path}` has no operationId"),
                        "give it one: it becomes the method's name in every language",
                    );
                    continue;
                };
                if let Some(other) = names.insert(id.to_snake_case(), id.to_owned()) {
                    self.report(
                        "operation-id",
                        &format!("{pointer}/operationId"),
                        format!("the operations `{other}` and `{id}` get the same method name"),
                        "rename one of them",
                    );
                }
                self.parameters(id, path, item, operation, &pointer);
                self.answers(id, operation, &pointer);
                self.request_body(id, operation, &pointer);
            }
        }
    }

    fn parameters(&mut self, id: &str, path: &str, item: &Value, operation: &Value, at: &str) {
        let mut in_path = BTreeSet::new();
        let mut has_version = false;
        for holder in [item, operation] {
            let list = holder.get("parameters").and_then(Value::as_array);
            for parameter in list.into_iter().flatten() {
                let Some(parameter) = resolve(self.contract, parameter) else {
                    continue;
                };
                let text = |member| parameter.get(member).and_then(Value::as_str);
                let name = text("name").unwrap_or_default();
                let required = parameter.get("required") == Some(&Value::Bool(true));
                let usual = match text("in") {
                    Some("path") => {
                        in_path.insert(name.to_owned());
                        if !required {
                            self.report(
                                "path-parameter",
                                at,
                                format!("the path parameter `{name}` of `{id}` isn't required"),
                                "write `required: true`: a path can't do without its parts",
                            );
                        }
                        "simple"
                    }
                    Some("header") => "simple",
                    Some("query") => {
                        if name == API_VERSION {
                            has_version = true;
                            let schema = parameter
                                .get("schema")
                                .and_then(|schema| resolve(self.contract, schema));
                            let plain = schema.is_some_and(|schema| {
                                schema.get("type").is_some_and(|kind| kind == "string")
                                    && schema.get("format").is_none()
                                    && schema.get("enum").is_none()
                                    && schema.get("default").is_none()
                            });
                            if !(required && plain) {
                                self.report(
                                    "api-version",
                                    at,
                                    format!("the api-version of `{id}` isn't a required plain string"),
                                    "most clients don't send a default, and a format or an enum changes its type",
                                );
                            }
                        }
                        "form"
                    }
                    other => {
                        self.report(
                            "parameter-kind",
                            at,
                            format!(
                                "the parameter `{name}` of `{id}` stands in `{}`",
                                other.unwrap_or("nothing")
                            ),
                            "progenitor takes path, query and header parameters",
                        );
                        continue;
                    }
                };
                if text("style").is_some_and(|style| style != usual) {
                    self.report(
                        "parameter-kind",
                        at,
                        format!("the parameter `{name}` of `{id}` has a style of its own"),
                        "progenitor knows the usual style only: leave `style` out",
                    );
                }
                if parameter.get("schema").is_none() {
                    self.report(
                        "parameter-kind",
                        at,
                        format!("the parameter `{name}` of `{id}` has no schema"),
                        "progenitor needs a `schema`, not `content`",
                    );
                }
            }
        }
        if !has_version {
            self.report(
                "api-version",
                at,
                format!("`{id}` doesn't take api-version"),
                "the service refuses a request without it: add the parameter to the path",
            );
        }
        let named: BTreeSet<_> = path
            .split('{')
            .skip(1)
            .filter_map(|part| Some(part.split_once('}')?.0.to_owned()))
            .collect();
        for name in named.symmetric_difference(&in_path) {
            self.report(
                "path-parameter",
                at,
                format!("`{name}` stands either in the path of `{id}` or among its parameters, not in both"),
                "name each part in braces once in the path and once as a path parameter",
            );
        }
    }

    fn answers(&mut self, id: &str, operation: &Value, at: &str) {
        let responses = operation.get("responses").and_then(Value::as_object);
        let successes: Vec<_> = responses
            .into_iter()
            .flatten()
            .filter(|(status, _)| status.starts_with('2') || *status == "default")
            .collect();
        if successes.len() != 1 {
            let found = successes
                .iter()
                .map(|(status, _)| status.as_str())
                .collect::<Vec<_>>()
                .join(", ");
            let found = if found.is_empty() { "none" } else { &found };
            self.report(
                "one-success",
                &format!("{at}/responses"),
                format!("`{id}` must have one successful answer, and has: {found}"),
                "progenitor takes one (`default` counts as one too): keep the 2xx that the service sends, and name failures by \
                 their status",
            );
        }
        for (status, response) in successes {
            let content = resolve(self.contract, response)
                .and_then(|response| response.get("content"))
                .and_then(Value::as_object);
            let Some(content) = content.filter(|content| !content.is_empty()) else {
                continue;
            };
            if content
                .get("application/json")
                .and_then(|media| media.get("schema"))
                .is_none()
            {
                self.report(
                    "json-answer",
                    &format!("{at}/responses/{status}"),
                    format!("the answer {status} of `{id}` isn't application/json with a schema"),
                    "add `application/json` and its `schema`, or no content at all",
                );
            }
        }
    }

    fn request_body(&mut self, id: &str, operation: &Value, at: &str) {
        let Some(body) = operation.get("requestBody") else {
            return;
        };
        let content = resolve(self.contract, body)
            .and_then(|body| body.get("content"))
            .and_then(Value::as_object);
        let known = content.is_some_and(|content| {
            content.len() == 1
                && content.iter().all(|(kind, media)| {
                    matches!(
                        kind.as_str(),
                        "application/json"
                            | "application/octet-stream"
                            | "application/x-www-form-urlencoded"
                            | "text/plain"
                    ) && media.get("schema").is_some()
                })
        });
        if !known {
            self.report(
                "request-body",
                &format!("{at}/requestBody"),
                format!("the request body of `{id}` has a type that progenitor can't write"),
                "give it exactly one content, `application/json` with a schema",
            );
        }
    }

    fn references(&mut self, pointer: &str, value: &Value) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(reference)) = members.get("$ref")
                    && resolve(self.contract, value).is_none()
                {
                    self.report(
                        "unknown-reference",
                        pointer,
                        format!("`{reference}` names nothing in this document"),
                        "references have the form `#/components/schemas/Name`",
                    );
                }
                for (name, value) in members {
                    // Examples are data: a `$ref` in one is no reference.
                    if name != "example" && name != "examples" {
                        self.references(&format!("{pointer}/{}", pointer_segment(name)), value);
                    }
                }
            }
            Value::Array(elements) => {
                for (index, value) in elements.iter().enumerate() {
                    self.references(&format!("{pointer}/{index}"), value);
                }
            }
            _ => {}
        }
    }

    /// Looks at every schema: the components, and those that stand in an operation.
    fn schemas(&mut self) {
        let components = self
            .contract
            .value
            .pointer("/components/schemas")
            .and_then(Value::as_object);
        for (name, schema) in components.into_iter().flatten() {
            self.schema(
                &format!("/components/schemas/{}", pointer_segment(name)),
                schema,
                name,
            );
        }
        for root in ["/paths", "/components/responses"] {
            if let Some(value) = self.contract.value.pointer(root) {
                self.schemas_within(root, value);
            }
        }
    }

    fn schemas_within(&mut self, pointer: &str, value: &Value) {
        let Some(members) = value.as_object() else {
            return;
        };
        for (name, value) in members {
            let pointer = format!("{pointer}/{}", pointer_segment(name));
            match name.as_str() {
                // Parameters and headers are plain strings or components, and examples are data.
                "parameters" | "headers" | "example" | "examples" => {}
                "schema" => self.schema(&pointer, value, "the body"),
                _ => self.schemas_within(&pointer, value),
            }
        }
    }

    fn schema(&mut self, pointer: &str, schema: &Value, name: &str) {
        if schema.get("$ref").is_some() {
            return;
        }
        let kind = schema.get("type").and_then(Value::as_str);
        if schema.get("description").is_none() {
            self.report(
                "description",
                pointer,
                format!("`{name}` has no description"),
                "say what it is and where the fact comes from",
            );
        }
        if schema.get("additionalProperties").is_some() {
            self.report(
                "closed-object",
                &format!("{pointer}/additionalProperties"),
                format!("`{name}` sets additionalProperties"),
                "answers grow: leave it unset (`false` refuses new members, `true` breaks the Kotlin generator)",
            );
        }
        for keyword in ["enum", "anyOf", "oneOf"] {
            if schema.get(keyword).is_some() {
                self.report(
                    "closed-enum",
                    &format!("{pointer}/{keyword}"),
                    format!("`{name}` uses {keyword}"),
                    "clients throw on a value that it doesn't list: write `type: string` with `x-extensible-enum`",
                );
            }
        }
        if matches!(
            schema.get("format").and_then(Value::as_str),
            Some("date-time" | "date")
        ) {
            self.report(
                "date-time",
                &format!("{pointer}/format"),
                format!("`{name}` is a time in RFC 3339"),
                "the service sends times without an offset, on which clients throw: write `x-timestamp: utc` instead of the format",
            );
        }
        if kind == Some("integer") && schema.get("format").is_none_or(|format| format != "int64") {
            self.report(
                "integer-size",
                pointer,
                format!("`{name}` is an integer of unsaid size"),
                "write `format: int64`: versions need it, and clients overflow on less",
            );
        }
        self.known_values(pointer, schema, name);
        let required: Vec<_> = schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let properties = schema.get("properties").and_then(Value::as_object);
        for (member, schema) in properties.into_iter().flatten() {
            let pointer = format!("{pointer}/properties/{}", pointer_segment(member));
            // A reference to anything at all, such as a link, has no type and so holds null as well.
            let nullable = resolve(self.contract, schema).is_none_or(|schema| {
                schema.get("nullable") == Some(&Value::Bool(true)) || schema.get("type").is_none()
            });
            if !required.contains(&member.as_str()) && !nullable {
                self.report(
                    "nullable",
                    &pointer,
                    format!("the optional member `{member}` of `{name}` can't be null"),
                    "some clients throw on null otherwise: write `nullable: true` beside its type",
                );
            }
            self.schema(&pointer, schema, member);
        }
        if let Some(items) = schema.get("items") {
            self.schema(&format!("{pointer}/items"), items, "an element");
        }
    }

    fn known_values(&mut self, pointer: &str, schema: &Value, name: &str) {
        let Some(list) = schema.get("x-extensible-enum") else {
            return;
        };
        let pointer_list = format!("{pointer}/x-extensible-enum");
        let count = list.as_array().map_or(0, Vec::len);
        let texts: Vec<_> = open_values::values(schema).collect();
        if count == 0 || texts.len() != count {
            self.report(
                "known-values",
                &pointer_list,
                format!("the known values of `{name}` aren't a list of words"),
                "list each known value once, as text",
            );
        }
        if !pointer.starts_with("/components/schemas/")
            || pointer.matches('/').count() != 3
            || schema.get("type").is_none_or(|kind| kind != "string")
        {
            self.report(
                "known-values",
                &pointer_list,
                format!("`{name}` lists known values where it can't be used twice"),
                "make it a component of type string, and refer to it",
            );
        }
        let mut seen = BTreeSet::new();
        for text in texts {
            let rust = open_values::variant(text);
            if rust.is_empty() || !seen.insert(rust.to_lowercase()) {
                self.report(
                    "known-values",
                    &pointer_list,
                    format!(
                        "`{text}` stands twice among the known values of `{name}`, or is no word"
                    ),
                    "values are compared without regard to case: list each once",
                );
            }
        }
    }
}
