//! The lint rules: constructs in the spec that progenitor misinterprets, or that break clients in other languages.
//!
//! Rules that linters for OpenAPI have as well (`.ci/lint-spec`) aren't repeated.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;

use heck::ToSnakeCase;
use serde_json::{Value, json};

use super::extensible_enums::{self, KEYWORD};
use super::prepare::{API_VERSION, IDENTIFIER_PATTERN};
use super::spec::{Kind, Location, Node, Object, Operation, Spec, pointer_segment};

/// A broken rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The spec's file.
    pub path: PathBuf,
    /// The place in the file.
    pub location: Location,
    /// The JSON pointer of the place.
    pub pointer: String,
    /// The rule's stable code.
    pub code: &'static str,
    /// The description of the problem.
    pub message: String,
    /// What to do.
    pub help: &'static str,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, location) = (self.path.display(), self.location);
        write!(
            f,
            "{path}:{location}: {}: {}. {}",
            self.code, self.message, self.help
        )
    }
}

/// A rule for schemas.
struct SchemaRule {
    code: &'static str,
    is_broken: fn(&Object<'_>) -> bool,
    /// The keyword of the problem; empty for the schema itself.
    at: &'static str,
    message: &'static str,
    help: &'static str,
}

const SCHEMA_RULES: &[SchemaRule] = &[
    SchemaRule {
        code: "pattern",
        is_broken: |schema| {
            schema.has("pattern") && schema.text("pattern") != Some(IDENTIFIER_PATTERN)
        },
        at: "pattern",
        message: "has another pattern than identifiers",
        help: "use the pattern of identifiers, ^[^./\\\\\\s][^/\\\\\\s]*$, or none: the SDK has no regular expression engine",
    },
    SchemaRule {
        code: "unknown-reference",
        is_broken: |schema| schema.followed().is_none(),
        at: "",
        message: "has a reference without a target in this file",
        help: "write a reference of the form `#/components/schemas/Name` to an existing component",
    },
    SchemaRule {
        code: "closed-object",
        is_broken: |schema| schema.has("additionalProperties"),
        at: "additionalProperties",
        message: "sets additionalProperties",
        help: "remove `additionalProperties`: with `false`, clients reject new properties, and `true` breaks the Kotlin generator",
    },
    SchemaRule {
        code: "closed-enum",
        is_broken: |schema| schema.has("enum") && constants_of(schema).is_none(),
        at: "enum",
        message: "uses enum",
        help: EXTENSIBLE,
    },
    SchemaRule {
        code: "closed-enum",
        is_broken: |schema| schema.has("anyOf"),
        at: "anyOf",
        message: "uses anyOf",
        help: EXTENSIBLE,
    },
    SchemaRule {
        code: "closed-enum",
        is_broken: |schema| schema.has("oneOf"),
        at: "oneOf",
        message: "uses oneOf",
        help: EXTENSIBLE,
    },
    SchemaRule {
        code: "date-time",
        is_broken: |schema| matches!(schema.text("format"), Some("date-time" | "date")),
        at: "format",
        message: "is a time in RFC 3339",
        help: "write `x-timestamp: utc` instead of the format: the service sends times without an offset, on which clients throw",
    },
    SchemaRule {
        code: "integer-size",
        is_broken: |schema| {
            schema.text("type") == Some("integer") && schema.text("format") != Some("int64")
        },
        at: "",
        message: "is an integer without the format int64",
        help: "write `format: int64`: versions of offers don't fit in 32 bits",
    },
    SchemaRule {
        code: "known-values",
        is_broken: |schema| schema.has(KEYWORD) && !can_become_enum(schema),
        at: KEYWORD,
        message: "lists known values that can't become an enum",
        help: "list each known value once, as text, in a component of type string; letter case doesn't distinguish them",
    },
    SchemaRule {
        code: "constants",
        is_broken: |schema| constants_of(schema).is_some_and(|values| !repeats(schema, &values)),
        at: "enum",
        message: "differs from the list of known values",
        help: CONSTANTS,
    },
    SchemaRule {
        code: "constants",
        is_broken: |schema| {
            let target = schema.followed().filter(|_| schema.is_reference());
            target.is_some_and(|target| constants_of(&target).is_some())
        },
        at: "",
        message: "refers to constants",
        help: CONSTANTS,
    },
    SchemaRule {
        code: "description",
        // The description of a parameter or a header is enough for its schema.
        is_broken: |schema| {
            !schema.is_reference()
                && !schema.has("description")
                && !matches!(schema.parent, Kind::Parameter | Kind::Header)
        },
        at: "",
        message: "has no description",
        help: "add a description",
    },
];

const EXTENSIBLE: &str = "write `type: string` with `x-extensible-enum`: clients throw on a value that a closed enum doesn't list";
const CONSTANTS: &str = "repeat the known values of an extensible enum in a component named `Known…` without a reference to it: clients throw on a \
     value that a closed enum doesn't list";

/// Returns every problem of the spec, in the order of the file.
#[must_use]
pub fn lint(spec: &Spec) -> Vec<Problem> {
    let mut lint = Lint {
        spec,
        problems: Vec::new(),
    };
    match spec.operations() {
        Ok(operations) => lint.document(&operations),
        Err(error) => lint.problems.push(Problem {
            path: error.path,
            location: error.location.unwrap_or_default(),
            pointer: String::new(),
            code: "openapi-document",
            message: error.message,
            help: "fix the document first: no other rule was checked",
        }),
    }
    lint.problems.sort();
    lint.problems
}

struct Lint<'s> {
    spec: &'s Spec,
    problems: Vec<Problem>,
}

