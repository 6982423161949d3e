//! The mutations of each part of the spec, by the kind of the object and by keyword.

use serde_json::{Value, json};

use super::statements::{Part, plain};
use crate::spec::{DOCUMENTATION, Kind, pointer_segment};

/// The keywords that restrict values: a schema without any of them accepts every value.
const RESTRICTING: &[&str] = &["type", "allOf", "anyOf", "oneOf", "not", "enum"];

/// Adds the mutations of a part.
pub fn mutate(part: &mut Part<'_>) {
    match part.object.kind {
        Kind::Document => document(part),
        Kind::PathItem => {
            parameters(part);
            methods(part);
        }
        Kind::Operation => {
            parameters(part);
            status_codes(part);
        }
        Kind::Parameter => parameter(part),
        Kind::Response => response(part),
        Kind::Header => required(part, ""),
        Kind::Schema => schema(part),
        _ => {}
    }
}

/// Mutates the API version, which requests send as `api-version`, and the paths.
fn document(part: &mut Part<'_>) {
    let patch = json!({ "info": { "version": "1999-12-31" } });
    let needs = "a request with the expected `api-version`";
    part.mutate("info/version", "becomes 1999-12-31", needs, patch);
    let paths = part.entries_of("paths");
    for (path, item) in paths.filter(|(path, _)| path.starts_with('/')) {
        let patch = json!({ "paths": { path: null, format!("{path}/moved"): item } });
        let keyword = format!("paths/{}", pointer_segment(path));
        let needs = format!("a request for {path}");
        part.mutate(&keyword, "becomes another path", needs, patch);
    }
}

/// Mutates the methods of a path.
fn methods(part: &mut Part<'_>) {
    for operation in part.object.objects() {
        if operation.kind == Kind::Operation {
            let method = operation.pointer.rsplit('/').next().unwrap_or_default();
            let other = if method == "put" { "get" } else { "put" };
            let patch = json!({ method: null, other: operation.value });
            let needs = "a request for this operation";
            part.mutate(method, format!("becomes {other}"), needs, patch);
        }
    }
}

/// Mutates the responses of an operation by adding a required header that no recording has. If a response were removed instead, the
/// response for its range of status codes or the default could apply.
fn status_codes(part: &mut Part<'_>) {
    let responses = part.entries_of("responses");
    for (status, _) in responses.filter(|(status, _)| !status.starts_with("x-")) {
        let other = json!({ "$ref": null, "headers": { "x-other": { "required": true } } });
        let needs = match status.as_str() {
            "default" => "a response with a status code that isn't listed".to_owned(),
            _ => format!("a response of this operation with the status code {status}"),
        };
        let patch = json!({ "responses": { status: other } });
        part.mutate(&format!("responses/{status}"), "replaced", needs, patch);
    }
}

/// Mutates the list of parameters of a path or an operation. Path parameters are left out: OpenAPI requires them.
fn parameters(part: &mut Part<'_>) {
    let listed = part.object.value.get("parameters");
    let listed = listed
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice);
    for (index, parameter) in part.object.children("parameters") {
        let (Some(name), Some(place)) = (parameter.text("name"), parameter.text("in")) else {
            continue;
        };
        if let Ok(index) = index.parse()
            && place != "path"
        {
            let needs = format!("a request with the {place} parameter `{name}`");
            let patch = json!({ "parameters": without(listed, index) });
            part.mutate(&format!("parameters/{index}"), "removed", needs, patch)
                .element = Some(name.to_owned());
        }
    }
}

/// Mutates the name and the place of a parameter, and whether it is required.
fn parameter(part: &mut Part<'_>) {
    let (Some(name), Some(place)) = (part.object.text("name"), part.object.text("in")) else {
        return;
    };
    if place != "path" {
        let needs = format!("a request with the {place} parameter `{name}`");
        let patch = json!({ "name": format!("{name}-renamed") });
        part.mutate("name", "renamed", needs.clone(), patch);
        let other = if place == "query" { "header" } else { "query" };
        part.set("in", other, needs);
        required(part, "name");
    }
}

