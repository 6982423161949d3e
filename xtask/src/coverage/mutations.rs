//! The statements of the spec that a recording can contradict, with the mutations of each, by the kind of the object and by keyword.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::statements::{Mutation, Part, State, Statement, plain};
use crate::spec::{DOCUMENTATION, Kind, Object, Spec, pointer_segment};

/// The keywords that restrict values: a schema without any of them accepts every value.
const RESTRICTING: &[&str] = &["type", "allOf", "anyOf", "oneOf", "not", "enum"];

/// Returns the statements in the order of the file. Parts that no operation refers to have no statements.
pub fn statements(spec: &Spec) -> Vec<Statement> {
    let mut parts = BTreeMap::new();
    if let Some(document) = spec.at("") {
        collect(&Object::of(Kind::Document, document), false, &mut parts);
    }
    parts.values_mut().for_each(mutate);
    let mutations = parts.into_values().flat_map(|part| part.mutations);
    let mut mutations: Vec<Mutation> = mutations.collect();
    mutations.sort_by_cached_key(|one| (spec.location(&one.statement), one.statement.clone()));
    let mut statements: Vec<Statement> = Vec::new();
    for mutation in mutations {
        match statements.last_mut() {
            Some(last) if last.name == mutation.statement => last.mutations.push(mutation),
            _ => statements.push(Statement {
                name: mutation.statement.clone(),
                state: State::Uncovered,
                mutations: vec![mutation],
            }),
        }
    }
    statements
}

/// Adds an object and all objects inside, with references followed, to the parts by JSON pointer. Components belong to the objects
/// that refer to them.
fn collect<'s>(object: &Object<'s>, in_body: bool, parts: &mut BTreeMap<String, Part<'s>>) {
    let Some(object) = object.followed() else {
        return;
    };
    let in_body = in_body || object.kind == Kind::MediaType;
    match parts.get_mut(&object.pointer) {
        _ if object.kind == Kind::Components => return,
        Some(known) if known.in_body || !in_body => return,
        Some(known) => known.in_body = true,
        None => {
            let part = Part {
                object: object.clone(),
                in_body,
                mutations: Vec::new(),
            };
            parts.insert(object.pointer.clone(), part);
        }
    }
    for child in object.objects() {
        collect(&child, in_body, parts);
    }
}

/// Adds the mutations of a part.
fn mutate(part: &mut Part<'_>) {
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
    for (path, item) in part.object.children("paths") {
        let patch = json!({ "paths": { &path: null, format!("{path}/moved"): item.value } });
        let keyword = format!("paths/{}", pointer_segment(&path));
        let needs = format!("a request for {path}");
        part.mutate(&keyword, "becomes another path", needs, patch);
    }
}

/// Mutates the methods of a path.
fn methods(part: &mut Part<'_>) {
    let mut operations = part.object.objects();
    operations.retain(|child| child.kind == Kind::Operation);
    for operation in operations {
        let method = operation.keyword;
        let other = if method == "put" { "get" } else { "put" };
        let patch = json!({ method: null, other: operation.value });
        let needs = "a request for this operation";
        part.mutate(method, format!("becomes {other}"), needs, patch);
    }
}

/// Mutates the responses of an operation by adding a required header that no recording has. If a response were removed instead, the
/// response for its range of status codes or the default could apply.
fn status_codes(part: &mut Part<'_>) {
    for (status, _) in part.object.children("responses") {
        let other = json!({ "$ref": null, "headers": { "x-other": { "required": true } } });
        let needs = match status.as_str() {
            "default" => "a response with a status code that isn't listed".to_owned(),
            _ => format!("a response of this operation with the status code {status}"),
        };
        let patch = json!({ "responses": { &status: other } });
        part.mutate(&format!("responses/{status}"), "replaced", needs, patch);
    }
}

