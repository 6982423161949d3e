//! What the spec must not say: what progenitor takes for something else, and what breaks clients in other languages.
//!
//! What linters for OpenAPI find as well (`.ci/lint-contract`) isn't repeated here.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;

use heck::ToSnakeCase;
use serde_json::{Value, json};

use super::extensible_enums::{self, is_extensible};
use super::prepare::{API_VERSION, IDENTIFIER_PATTERN};
use super::spec::{Kind, Location, Node, Operation, Spec, Visited};

/// A broken rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The spec's file.
    pub path: PathBuf,
    /// The place in the file.
    pub location: Location,
    /// The same place as a JSON pointer.
    pub pointer: String,
    /// The rule's stable code.
    pub code: &'static str,
    /// What is wrong.
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

/// A rule for the objects of one kind.
struct Rule {
    code: &'static str,
    applies_to: Kind,
    /// Returns what is wrong, each with the JSON pointer inside the object.
    check: fn(&Context<'_>, &Part<'_>) -> Vec<(String, String)>,
    help: &'static str,
}

/// Every rule.
const RULES: &[Rule] = &[
    Rule {
        code: "api-version",
        applies_to: Kind::Document,
        check: version_is_text,
        help: "it is the value of `api-version`: quote it, as in `version: \"2017-10-31\"`",
    },
    Rule {
        code: "api-version",
        applies_to: Kind::Operation,
        check: api_version,
        help: "add the required query parameter `api-version` of type string, without a format, an enum or a default: most clients \
               don't send defaults",
    },
    Rule {
        code: "operation-id",
        applies_to: Kind::Operation,
        check: operation_id,
        help: "give it an operationId of its own: it becomes the method's name in every language",
    },
    Rule {
        code: "one-success",
        applies_to: Kind::Operation,
        check: one_success,
        help: "progenitor takes one success: keep the 2xx that the service sends",
    },
    Rule {
        code: "json-response",
        applies_to: Kind::Operation,
        check: json_response,
        help: "add `application/json` and its `schema`, or no content at all",
    },
    Rule {
        code: "identifier",
        applies_to: Kind::Parameter,
        check: identifier,
        help: "the SDK's `Identifier` checks the pattern ^[^./\\\\\\s][^/\\\\\\s]*$ and nothing else: use that pattern alone",
    },
    Rule {
        code: "pattern",
        applies_to: Kind::Schema,
        check: pattern,
        help: "the SDK has no regular expressions: only the pattern of identifiers is possible, ^[^./\\\\\\s][^/\\\\\\s]*$",
    },
    Rule {
        code: "unknown-reference",
        applies_to: Kind::Schema,
        check: unknown_reference,
        help: "a reference has the form `#/components/schemas/Name`",
    },
    Rule {
        code: "closed-object",
        applies_to: Kind::Schema,
        check: closed_object,
        help: "responses grow: `false` refuses new properties, and `true` breaks the Kotlin generator",
    },
    Rule {
        code: "closed-enum",
        applies_to: Kind::Schema,
        check: closed_enum,
        help: "clients throw on a value that isn't listed: write `type: string` with `x-extensible-enum`",
    },
    Rule {
        code: "date-time",
        applies_to: Kind::Schema,
        check: date_time,
        help: "the service sends times without an offset, on which clients throw: write `x-timestamp: utc` instead of the format",
    },
    Rule {
        code: "integer-size",
        applies_to: Kind::Schema,
        check: integer_size,
        help: "write `format: int64`: versions need it, and clients overflow on less",
    },
    Rule {
        code: "nullable",
        applies_to: Kind::Schema,
        check: nullable,
        help: "some clients throw on null: write `nullable: true` beside the type",
    },
    Rule {
        code: "known-values",
        applies_to: Kind::Schema,
        check: known_values,
        help: "list each known value once, as text, in a component of type string; letter case doesn't distinguish them",
    },
    Rule {
        code: "constants",
        applies_to: Kind::Schema,
        check: constants,
        help: "constants repeat an extensible enum in a component named `Known…`, and nothing refers to them, because clients \
               throw on a value that isn't listed",
    },
    Rule {
        code: "description",
        applies_to: Kind::Schema,
        check: description,
        help: "say what it is",
    },
];