impl<'s> Lint<'s> {
    fn add(&mut self, code: &'static str, pointer: &str, message: String, help: &'static str) {
        self.problems.push(Problem {
            path: self.spec.path.clone(),
            location: self.spec.location(pointer),
            pointer: pointer.to_owned(),
            code,
            message,
            help,
        });
    }

    fn document(&mut self, operations: &[Operation<'s>]) {
        let info = self.spec.at("/info");
        if info.is_none_or(|info| info.text("version").is_none()) {
            let help = "quote the version, as in `version: \"2017-10-31\"`: requests send it as `api-version`";
            let message = "`info.version` isn't text".to_owned();
            self.add("api-version", "/info/version", message, help);
        }
        for operation in operations {
            self.api_version(operation);
            self.operation_id(operation, operations);
            self.success(operation);
        }
        self.spec.walk(|object| match object.kind {
            Kind::Parameter => self.parameter(object),
            Kind::Schema => self.schema(object),
            _ => {}
        });
    }

    fn api_version(&mut self, operation: &Operation<'_>) {
        let mut parameters = operation.parameters.iter();
        let is_plain = |schema: Node<'_>| {
            schema.text("type") == Some("string")
                && !["format", "enum", "default"]
                    .iter()
                    .any(|key| schema.has(key))
        };
        let is_usable = parameters.any(|parameter| {
            parameter.place == "query"
                && parameter.name == API_VERSION
                && parameter.required
                && parameter.node.child("schema").is_some_and(is_plain)
        });
        if !is_usable {
            let message = format!(
                "`{}` doesn't require a plain `api-version`",
                operation.name()
            );
            let help = "add the required query parameter `api-version` of type string, without a format, an enum or a default: most \
                        clients don't send defaults";
            self.add("api-version", &operation.node.pointer, message, help);
        }
    }

