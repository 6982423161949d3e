//! The checks of the lint rules. Each check returns the problems of an object: the JSON pointer inside the object, and a message.

use std::collections::BTreeSet;

use heck::ToSnakeCase;
use serde_json::{Value, json};

use crate::generator::extensible_enums::{self, is_extensible};
use crate::generator::prepare::{API_VERSION, IDENTIFIER_PATTERN};
use crate::generator::spec::{Kind, Node, Operation, Spec, Visited, pointer_segment};

/// The problems that a check returns.
pub(super) type Problems = Vec<(String, String)>;

/// The checked spec and its operations.
pub(super) struct Context<'s> {
    pub(super) spec: &'s Spec,
    pub(super) operations: Vec<Operation<'s>>,
}

/// The checked object.
pub(super) struct Part<'s> {
    pub(super) visited: Visited<'s>,
    pub(super) node: Node<'s>,
}

impl Part<'_> {
    fn is_reference(&self) -> bool {
        self.visited.is_reference()
    }

    /// Returns the object's name in messages, in quotes: the name inside the object, or its key in the spec.
    fn name(&self) -> String {
        let own = match self.visited.kind {
            Kind::Operation => self.node.text("operationId"),
            Kind::Parameter => self.node.text("name"),
            _ => None,
        };
        let key = self.node.pointer.rsplit('/').next().unwrap_or_default();
        let key = own.unwrap_or(key);
        format!("`{}`", key.replace("~1", "/").replace("~0", "~"))
    }

    /// Returns a problem at the property `key` if `is` is true.
    fn problem_if(&self, is: bool, key: &str, message: &str) -> Problems {
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

pub(super) fn version_is_text(_: &Context<'_>, document: &Part<'_>) -> Problems {
    let version = document.node.value.pointer("/info/version");
    let message = "`info.version` isn't text".to_owned();
    match version {
        Some(Value::String(_)) => Vec::new(),
        _ => vec![("/info/version".to_owned(), message)],
    }
}

pub(super) fn api_version(context: &Context<'_>, operation: &Part<'_>) -> Problems {
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

pub(super) fn operation_id(context: &Context<'_>, operation: &Part<'_>) -> Problems {
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

pub(super) fn one_success(context: &Context<'_>, operation: &Part<'_>) -> Problems {
    let count = context.successes(operation).len();
    let message = format!("has {count} successful responses");
    operation.problem_if(count != 1, "responses", &message)
}

pub(super) fn json_response(context: &Context<'_>, operation: &Part<'_>) -> Problems {
    let is_other = |response: &Node<'_>| {
        let described = response.value.get("content").and_then(Value::as_object);
        described.is_some_and(|media| {
            !media.is_empty()
                && media
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
            &format!("has a body for {status} that isn't application/json with a schema"),
        )
    })
}

pub(super) fn identifier(_: &Context<'_>, parameter: &Part<'_>) -> Problems {
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

pub(super) fn pattern(_: &Context<'_>, schema: &Part<'_>) -> Problems {
    let pattern = schema.node.value.get("pattern");
    let other = pattern.is_some_and(|pattern| pattern != IDENTIFIER_PATTERN);
    schema.problem_if(other, "pattern", "has another pattern than identifiers")
}

pub(super) fn unknown_reference(context: &Context<'_>, schema: &Part<'_>) -> Problems {
    let broken = schema.is_reference() && context.spec.resolve(&schema.node.pointer).is_none();
    schema.problem_if(broken, "", "has a reference without a target in this file")
}

pub(super) fn closed_object(_: &Context<'_>, schema: &Part<'_>) -> Problems {
    let key = "additionalProperties";
    schema.problem_if(schema.has(key), key, "sets additionalProperties")
}

pub(super) fn closed_enum(context: &Context<'_>, schema: &Part<'_>) -> Problems {
    let keys = ["enum", "anyOf", "oneOf"];
    let used = keys.into_iter().filter(|key| schema.has(key));
    used.filter(|key| *key != "enum" || context.enum_of(&schema.node.pointer).is_none())
        .flat_map(|key| schema.problem_if(true, key, &format!("uses {key}")))
        .collect()
}

pub(super) fn date_time(_: &Context<'_>, schema: &Part<'_>) -> Problems {
    let format = schema.node.text("format");
    let is_time = matches!(format, Some("date-time" | "date"));
    schema.problem_if(is_time, "format", "is a time in RFC 3339")
}

pub(super) fn integer_size(_: &Context<'_>, schema: &Part<'_>) -> Problems {
    let unsized_integer =
        schema.node.text("type") == Some("integer") && schema.node.text("format") != Some("int64");
    schema.problem_if(
        unsized_integer,
        "",
        "is an integer without the format int64",
    )
}

pub(super) fn nullable(context: &Context<'_>, schema: &Part<'_>) -> Problems {
    let required = schema.node.value.get("required").and_then(Value::as_array);
    let is_required = |name: &str| required.is_some_and(|names| names.contains(&json!(name)));
    let properties = schema.node.value.get("properties");
    let properties = properties.and_then(Value::as_object);
    properties
        .into_iter()
        .flat_map(|properties| properties.keys())
        .filter(|name| !is_required(name))
        .filter_map(|name| {
            let at = format!("/properties/{}", pointer_segment(name));
            let property = context
                .spec
                .resolve(&format!("{}{at}", schema.node.pointer))?;
            // A schema without a type, such as a link's, accepts null as well.
            (property.value.get("type").is_some() && !property.is("nullable"))
                .then(|| (at, format!("the optional property `{name}` can't be null")))
        })
        .collect()
}

pub(super) fn known_values(_: &Context<'_>, schema: &Part<'_>) -> Problems {
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

pub(super) fn constants(context: &Context<'_>, schema: &Part<'_>) -> Problems {
    if let Some(owner) = context.enum_of(&schema.node.pointer) {
        let same = schema.node.value.get("enum") == owner.value.get("x-extensible-enum");
        let alone = ["title", "description", "type", "enum"];
        let keys = schema.node.value.as_object().into_iter().flatten();
        let plain = schema.node.text("type") == Some("string")
            && keys
                .into_iter()
                .all(|(key, _)| alone.contains(&key.as_str()));
        return schema.problem_if(
            !(same && plain),
            "enum",
            "differs from the list of known values",
        );
    }
    let target = context.spec.resolve(&schema.node.pointer);
    let refers = schema.is_reference()
        && target.is_some_and(|target| context.enum_of(&target.pointer).is_some());
    schema.problem_if(refers, "", "refers to constants")
}

pub(super) fn description(_: &Context<'_>, schema: &Part<'_>) -> Problems {
    let missing = !schema.is_reference() && !schema.has("description");
    // The description of a parameter or a header is enough for its schema.
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

    /// Returns the extensible enum whose values the component at `pointer` repeats as constants.
    fn enum_of(&self, pointer: &str) -> Option<Node<'s>> {
        let name = pointer.strip_prefix("/components/schemas/Known")?;
        self.spec
            .at(&format!("/components/schemas/{name}"))
            .filter(|schema| is_extensible(schema.value))
    }
}
