//! Mutations of the keywords of a schema.

use serde_json::{Value, json};

use super::statements::{Part, Statements};
use crate::spec::pointer_segment;

/// Keywords with a number, and the lowest one that they take.
const BOUNDS: &[(&str, i64)] = &[
    ("minimum", i64::MIN),
    ("maximum", i64::MIN),
    ("multipleOf", 1),
    ("minLength", 0),
    ("maxLength", 0),
    ("minItems", 0),
    ("maxItems", 0),
    ("minProperties", 0),
    ("maxProperties", 0),
];

/// Keywords that are true or false, with what detects that one which is true, or false, becomes the other.
const SWITCHES: &[(&str, &str, &str)] = &[
    ("nullable", "null", "a counterexample with null"),
    (
        "exclusiveMinimum",
        "a counterexample on the bound",
        "a value on the bound",
    ),
    (
        "exclusiveMaximum",
        "a counterexample on the bound",
        "a value on the bound",
    ),
    (
        "uniqueItems",
        "a counterexample with equal elements",
        "equal elements",
    ),
    (
        "additionalProperties",
        "another property",
        "a counterexample with another property",
    ),
];

/// Keywords without which a schema accepts any value.
const RESTRICTING: &[&str] = &["type", "allOf", "anyOf", "oneOf", "not", "enum"];

/// Mutates every keyword of a schema.
pub fn schema(schema: &Part<'_>, out: &mut Statements) {
    kind(schema, out);
    text(schema, out);
    numbers(schema, out);
    values(schema, out);
    properties(schema, out);
    required(schema, out);
    for (keyword, needs_true, needs_false) in SWITCHES {
        // A parameter or header is text and so never null.
        if let Some(Value::Bool(switch)) = schema.get(keyword)
            && (schema.in_body || *keyword != "nullable")
        {
            let needs = if *switch { needs_true } else { needs_false };
            out.mutate(
                schema,
                keyword,
                &format!("becomes {}", !switch),
                needs,
                json!({ *keyword: !switch }),
            );
        }
    }
    if schema.get("items").is_some() {
        if schema.get("maxItems").is_none() {
            out.mutate(
                schema,
                "items",
                "refuses elements",
                "an array with elements",
                json!({ "maxItems": 0 }),
            );
        }
        if schema.get("minItems").is_none() {
            out.restrict(
                schema,
                "items",
                "refuses an empty array",
                "an empty array",
                json!({ "minItems": 1 }),
            );
        }
    }
    if RESTRICTING
        .iter()
        .all(|keyword| schema.get(keyword).is_none())
    {
        for kind in ["string", "object"] {
            let needs = format!("a value of another type than {kind}");
            out.mutate(
                schema,
                "",
                &format!("anything becomes {kind}"),
                &needs,
                json!({ "type": kind }),
            );
        }
    }
}

fn kind(schema: &Part<'_>, out: &mut Statements) {
    let Some(kind) = schema.text("type") else {
        return;
    };
    let other = match kind {
        "string" => "integer",
        "object" => "array",
        "array" => "object",
        _ => "string",
    };
    let needs = format!("a value of the type {kind}");
    out.mutate(
        schema,
        "type",
        &format!("becomes {other}"),
        &needs,
        json!({ "type": other }),
    );
    if schema.in_body && schema.get("nullable").is_none() {
        let patch = json!({ "nullable": true });
        out.mutate(
            schema,
            "type",
            "becomes nullable",
            "a counterexample with null",
            patch,
        );
    }
    if kind == "object" && !matches!(schema.get("additionalProperties"), Some(Value::Bool(_))) {
        let patch = json!({ "additionalProperties": false });
        out.restrict(
            schema,
            "type",
            "refuses other properties",
            "a property that isn't named here",
            patch,
        );
    }
}

