//! What an operation must not say: its id, parameters, answers and body.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToSnakeCase;
use serde_json::Value;

use super::Lint;
use crate::generator::contract::pointer_segment;
use crate::generator::prepare::{API_VERSION, METHODS, resolve};

impl Lint<'_> {
    pub(super) fn operations(&mut self) {
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
            .filter(|(status, _)| status.starts_with('2'))
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
                "progenitor takes one: keep the 2xx that the service sends, and name error responses by their status or `default`",
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
}
