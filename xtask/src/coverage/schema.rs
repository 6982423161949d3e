//! Generates the mutations of the keywords of a schema.

use serde_json::{Map, Value, json};

use super::statements::Mutator;
use crate::spec::pointer_segment;

/// The keywords that no recording can contradict.
const ANNOTATIONS: &[&str] = &[
    "default",
    "deprecated",
    "description",
    "example",
    "externalDocs",
    "readOnly",
    "title",
    "writeOnly",
    "xml",
];

/// The keywords that restrict values: a schema without any of them accepts every value.
const RESTRICTING: &[&str] = &["type", "allOf", "anyOf", "oneOf", "not", "enum"];

/// Mutates every keyword of a schema.
pub fn schema(m: &mut Mutator<'_, '_>) {
    let keywords = m.part.object.value.as_object();
    for (keyword, value) in keywords.into_iter().flatten() {
        match (keyword.as_str(), value) {
            ("type", Value::String(kind)) => self::kind(m, kind),
            ("format", Value::String(format)) => self::format(m, format),
            ("pattern", Value::String(pattern)) => self::pattern(m, pattern),
            ("enum" | "x-extensible-enum", Value::Array(known)) => values(m, keyword, known),
            ("items", _) => items(m),
            ("properties", Value::Object(named)) => properties(m, named),
            ("required", Value::Array(_)) => required(m),
            // The value of a parameter or header is text and so never null.
            ("nullable", _) if !m.part.in_body => {}
            // The keywords of the schema inside are separate statements.
            ("additionalProperties", Value::Object(_)) => {}
            (name, _) if ANNOTATIONS.contains(&name) || name.starts_with("x-") => {}
            ("nullable", Value::Bool(true)) => {
                m.mutate(
                    keyword,
                    "becomes false",
                    "null",
                    json!({ "nullable": false }),
                );
            }
            (_, Value::Bool(switch)) => {
                let needs = "a recording or counterexample whose validity depends on this keyword";
                let name = format!("becomes {}", !switch);
                m.mutate(keyword, &name, needs, json!({ keyword: !switch }));
            }
            (_, Value::Number(bound)) if bound.is_i64() => number(m, keyword, value),
            _ => {
                let needs = "a recording or counterexample whose validity depends on this keyword";
                m.mutate(keyword, "removed", needs, json!({ keyword: null }));
            }
        }
    }
    if !RESTRICTING
        .iter()
        .any(|keyword| m.part.get(keyword).is_some())
    {
        for kind in ["string", "object"] {
            let needs = format!("a value of another type than {kind}");
            m.mutate(
                "",
                &format!("anything becomes {kind}"),
                &needs,
                json!({ "type": kind }),
            );
        }
    }
}

fn kind(m: &mut Mutator<'_, '_>, kind: &str) {
    let other = match kind {
        "string" => "integer",
        "object" => "array",
        "array" => "object",
        _ => "string",
    };
    let needs = format!("a value of the type {kind}");
    m.mutate(
        "type",
        &format!("becomes {other}"),
        &needs,
        json!({ "type": other }),
    );
    if m.part.in_body && m.part.get("nullable").is_none() {
        let patch = json!({ "nullable": true });
        m.mutate(
            "type",
            "becomes nullable",
            "a counterexample with null",
            patch,
        );
    }
    if kind == "object" && !matches!(m.part.get("additionalProperties"), Some(Value::Bool(_))) {
        let patch = json!({ "additionalProperties": false });
        m.restrict(
            "type",
            "rejects other properties",
            "an unknown property",
            patch,
        );
    }
}

fn format(m: &mut Mutator<'_, '_>, format: &str) {
    let needs = format!("a counterexample with a value that isn't a valid {format}");
    m.mutate("format", "removed", &needs, json!({ "format": null }));
    let (other, needs) = match format {
        "int64" => ("int32", "a number that needs 64 bits"),
        "int32" => ("int64", "a counterexample that needs 64 bits"),
        _ => return,
    };
    m.mutate(
        "format",
        &format!("becomes {other}"),
        needs,
        json!({ "format": other }),
    );
}

