//! Lints the spec: rejects constructs that the generator doesn't support, and constructs that break clients in other languages.
//! `.ci/lint-spec` runs other linters with more rules.

mod names;
mod schema_rules;

use super::prepare::API_VERSION;
use super::spec::{Kind, Node, Object, Operation, Spec, SpecError, pointer_segment};
pub use names::snake_case;
pub use schema_rules::constants_of;
use schema_rules::{CONSTANTS, SCHEMA_RULES, repeats};

/// A construct in the spec that breaks a rule.
pub struct Problem {
    /// The JSON pointer of the construct.
    pub pointer: String,
    /// The rule's stable code.
    pub code: &'static str,
    /// The description of the problem.
    pub message: String,
    /// What to do.
    pub help: &'static str,
}

/// Returns every construct that breaks a rule. Returns an error if the file isn't an OpenAPI 3.0 document.
pub fn lint(spec: &Spec) -> Result<Vec<Problem>, SpecError> {
    let mut lint = Lint::default();
    let operations = spec.operations()?;
    lint.operation_names(&operations);
    lint.schema_names(spec);
    for operation in &operations {
        lint.api_version(operation);
        lint.method(operation);
        lint.parameter_names(operation);
        lint.request_body(operation);
        lint.success_response(operation);
    }
    spec.walk(|object| match object.kind {
        Kind::Parameter => lint.parameter(object),
        Kind::Schema => {
            lint.schema(object);
            lint.property_names(object);
        }
        _ => {}
    });
    Ok(lint.problems)
}

#[derive(Default)]
struct Lint {
    problems: Vec<Problem>,
}

impl Lint {
    fn add(&mut self, code: &'static str, pointer: String, message: String, help: &'static str) {
        self.problems.push(Problem {
            pointer,
            code,
            message,
            help,
        });
    }