/// Mutates whether a header or parameter is required. If it is optional, the mutations belong to the statement at `keyword`.
fn required(part: &mut Part<'_>, keyword: &str) {
    let reject_all = json!({ "schema": { "$ref": null, "not": {} } });
    let with = "a recording with this parameter or header";
    if part.object.is("required") {
        part.mutate("required", "rejects every value", with, reject_all);
        let needs = "a counterexample without this parameter or header";
        let optional = json!({ "required": false });
        part.mutate("required", "becomes optional", needs, optional);
    } else {
        part.mutate(keyword, "rejects every value", with, reject_all);
        let needs = "a recording without this parameter or header";
        let required = json!({ "required": true });
        part.mutate(keyword, "becomes required", needs, required)
            .restricts = true;
    }
}

/// Mutates the headers and media types of a response.
fn response(part: &mut Part<'_>) {
    for (name, _) in part.entries_of("headers") {
        let keyword = format!("headers/{}", pointer_segment(name));
        let needs = format!("this response with the header {name}");
        let patch = json!({ "headers": { name: null } });
        part.mutate(&keyword, "removed", needs, patch);
    }
    for (name, content) in part.entries_of("content") {
        let keyword = format!("content/{}", pointer_segment(name));
        let patch = json!({ "content": { name: null, "application/x-other": content } });
        let needs = format!("this response with a body of the content type {name}");
        part.mutate(&keyword, "becomes application/x-other", needs, patch);
    }
}

/// Mutates every keyword of a schema.
fn schema(part: &mut Part<'_>) {
    let depending = "a recording or counterexample whose validity depends on this keyword";
    let keywords = part.object.value.as_object();
    for (keyword, value) in keywords.into_iter().flatten() {
        match (keyword.as_str(), value) {
            ("type", Value::String(kind)) => self::kind(part, kind),
            ("format", Value::String(format)) => self::format(part, format),
            ("pattern", Value::String(pattern)) => self::pattern(part, pattern),
            ("enum" | "x-extensible-enum", Value::Array(known)) => values(part, keyword, known),
            ("items", _) => items(part),
            ("properties", Value::Object(_)) => properties(part),
            ("required", Value::Array(_)) => required_properties(part),
            // The value of a parameter or header is text and so never null.
            ("nullable", _) if !part.in_body => {}
            // The keywords of the schema inside are separate statements.
            ("additionalProperties", Value::Object(_)) => {}
            (name, _) if is_annotation(name) => {}
            ("nullable", Value::Bool(true)) => part.set(keyword, false, "null"),
            (_, Value::Bool(switch)) => part.set(keyword, !switch, depending),
            (_, Value::Number(bound)) if bound.is_i64() => number(part, keyword, value),
            _ => part.set(keyword, Value::Null, depending),
        }
    }
    let mut restricting = RESTRICTING.iter();
    if !restricting.any(|keyword| part.object.has(keyword)) {
        for kind in ["string", "object"] {
            let name = format!("anything becomes {kind}");
            let needs = format!("a value of another type than {kind}");
            part.mutate("", name, needs, json!({ "type": kind }));
        }
    }
}

/// Returns whether no recording can contradict a keyword.
fn is_annotation(keyword: &str) -> bool {
    let others = ["default", "deprecated", "readOnly", "writeOnly", "xml"];
    DOCUMENTATION.contains(&keyword) || others.contains(&keyword) || keyword.starts_with("x-")
}

fn kind(part: &mut Part<'_>, kind: &str) {
    let other = match kind {
        "string" => "integer",
        "object" => "array",
        "array" => "object",
        _ => "string",
    };
    let needs = format!("a value of the type {kind}");
    part.set("type", other, needs);
    if part.in_body && !part.object.has("nullable") {
        let needs = "a counterexample with null";
        let nullable = json!({ "nullable": true });
        part.mutate("type", "becomes nullable", needs, nullable);
    }
    let others = part.object.value.get("additionalProperties");
    if kind == "object" && !others.is_some_and(Value::is_boolean) {
        let patch = json!({ "additionalProperties": false });
        let name = "rejects other properties";
        part.mutate("type", name, "an unknown property", patch)
            .restricts = true;
    }
}