fn pattern(m: &mut Mutator<'_, '_>, pattern: &str) {
    let mut mutate = |name: &str, needs: &str, pattern: Option<&str>| {
        m.mutate("pattern", name, needs, json!({ "pattern": pattern }));
    };
    mutate(
        "rejects every value",
        "a value that matches",
        Some("[^\\s\\S]"),
    );
    mutate("removed", "a counterexample that doesn't match", None);
    if let Some(rest) = pattern.strip_prefix('^') {
        let needs = "a counterexample that doesn't match at its start";
        mutate("loses its `^`", needs, Some(rest));
    }
    if let Some(rest) = pattern.strip_suffix('$') {
        let needs = "a counterexample that doesn't match at its end";
        mutate("loses its `$`", needs, Some(rest));
    }
}

fn number(m: &mut Mutator<'_, '_>, keyword: &str, bound: &Value) {
    let bound = bound.as_i64().unwrap_or_default();
    let lowest = match keyword {
        "minimum" | "maximum" => i64::MIN,
        "multipleOf" => 1,
        _ => 0,
    };
    for moved in [bound.saturating_sub(1), bound.saturating_add(1)] {
        if moved >= lowest && moved != bound {
            let needs = format!("a recording or counterexample between {bound} and {moved}");
            m.mutate(
                keyword,
                &format!("becomes {moved}"),
                &needs,
                json!({ keyword: moved }),
            );
        }
    }
}

fn values(m: &mut Mutator<'_, '_>, list: &str, values: &[Value]) {
    for (index, value) in values.iter().enumerate() {
        let value = value
            .as_str()
            .map_or_else(|| value.to_string(), ToOwned::to_owned);
        let patch = json!({ list: without(values, index) });
        let needs = format!("the value `{value}`");
        m.mutate_element(list, (index, &value), "removed", &needs, patch)
            .is_shape = false;
    }
}

fn items(m: &mut Mutator<'_, '_>) {
    if m.part.get("maxItems").is_none() {
        let patch = json!({ "maxItems": 0 });
        m.mutate("items", "rejects elements", "an array with elements", patch);
    }
    if m.part.get("minItems").is_none() {
        let patch = json!({ "minItems": 1 });
        m.restrict("items", "rejects an empty array", "an empty array", patch);
    }
}

fn properties(m: &mut Mutator<'_, '_>, named: &Map<String, Value>) {
    let required = required_names(m);
    for (name, value) in named {
        let keyword = format!("properties/{}", pointer_segment(name));
        let renamed = json!({ name: null, format!("{name}Renamed"): value });
        let mut patch = json!({ "properties": renamed });
        let index = required.iter().position(|required| *required == name);
        if let Some(index) = index {
            // If the old name remained required, every object would be invalid for another reason.
            patch["required"] = required_or_null(&without(&required, index));
        }
        m.mutate(
            &keyword,
            "renamed",
            &format!("an object with `{name}`"),
            patch,
        );
        if index.is_none() {
            let patch = json!({ "required": required_or_null(&[&required[..], &[name]].concat()) });
            let needs = format!("an object without `{name}`");
            m.restrict(&keyword, "becomes required", &needs, patch);
        }
    }
}

fn required(m: &mut Mutator<'_, '_>) {
    let required = required_names(m);
    for (index, name) in required.iter().enumerate() {
        let mut mutate = |mutation: &str, needs: String, names: &[&str]| {
            let patch = json!({ "required": required_or_null(names) });
            m.mutate_element("required", (index, name), mutation, &needs, patch);
        };
        let other = format!("{name}Renamed");
        let mut renamed = required.clone();
        renamed[index] = &other;
        mutate("renamed", format!("an object with `{name}`"), &renamed);
        let needs = format!("a counterexample without `{name}`");
        mutate("becomes optional", needs, &without(&required, index));
    }
}

fn required_names<'s>(m: &Mutator<'_, 's>) -> Vec<&'s str> {
    let required = m.part.get("required").and_then(Value::as_array);
    required
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// Returns the value of the keyword `required`, or null, because an empty list is invalid.
fn required_or_null(names: &[&str]) -> Value {
    if names.is_empty() {
        Value::Null
    } else {
        json!(names)
    }
}

/// Returns the list without one element.
pub fn without<T: Clone>(list: &[T], index: usize) -> Vec<T> {
    [&list[..index], &list[index + 1..]].concat()
}