/// Mutates the format and the pattern.
fn text(schema: &Part<'_>, out: &mut Statements) {
    let mut mutate = |keyword: &str, name: &str, needs: &str, value: Value| {
        out.mutate(schema, keyword, name, needs, json!({ keyword: value }));
    };
    if let Some(format) = schema.text("format") {
        mutate(
            "format",
            "removed",
            &format!("a counterexample that is no {format}"),
            Value::Null,
        );
        match format {
            "int64" => mutate(
                "format",
                "becomes int32",
                "a number that needs 64 bits",
                "int32".into(),
            ),
            "int32" => mutate(
                "format",
                "becomes int64",
                "a counterexample that needs 64 bits",
                "int64".into(),
            ),
            _ => {}
        }
    }
    if let Some(pattern) = schema.text("pattern") {
        mutate(
            "pattern",
            "refuses every value",
            "a value that matches",
            "[^\\s\\S]".into(),
        );
        mutate(
            "pattern",
            "removed",
            "a counterexample that doesn't match",
            Value::Null,
        );
        if let Some(rest) = pattern.strip_prefix('^') {
            mutate(
                "pattern",
                "loses its `^`",
                "a counterexample that doesn't match at its start",
                rest.into(),
            );
        }
        if let Some(rest) = pattern.strip_suffix('$') {
            mutate(
                "pattern",
                "loses its `$`",
                "a counterexample that doesn't match at its end",
                rest.into(),
            );
        }
    }
}

fn numbers(schema: &Part<'_>, out: &mut Statements) {
    for (keyword, lowest) in BOUNDS {
        let Some(bound) = schema.get(keyword).and_then(Value::as_i64) else {
            continue;
        };
        for moved in [bound.saturating_sub(1), bound.saturating_add(1)] {
            if moved >= *lowest && moved != bound {
                let needs = format!("a recording or counterexample between {bound} and {moved}");
                out.mutate(
                    schema,
                    keyword,
                    &format!("becomes {moved}"),
                    &needs,
                    json!({ *keyword: moved }),
                );
            }
        }
    }
}

/// Mutates the known values of an extensible enum, and the values of a closed one.
fn values(schema: &Part<'_>, out: &mut Statements) {
    for keyword in ["x-extensible-enum", "enum"] {
        let Some(Value::Array(values)) = schema.get(keyword) else {
            continue;
        };
        for (index, value) in values.iter().enumerate() {
            let value = value
                .as_str()
                .map_or_else(|| value.to_string(), ToOwned::to_owned);
            let patch = json!({ keyword: without(values, index) });
            out.mutate_element(
                schema,
                keyword,
                (index, &value),
                "removed",
                &format!("the value `{value}`"),
                patch,
            );
        }
    }
}

fn properties(schema: &Part<'_>, out: &mut Statements) {
    let required = required_names(schema);
    for name in schema.names("properties") {
        let keyword = format!("properties/{}", pointer_segment(name));
        let value = &schema.object.value["properties"][name];
        let renamed = json!({ name: null, format!("{name}Renamed"): value });
        let mut patch = json!({ "properties": renamed });
        let index = required.iter().position(|required| *required == name);
        if let Some(index) = index {
            // An object without the required name would be detected for another reason.
            patch["required"] = require(&without(&required, index));
        }
        out.mutate(
            schema,
            &keyword,
            "renamed",
            &format!("an object with `{name}`"),
            patch,
        );
        if index.is_none() {
            let patch = json!({ "required": require(&[&required[..], &[name]].concat()) });
            out.restrict(
                schema,
                &keyword,
                "becomes required",
                &format!("an object without `{name}`"),
                patch,
            );
        }
    }
}

fn required(schema: &Part<'_>, out: &mut Statements) {
    let required = required_names(schema);
    for (index, name) in required.iter().enumerate() {
        let mut mutate = |mutation: &str, needs: &str, names: &[&str]| {
            let patch = json!({ "required": require(names) });
            out.mutate_element(schema, "required", (index, name), mutation, needs, patch);
        };
        let other = format!("{name}Renamed");
        let mut renamed = required.clone();
        renamed[index] = &other;
        mutate("renamed", &format!("an object with `{name}`"), &renamed);
        mutate(
            "becomes optional",
            &format!("a counterexample without `{name}`"),
            &without(&required, index),
        );
    }
}

fn required_names<'s>(schema: &Part<'s>) -> Vec<&'s str> {
    let required = schema.get("required").and_then(Value::as_array);
    required
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// The keyword `required`, which must not be empty.
fn require(names: &[&str]) -> Value {
    if names.is_empty() {
        Value::Null
    } else {
        json!(names)
    }
}

fn without<T: Clone>(list: &[T], index: usize) -> Vec<T> {
    [&list[..index], &list[index + 1..]].concat()
}