fn format(part: &mut Part<'_>, format: &str) {
    let needs = format!("a counterexample with a value that isn't a valid {format}");
    part.set("format", Value::Null, needs);
    match format {
        "int64" => part.set("format", "int32", "a number that needs 64 bits"),
        "int32" => part.set("format", "int64", "a counterexample that needs 64 bits"),
        _ => {}
    }
}

fn pattern(part: &mut Part<'_>, pattern: &str) {
    let needs = "a value that matches";
    let nothing = json!({ "pattern": "[^\\s\\S]" });
    part.mutate("pattern", "rejects every value", needs, nothing);
    let needs = "a counterexample that doesn't match";
    part.set("pattern", Value::Null, needs);
    for (anchor, end, rest) in [
        ('^', "start", pattern.strip_prefix('^')),
        ('$', "end", pattern.strip_suffix('$')),
    ] {
        if let Some(rest) = rest {
            let name = format!("loses its `{anchor}`");
            let needs = format!("{needs} at its {end}");
            part.mutate("pattern", name, needs, json!({ "pattern": rest }));
        }
    }
}

fn number(part: &mut Part<'_>, keyword: &str, bound: &Value) {
    let bound = bound.as_i64().unwrap_or_default();
    let lowest = match keyword {
        "minimum" | "maximum" => i64::MIN,
        "multipleOf" => 1,
        _ => 0,
    };
    for moved in [bound.saturating_sub(1), bound.saturating_add(1)] {
        if moved >= lowest && moved != bound {
            let needs = format!("a recording or counterexample between {bound} and {moved}");
            part.set(keyword, moved, needs);
        }
    }
}

fn values(part: &mut Part<'_>, list: &str, values: &[Value]) {
    for (index, value) in values.iter().enumerate() {
        let value = plain(value);
        let patch = json!({ list: without(values, index) });
        let needs = format!("the value `{value}`");
        let mutation = part.mutate(&format!("{list}/{index}"), "removed", needs, patch);
        mutation.is_shape = false;
        mutation.element = Some(value);
    }
}

fn items(part: &mut Part<'_>) {
    if !part.object.has("maxItems") {
        let patch = json!({ "maxItems": 0 });
        part.mutate("items", "rejects elements", "an array with elements", patch);
    }
    if !part.object.has("minItems") {
        let patch = json!({ "minItems": 1 });
        let needs = "an empty array";
        part.mutate("items", "rejects an empty array", needs, patch)
            .restricts = true;
    }
}

fn properties(part: &mut Part<'_>) {
    let required = required_names(part);
    for (name, value) in part.entries_of("properties") {
        let keyword = format!("properties/{}", pointer_segment(name));
        let renamed = json!({ name: null, format!("{name}Renamed"): value });
        let mut patch = json!({ "properties": renamed });
        let index = required.iter().position(|required| *required == name);
        if let Some(index) = index {
            // If the old name remained required, every object would be invalid for another reason.
            patch["required"] = required_or_null(&without(&required, index));
        }
        part.mutate(
            &keyword,
            "renamed",
            format!("an object with `{name}`"),
            patch,
        );
        if index.is_none() {
            let patch = json!({ "required": required_or_null(&[&required[..], &[name]].concat()) });
            let needs = format!("an object without `{name}`");
            part.mutate(&keyword, "becomes required", needs, patch)
                .restricts = true;
        }
    }
}

fn required_properties(part: &mut Part<'_>) {
    let required = required_names(part);
    for (index, name) in required.iter().enumerate() {
        let mut renamed = required.clone();
        let other = format!("{name}Renamed");
        renamed[index] = &other;
        for (mutation, needs, names) in [
            ("renamed", format!("an object with `{name}`"), renamed),
            (
                "becomes optional",
                format!("a counterexample without `{name}`"),
                without(&required, index),
            ),
        ] {
            let patch = json!({ "required": required_or_null(&names) });
            part.mutate(&format!("required/{index}"), mutation, needs, patch)
                .element = Some((*name).to_owned());
        }
    }
}

fn required_names<'s>(part: &Part<'s>) -> Vec<&'s str> {
    let required = part.object.value.get("required").and_then(Value::as_array);
    let required = required.into_iter().flatten();
    required.filter_map(Value::as_str).collect()
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
fn without<T: Clone>(list: &[T], index: usize) -> Vec<T> {
    [&list[..index], &list[index + 1..]].concat()
}