    fn api_version(&mut self, operation: &Operation<'_>) {
        let mut parameters = operation.parameters.iter();
        let is_plain = |schema: Node<'_>| {
            let mut rejected = ["format", "enum", "default"].into_iter();
            schema.text("type") == Some("string") && !rejected.any(|keyword| schema.has(keyword))
        };
        let is_usable = parameters.any(|parameter| {
            parameter.place == "query"
                && parameter.name == API_VERSION
                && parameter.node.is("required")
                && parameter.node.child("schema").is_some_and(is_plain)
        });
        if !is_usable {
            let message = format!(
                "`{}` lacks a required query parameter `api-version` with a plain schema of type string",
                operation.name
            );
            let help = "add the parameter with a schema of type string, without format, enum or default: most clients don't send defaults";
            self.add("api-version", operation.node.pointer.clone(), message, help);
        }
    }

    fn method(&mut self, operation: &Operation<'_>) {
        if ["OPTIONS", "TRACE"].contains(&operation.method.as_str()) {
            let message = format!("`{}` has the method {}", operation.name, operation.method);
            let help =
                "remove the operation: the HTTP library reqwest has no function for this method";
            self.add("method", operation.node.pointer.clone(), message, help);
        }
    }

    fn request_body(&mut self, operation: &Operation<'_>) {
        if let Some(body) = operation.node.child("requestBody")
            && !matches!(body.children("content").as_slice(), [only] if is_json(only))
        {
            let message = format!(
                "the request body of `{}` has another media type than application/json, or no schema",
                operation.name
            );
            let help = "write `application/json` and its `schema`, and no other media type: the SDK encodes only JSON";
            self.add("json-request", body.pointer, message, help);
        }
    }

    fn success_response(&mut self, operation: &Operation<'_>) {
        let (name, node) = (&operation.name, &operation.node);
        let mut successes = operation.responses();
        successes.retain(|(status, _)| status.starts_with('2'));
        if successes.len() != 1 {
            let message = format!("`{name}` has {} successful responses", successes.len());
            let help = "keep only the 2xx response that the service sends. If several status codes have the same body, write the one key `2XX`. \
                        The code generator progenitor supports one success response";
            let pointer = format!("{}/responses", node.pointer);
            self.add("one-success", pointer, message, help);
        }
        for (status, response) in successes {
            let content = response.children("content");
            if !content.is_empty() && !content.iter().any(is_json) {
                let message = format!(
                    "the {status} response of `{name}` has a body, but no schema for application/json"
                );
                let help = "add `application/json` with its `schema`, or remove `content`";
                self.add("json-response", response.pointer, message, help);
            }
        }
    }

    fn parameter(&mut self, parameter: &Object<'_>) {
        let Some(schema) = parameter.child("schema") else {
            return;
        };
        let name = parameter.text("name").unwrap_or_default();
        let place = parameter.text("in").unwrap_or_default();
        let schemas = schema.children("allOf").into_iter().map(|(_, part)| part);
        let is_list = schemas
            .chain([schema.clone()])
            .any(|part| matches!(part.text("type"), Some("array" | "object")));
        let is_exploded = parameter.value.get("explode") != Some(&false.into());
        if is_list && (place != "query" || !is_exploded) {
            let message =
                format!("the {place} parameter `{name}` sends an array or object as one string");
            let help = "use a string, or a query parameter without `explode: false`. The SDK sends an array or object only as several \
                        query parameters";
            self.add("parameter-style", parameter.pointer.clone(), message, help);
        }
        if place == "path" && !schema.has("type") {
            let message = format!("the path parameter `{name}` has no type");
            let help = "write `type: string`, or refer to a schema with a type. Without a type, the SDK accepts the id `..`, which \
                        addresses another resource";
            let pointer = format!("{}/schema", parameter.pointer);
            self.add("identifier", pointer, message, help);
        }
        let mut unchecked = ["format", "enum"].into_iter();
        if place == "path"
            && schema.text("type") == Some("string")
            && let Some(key) = unchecked.find(|key| schema.has(key))
        {
            let message = format!("the path parameter `{name}` has `{key}`");
            let help = "use only the pattern ^[^./\\\\\\s][^/\\\\\\s]*$: the SDK's type `Identifier` checks nothing else";
            let pointer = format!("{}/schema", parameter.pointer);
            self.add("identifier", pointer, message, help);
        }
    }

    fn schema(&mut self, schema: &Object<'_>) {
        for rule in SCHEMA_RULES {
            let keywords = rule.keywords.iter();
            for keyword in keywords.filter(|keyword| schema.has(keyword)) {
                if (rule.is_broken)(schema) {
                    let pointer = format!("{}/{keyword}", schema.pointer);
                    let message = format!("`{}` {}", schema.key(), rule.message);
                    self.add(rule.code, pointer, message, rule.help);
                }
            }
        }
        // The rules in `SCHEMA_RULES` check only the keywords that a schema has. The next rule also rejects a schema `Known…` without the
        // keyword `enum`.
        if constants_of(schema).is_some_and(|extensible| !repeats(schema, &extensible)) {
            let pointer = format!("{}/enum", schema.pointer);
            let message = format!("`{}` differs from the list of known values", schema.key());
            self.add("constants", pointer, message, CONSTANTS);
        }
        // The schema of a parameter or header needs no description, because the parameter or header itself has a description.
        let has_described_parent = matches!(schema.parent, Kind::Parameter | Kind::Header);
        if !schema.is_reference() && !schema.has("description") && !has_described_parent {
            let message = format!("`{}` has no description", schema.key());
            let help = "add a description";
            self.add("description", schema.pointer.clone(), message, help);
        }
        let required = schema.list("required");
        for (name, property) in schema.children("properties") {
            let is_required = required.iter().any(|other| *other == name);
            // An optional property must accept null: either it has `nullable: true`, or it has no `type`.
            if !is_required && property.has("type") && !property.is("nullable") {
                let pointer = format!("{}/properties/{}", schema.pointer, pointer_segment(&name));
                let message = format!("the optional property `{name}` can't be null");
                let help = "write `nullable: true` beside the type: some clients throw on null";
                self.add("nullable", pointer, message, help);
            }
        }
    }
}

/// Returns whether an entry of `content` is JSON with a schema.
fn is_json((media_type, entry): &(String, Node<'_>)) -> bool {
    media_type == "application/json" && entry.has("schema")
}