    fn operation_id(&mut self, operation: &Operation<'_>, all: &[Operation<'_>]) {
        let name = operation.id.to_snake_case();
        let same = |other: &&Operation<'_>| {
            other.node.pointer != operation.node.pointer && other.id.to_snake_case() == name
        };
        let message = match all.iter().find(same) {
            _ if operation.id.is_empty() => format!("{} has no operationId", operation.name()),
            Some(other) => format!(
                "`{}` and `{}` get the same method name",
                operation.id, other.id
            ),
            None => return,
        };
        let help = "add a unique operationId: it becomes the method's name in every language";
        self.add("operation-id", &operation.node.pointer, message, help);
    }

    fn success(&mut self, operation: &Operation<'_>) {
        let at = format!("{}/responses", operation.node.pointer);
        let mut successes = operation.responses();
        successes.retain(|(status, _)| status.starts_with('2'));
        if successes.len() != 1 {
            let message = format!(
                "`{}` has {} successful responses",
                operation.name(),
                successes.len()
            );
            let help = "keep only the 2xx response that the service sends: progenitor supports one success response";
            self.add("one-success", &at, message, help);
        }
        for (status, response) in successes {
            let content = response.children("content");
            let is_json = |(media, content): &(String, Node<'_>)| {
                media == "application/json" && content.has("schema")
            };
            if !content.is_empty() && !content.iter().any(is_json) {
                let message = format!(
                    "`{}` has a body for {status} that isn't application/json with a schema",
                    operation.name()
                );
                let help = "add `application/json` and its `schema`, or no content at all";
                self.add("json-response", &format!("{at}/{status}"), message, help);
            }
        }
    }

    fn parameter(&mut self, parameter: &Object<'_>) {
        let schema = parameter.child("schema");
        let Some(schema) = schema.filter(|schema| schema.text("type") == Some("string")) else {
            return;
        };
        let mut unchecked = ["format", "enum", "minLength", "maxLength"].into_iter();
        if let (Some("path"), Some(key)) =
            (parameter.text("in"), unchecked.find(|key| schema.has(key)))
        {
            let name = parameter.text("name").unwrap_or_default();
            let help = "use the pattern ^[^./\\\\\\s][^/\\\\\\s]*$ alone: the SDK's `Identifier` checks nothing else";
            let pointer = format!("{}/schema", parameter.pointer);
            self.add(
                "identifier",
                &pointer,
                format!("`{name}` has `{key}`"),
                help,
            );
        }
    }

    fn schema(&mut self, schema: &Object<'_>) {
        for rule in SCHEMA_RULES.iter().filter(|rule| (rule.is_broken)(schema)) {
            let separator = if rule.at.is_empty() { "" } else { "/" };
            let pointer = format!("{}{separator}{}", schema.pointer, rule.at);
            let message = format!("`{}` {}", schema.key(), rule.message);
            self.add(rule.code, &pointer, message, rule.help);
        }
        let required = schema.value.get("required").and_then(Value::as_array);
        for (name, property) in schema.children("properties") {
            let is_required = required.is_some_and(|names| names.contains(&json!(name)));
            // A schema without a type, such as a link's, accepts null as well.
            if !is_required && property.has("type") && !property.is("nullable") {
                let pointer = format!("{}/properties/{}", schema.pointer, pointer_segment(&name));
                let message = format!("the optional property `{name}` can't be null");
                let help = "write `nullable: true` beside the type: some clients throw on null";
                self.add("nullable", &pointer, message, help);
            }
        }
    }
}

/// Returns whether an `x-extensible-enum` lists distinct texts that have letters or digits, in a component of type string.
fn can_become_enum(schema: &Object<'_>) -> bool {
    let texts: Vec<_> = extensible_enums::values(schema.value).collect();
    let variants: BTreeSet<_> = texts
        .iter()
        .map(|text| extensible_enums::variant(text).to_lowercase())
        .collect();
    let list = schema.value[KEYWORD].as_array();
    list.is_some_and(|list| list.len() == texts.len())
        && variants.len() == texts.len()
        && !variants.contains("")
        && schema.parent == Kind::Components
        && schema.text("type") == Some("string")
        && !texts.is_empty()
}

/// Returns the extensible enum whose known values a component repeats as constants.
#[must_use]
pub fn constants_of<'s>(schema: &Node<'s>) -> Option<Node<'s>> {
    let name = schema.pointer.strip_prefix("/components/schemas/Known")?;
    let values = schema.spec.at(&format!("/components/schemas/{name}"))?;
    values.has(KEYWORD).then_some(values)
}

/// Returns whether the constants repeat the known values, and say nothing else about the values.
fn repeats(constants: &Node<'_>, values: &Node<'_>) -> bool {
    let mut keys = constants.value.as_object().into_iter().flatten();
    constants.value.get("enum") == values.value.get(KEYWORD)
        && constants.text("type") == Some("string")
        && keys.all(|(key, _)| ["title", "description", "type", "enum"].contains(&key.as_str()))
}
