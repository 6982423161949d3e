//! Lints the spec: rejects constructs that the generator doesn't support, and constructs that break clients in other languages.
//! `.ci/lint-spec` runs other linters with more rules.

use std::collections::BTreeSet;

use super::extensible_enums::{self, KEYWORD};
use super::prepare::{API_VERSION, IDENTIFIER_PATTERN};
use super::spec::{Kind, Node, Object, Operation, Spec, SpecError, pointer_segment};

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

/// A rule for a keyword of schemas.
struct SchemaRule {
    code: &'static str,
    keywords: &'static [&'static str],
    /// Returns whether a schema that has one of the keywords breaks the rule.
    is_broken: fn(&Object<'_>) -> bool,
    /// The part of the message after the schema's name.
    message: &'static str,
    help: &'static str,
}

const SCHEMA_RULES: &[SchemaRule] = &[
    SchemaRule {
        code: "pattern",
        keywords: &["pattern"],
        is_broken: |schema| schema.text("pattern") != Some(IDENTIFIER_PATTERN),
        message: "has a pattern that isn't the pattern of ids",
        help: "remove the pattern or use ^[^./\\\\\\s][^/\\\\\\s]*$: the SDK has no regular expression engine, and implements only this pattern",
    },
    SchemaRule {
        code: "closed-object",
        keywords: &["additionalProperties"],
        is_broken: |_| true,
        message: "sets additionalProperties",
        help: "remove `additionalProperties`: with `false`, clients reject new properties, and `true` breaks the Kotlin generator",
    },
    SchemaRule {
        code: "closed-enum",
        keywords: &["enum"],
        is_broken: |schema| constants_of(schema).is_none(),
        message: "has a closed list of values",
        help: EXTENSIBLE,
    },
    SchemaRule {
        code: "closed-enum",
        keywords: &["anyOf", "oneOf"],
        is_broken: |_| true,
        message: "has `anyOf` or `oneOf`, which clients treat as closed",
        help: EXTENSIBLE,
    },
    SchemaRule {
        code: "date-time",
        keywords: &["format"],
        is_broken: |schema| matches!(schema.text("format"), Some("date-time" | "date")),
        message: "has a date format of RFC 3339",
        help: "write `x-timestamp: utc` instead of the format: the service sends times without an offset, and clients throw on these times",
    },
    SchemaRule {
        code: "integer-size",
        keywords: &["type"],
        is_broken: |schema| {
            schema.text("type") == Some("integer") && schema.text("format") != Some("int64")
        },
        message: "is an integer without the format int64",
        help: "write `format: int64`: versions of offers don't fit in 32 bits",
    },
    SchemaRule {
        code: "known-values",
        keywords: &[KEYWORD],
        is_broken: |schema| !can_become_enum(schema),
        message: "lists known values that can't become an enum",
        help: "list each known value once, as text, in a schema of type string in `components`; two values can't differ only in letter case",
    },
    SchemaRule {
        code: "constants",
        keywords: &["$ref"],
        is_broken: |schema| {
            let target = schema.followed();
            target.is_some_and(|target| constants_of(&target).is_some())
        },
        message: "refers to a schema `Known…`",
        help: CONSTANTS,
    },
];

const EXTENSIBLE: &str = "write `type: string` with `x-extensible-enum`: clients throw on a value that a closed enum doesn't list";

const CONSTANTS: &str = "repeat the known values of an extensible enum in a schema named `Known…`, and don't refer to this schema: clients throw on a \
     value that a closed enum doesn't list";

/// Returns every construct that breaks a rule. Returns an error if the file isn't an OpenAPI 3.0 document.
pub fn lint(spec: &Spec) -> Result<Vec<Problem>, SpecError> {
    let mut lint = Lint::default();
    for operation in spec.operations()? {
        lint.api_version(&operation);
        lint.request_body(&operation);
        lint.success_response(&operation);
    }
    spec.walk(|object| match object.kind {
        Kind::Parameter => lint.parameter(object),
        Kind::Schema => lint.schema(object),
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

    fn request_body(&mut self, operation: &Operation<'_>) {
        if let Some(body) = operation.node.child("requestBody")
            && !matches!(body.children("content").as_slice(), [only] if is_json(only))
        {
            let message = format!(
                "the request body of `{}` has no schema, or a media type other than application/json",
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
            let help = "keep only the 2xx response that the service sends: progenitor supports one success response";
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
        let mut unchecked = ["format", "enum", "minLength", "maxLength"].into_iter();
        if parameter.text("in") == Some("path")
            && schema.text("type") == Some("string")
            && let Some(key) = unchecked.find(|key| schema.has(key))
        {
            let name = parameter.text("name").unwrap_or_default();
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
        // A rule in `SCHEMA_RULES` checks only schemas that have a keyword. This rule also rejects a schema `Known…` without the keyword
        // `enum`.
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
            // Without `type`, a schema accepts null.
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

/// Returns whether an extensible enum can become a Rust enum. The schema must be a component of type string. Each known value must be a
/// text with letters or digits. The names of the variants must differ, ignoring letter case.
fn can_become_enum(schema: &Object<'_>) -> bool {
    let texts: Vec<_> = extensible_enums::known_values(schema).collect();
    let variants: BTreeSet<_> = texts
        .iter()
        .map(|text| extensible_enums::variant(text).to_lowercase())
        .collect();
    schema.list(KEYWORD).len() == texts.len()
        && variants.len() == texts.len()
        && !variants.contains("")
        && schema.parent == Kind::Components
        && schema.text("type") == Some("string")
        && !texts.is_empty()
}

/// Returns the extensible enum `X` for a schema `KnownX`, which repeats the known values of `X` as constants. Returns `None` for any other
/// schema.
pub fn constants_of<'s>(schema: &Node<'s>) -> Option<Node<'s>> {
    let name = schema.pointer.strip_prefix("/components/schemas/Known")?;
    let extensible = schema.spec.at(&format!("/components/schemas/{name}"))?;
    extensible.has(KEYWORD).then_some(extensible)
}

/// Returns whether the schema `constants` lists exactly the known values of the enum `extensible`, and has no other constraint.
fn repeats(constants: &Node<'_>, extensible: &Node<'_>) -> bool {
    let mut keys = constants.value.as_object().into_iter().flatten();
    constants.value.get("enum") == extensible.value.get(KEYWORD)
        && constants.text("type") == Some("string")
        && keys.all(|(key, _)| ["title", "description", "type", "enum"].contains(&key.as_str()))
}