/// The spec while it is checked.
struct Context<'s> {
    spec: &'s Spec,
    operations: Vec<Operation<'s>>,
}

/// The object under check.
struct Part<'s> {
    visited: Visited<'s>,
    node: Node<'s>,
}

impl Part<'_> {
    fn is_reference(&self) -> bool {
        self.visited.is_reference()
    }

    /// Returns the name in quotes by which messages call it: its key in the spec.
    fn name(&self) -> String {
        let key = self.node.pointer.rsplit('/').next().unwrap_or_default();
        format!("`{}`", key.replace("~1", "/").replace("~0", "~"))
    }

    /// Returns one problem at the property `key` if it `is` one.
    fn problem_if(&self, is: bool, key: &str, message: &str) -> Vec<(String, String)> {
        let at = if key.is_empty() || key.starts_with('/') {
            key.to_owned()
        } else {
            format!("/{key}")
        };
        is.then(|| (at, format!("{} {message}", self.name())))
            .into_iter()
            .collect()
    }

    fn has(&self, key: &str) -> bool {
        self.node.value.get(key).is_some()
    }
}

/// Returns every problem of the spec, in the order of the file.
#[must_use]
pub fn lint(spec: &Spec) -> Vec<Problem> {
    let problem = |code, pointer: String, message: String, help| Problem {
        path: spec.path.clone(),
        location: spec.location(&pointer),
        pointer,
        code,
        message,
        help,
    };
    let operations = match spec.operations() {
        Ok(operations) => operations,
        Err(error) => {
            return vec![Problem {
                path: error.path,
                location: error.location.unwrap_or_default(),
                pointer: String::new(),
                code: "openapi-document",
                message: error.message,
                help: "nothing else was checked",
            }];
        }
    };
    let context = Context { spec, operations };
    let mut problems = Vec::new();
    spec.walk(|visited| {
        let Some(node) = spec.at(&visited.pointer) else {
            return;
        };
        let part = Part {
            visited: visited.clone(),
            node,
        };
        for rule in RULES.iter().filter(|rule| rule.applies_to == visited.kind) {
            for (at, message) in (rule.check)(&context, &part) {
                let pointer = format!("{}{at}", visited.pointer);
                problems.push(problem(rule.code, pointer, message, rule.help));
            }
        }
    });
    problems.sort();
    problems
}

fn version_is_text(_: &Context<'_>, document: &Part<'_>) -> Vec<(String, String)> {
    let version = document.node.value.pointer("/info/version");
    let message = "info.version isn't text".to_owned();
    match version {
        Some(Value::String(_)) => Vec::new(),
        _ => vec![("/info/version".to_owned(), message)],
    }
}

fn api_version(context: &Context<'_>, operation: &Part<'_>) -> Vec<(String, String)> {
    let Some(known) = context.operation(operation) else {
        return Vec::new();
    };
    let parameter = known
        .parameters
        .iter()
        .find(|parameter| parameter.place == "query" && parameter.name == API_VERSION);
    let usable = parameter.is_some_and(|parameter| {
        let schema = parameter.node.child("schema");
        parameter.required
            && schema.is_some_and(|schema| {
                let extra = ["format", "enum", "default"];
                schema.text("type") == Some("string")
                    && extra.iter().all(|key| schema.value.get(key).is_none())
            })
    });
    operation.problem_if(!usable, "", "doesn't require a plain `api-version`")
}