/// Mutates the list of parameters of a path or an operation. Path parameters are left out: OpenAPI requires them.
fn parameters(part: &mut Part<'_>) {
    let listed = part.object.list("parameters");
    for (index, parameter) in part.object.children("parameters") {
        if let (Some(name), Some(place)) = (parameter.text("name"), parameter.text("in"))
            && place != "path"
            && let Ok(index) = index.parse()
        {
            let keyword = format!("parameters/{}", pointer_segment(name));
            let needs = format!("a request with the {place} parameter `{name}`");
            let patch = json!({ "parameters": without(listed, index) });
            part.mutate(&keyword, "removed", needs, patch);
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
    for (name, _) in part.object.children("headers") {
        let keyword = format!("headers/{}", pointer_segment(&name));
        let needs = format!("this response with the header {name}");
        let patch = json!({ "headers": { name: null } });
        part.mutate(&keyword, "removed", needs, patch);
    }
    for (name, content) in part.object.children("content") {
        let keyword = format!("content/{}", pointer_segment(&name));
        let needs = format!("this response with a body of the content type {name}");
        let patch = json!({ "content": { name: null, "application/x-other": content.value } });
        part.mutate(&keyword, "becomes application/x-other", needs, patch);
    }
}

/// Mutates every keyword of a schema.
fn schema(part: &mut Part<'_>) {
    let depending = "a recording or counterexample whose validity depends on this keyword";
    for (keyword, value) in part.object.value.as_object().into_iter().flatten() {
        match (keyword.as_str(), value) {
            ("type", Value::String(kind)) => self::kind(part, kind),
            ("format", Value::String(format)) => self::format(part, format),
            ("pattern", Value::String(pattern)) => self::pattern(part, pattern),
            ("enum" | "x-extensible-enum", Value::Array(_)) => values(part, keyword),
            ("items", _) => items(part),
            ("properties", Value::Object(_)) => properties(part),
            ("required", Value::Array(_)) => required_properties(part),
            // The value of a parameter or header is text and so never null.
            ("nullable", _) if !part.in_body => {}
            ("nullable", Value::Bool(true)) => part.set(keyword, false, "null"),
            // The keywords of the schema inside are separate statements.
            ("additionalProperties", Value::Object(_)) => {}
            (name, _) if is_annotation(name) => {}
            (_, Value::Bool(value)) => part.set(keyword, !value, depending),
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
    part.set("type", other, format!("a value of the type {kind}"));
    if part.in_body && !part.object.has("nullable") {
        let needs = "a counterexample with null";
        part.mutate(
            "type",
            "becomes nullable",
            needs,
            json!({ "nullable": true }),
        );
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
    if format == "int64" {
        part.set("format", "int32", "a number that needs 64 bits");
    }
}

fn pattern(part: &mut Part<'_>, pattern: &str) {
    let nothing = json!({ "pattern": "[^\\s\\S]" });
    part.mutate(
        "pattern",
        "rejects every value",
        "a value that matches",
        nothing,
    );
    let needs = "a counterexample that doesn't match";
    part.set("pattern", Value::Null, needs);
    let without_anchor = [pattern.strip_prefix('^'), pattern.strip_suffix('$')];
    for rest in without_anchor.into_iter().flatten() {
        part.set("pattern", rest, format!("{needs} at its start or end"));
    }
}

/// Moves a bound by one in both directions, so that only values at the exact bound cover it.
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

fn values(part: &mut Part<'_>, list: &str) {
    let values = part.object.list(list);
    for (index, value) in values.iter().enumerate() {
        let value = plain(value);
        let keyword = format!("{list}/{}", pointer_segment(&value));
        let patch = json!({ list: without(values, index) });
        let needs = format!("the value `{value}`");
        part.mutate(&keyword, "removed", needs, patch).is_shape = false;
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
    let required = part.object.list("required");
    for (name, property) in part.object.children("properties") {
        let keyword = format!("properties/{}", pointer_segment(&name));
        let renamed = json!({ &name: null, format!("{name}Renamed"): property.value });
        let mut patch = json!({ "properties": renamed });
        let index = required.iter().position(|required| *required == name);
        if let Some(index) = index {
            // If the old name remained required, every object would be invalid for another reason.
            patch["required"] = required_list(without(required, index));
        }
        let needs = format!("an object with `{name}`");
        part.mutate(&keyword, "renamed", needs, patch);
        if index.is_none() {
            let required = [required, &[json!(name)]].concat();
            let patch = json!({ "required": required });
            let needs = format!("an object without `{name}`");
            part.mutate(&keyword, "becomes required", needs, patch)
                .restricts = true;
        }
    }
}

fn required_properties(part: &mut Part<'_>) {
    let required = part.object.list("required");
    for (index, name) in required.iter().enumerate() {
        let name = plain(name);
        let keyword = format!("required/{}", pointer_segment(&name));
        let mut renamed = required.to_vec();
        renamed[index] = format!("{name}Renamed").into();
        let patch = json!({ "required": renamed });
        let needs = format!("an object with `{name}`");
        part.mutate(&keyword, "renamed", needs, patch);
        let patch = json!({ "required": required_list(without(required, index)) });
        let needs = format!("a counterexample without `{name}`");
        part.mutate(&keyword, "becomes optional", needs, patch);
    }
}

fn without(list: &[Value], index: usize) -> Vec<Value> {
    [&list[..index], &list[index + 1..]].concat()
}

/// Returns the value of the keyword `required`, or null, because an empty list is invalid.
fn required_list(names: Vec<Value>) -> Value {
    if names.is_empty() {
        Value::Null
    } else {
        names.into()
    }
}