fn operation_id(context: &Context<'_>, operation: &Part<'_>) -> Vec<(String, String)> {
    let Some(known) = context.operation(operation) else {
        return Vec::new();
    };
    let same = |other: &&Operation<'_>| {
        other.node.pointer != known.node.pointer
            && other.id.to_snake_case() == known.id.to_snake_case()
    };
    let problem = match context.operations.iter().find(same) {
        _ if known.id.is_empty() => format!("{} has no operationId", known.name()),
        Some(other) => format!("`{}` and `{}` get the same method name", known.id, other.id),
        None => return Vec::new(),
    };
    vec![(String::new(), problem)]
}

fn one_success(context: &Context<'_>, operation: &Part<'_>) -> Vec<(String, String)> {
    let count = context.successes(operation).len();
    let message = format!("has {count} successful responses");
    operation.problem_if(count != 1, "responses", &message)
}

fn json_response(context: &Context<'_>, operation: &Part<'_>) -> Vec<(String, String)> {
    let is_other = |response: &Node<'_>| {
        let content = response.value.get("content").and_then(Value::as_object);
        content.is_some_and(|content| {
            !content.is_empty()
                && content
                    .get("application/json")
                    .is_none_or(|media| media.get("schema").is_none())
        })
    };
    let successes = context.successes(operation);
    let other = successes.iter().find(|(_, response)| is_other(response));
    other.map_or_else(Vec::new, |(status, _)| {
        let at = format!("/responses/{status}");
        operation.problem_if(
            true,
            &at,
            &format!(
                "responds to {status} with something else than application/json with a schema"
            ),
        )
    })
}

fn identifier(_: &Context<'_>, parameter: &Part<'_>) -> Vec<(String, String)> {
    let schema = parameter
        .node
        .child("schema")
        .filter(|schema| schema.text("type") == Some("string"));
    let Some(schema) = schema.filter(|_| parameter.node.text("in") == Some("path")) else {
        return Vec::new();
    };
    let unchecked = ["format", "enum", "minLength", "maxLength"]
        .into_iter()
        .find(|key| schema.value.get(key).is_some());
    unchecked.map_or_else(Vec::new, |key| {
        parameter.problem_if(true, "schema", &format!("has `{key}`"))
    })
}

fn pattern(_: &Context<'_>, schema: &Part<'_>) -> Vec<(String, String)> {
    let pattern = schema.node.value.get("pattern");
    let other = pattern.is_some_and(|pattern| pattern != IDENTIFIER_PATTERN);
    schema.problem_if(other, "pattern", "has a pattern of its own")
}

fn unknown_reference(context: &Context<'_>, schema: &Part<'_>) -> Vec<(String, String)> {
    let broken = schema.is_reference() && context.spec.resolve(&schema.node.pointer).is_none();
    schema.problem_if(broken, "", "refers to nothing in this file")
}

fn closed_object(_: &Context<'_>, schema: &Part<'_>) -> Vec<(String, String)> {
    let key = "additionalProperties";
    schema.problem_if(schema.has(key), key, "sets additionalProperties")
}

fn closed_enum(context: &Context<'_>, schema: &Part<'_>) -> Vec<(String, String)> {
    let keys = ["enum", "anyOf", "oneOf"];
    let used = keys.into_iter().filter(|key| schema.has(key));
    used.filter(|key| *key != "enum" || context.enum_of(&schema.node.pointer).is_none())
        .flat_map(|key| schema.problem_if(true, key, &format!("uses {key}")))
        .collect()
}

fn date_time(_: &Context<'_>, schema: &Part<'_>) -> Vec<(String, String)> {
    let format = schema.node.text("format");
    let is_time = matches!(format, Some("date-time" | "date"));
    schema.problem_if(is_time, "format", "is a time in RFC 3339")
}

fn integer_size(_: &Context<'_>, schema: &Part<'_>) -> Vec<(String, String)> {
    let unsized_integer =
        schema.node.text("type") == Some("integer") && schema.node.text("format") != Some("int64");
    schema.problem_if(
        unsized_integer,
        "",
        "is an integer without the format int64",
    )
}

fn nullable(context: &Context<'_>, schema: &Part<'_>) -> Vec<(String, String)> {
    let required = schema.node.value.get("required").and_then(Value::as_array);
    let is_required = |name: &str| required.is_some_and(|names| names.contains(&json!(name)));
    let properties = schema.node.value.get("properties");
    let properties = properties.and_then(Value::as_object);
    properties
        .into_iter()
        .flat_map(|properties| properties.keys())
        .filter(|name| !is_required(name))
        .filter_map(|name| {
            let at = format!("/properties/{}", super::spec::pointer_segment(name));
            let property = context
                .spec
                .resolve(&format!("{}{at}", schema.node.pointer))?;
            // A schema without a type, such as a link's, accepts null as well.
            (property.value.get("type").is_some() && !property.is("nullable"))
                .then(|| (at, format!("the optional property `{name}` can't be null")))
        })
        .collect()
}

fn known_values(_: &Context<'_>, schema: &Part<'_>) -> Vec<(String, String)> {
    let Some(list) = schema.node.value.get("x-extensible-enum") else {
        return Vec::new();
    };
    let key = "x-extensible-enum";
    let texts: Vec<_> = extensible_enums::values(schema.node.value).collect();
    let variants: BTreeSet<_> = texts
        .iter()
        .map(|text| extensible_enums::variant(text).to_lowercase())
        .collect();
    let all_texts = list
        .as_array()
        .is_some_and(|list| list.len() == texts.len());
    let distinct = variants.len() == texts.len() && !variants.contains("");
    let usable = schema.visited.parent == Kind::Components
        && schema.node.text("type") == Some("string")
        && !texts.is_empty();
    schema.problem_if(
        !(all_texts && distinct && usable),
        key,
        "lists known values that can't become an enum",
    )
}

fn constants(context: &Context<'_>, schema: &Part<'_>) -> Vec<(String, String)> {
    if let Some(owner) = context.enum_of(&schema.node.pointer) {
        let same = schema.node.value.get("enum") == owner.value.get("x-extensible-enum");
        let alone = ["title", "description", "type", "enum"];
        let keys = schema.node.value.as_object().into_iter().flatten();
        let plain = schema.node.text("type") == Some("string")
            && keys
                .into_iter()
                .all(|(key, _)| alone.contains(&key.as_str()));
        return schema.problem_if(!(same && plain), "enum", "isn't the list of known values");
    }
    let target = context.spec.resolve(&schema.node.pointer);
    let refers = schema.is_reference()
        && target.is_some_and(|target| context.enum_of(&target.pointer).is_some());
    schema.problem_if(refers, "", "refers to constants")
}

fn description(_: &Context<'_>, schema: &Part<'_>) -> Vec<(String, String)> {
    let missing = !schema.is_reference() && !schema.has("description");
    // A parameter or a header describes itself; its schema has nothing to add.
    let described = matches!(schema.visited.parent, Kind::Parameter | Kind::Header);
    schema.problem_if(missing && !described, "", "has no description")
}

impl<'s> Context<'s> {
    fn operation(&self, part: &Part<'_>) -> Option<&Operation<'s>> {
        let is_it = |operation: &&Operation<'_>| operation.node.pointer == part.node.pointer;
        self.operations.iter().find(is_it)
    }

    fn successes(&self, part: &Part<'_>) -> Vec<(String, Node<'s>)> {
        let responses = self.operation(part).map(Operation::responses);
        let mut responses = responses.unwrap_or_default();
        responses.retain(|(status, _)| status.starts_with('2'));
        responses
    }

    /// Returns the extensible enum of which the component at `pointer` is the list of constants.
    fn enum_of(&self, pointer: &str) -> Option<Node<'s>> {
        let name = pointer.strip_prefix("/components/schemas/Known")?;
        self.spec
            .at(&format!("/components/schemas/{name}"))
            .filter(|schema| is_extensible(schema.value))
    }
}
