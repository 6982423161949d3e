//! Lists the mutations of a spec for `cargo xtask coverage`.
//!
//! * A statement is one keyword at one place of the spec.
//! * A mutation is a change of the spec that makes one statement wrong, such as the removal of an enum's value.
//! * A recording is a stored request and its response. It detects a mutation that changes its findings in `cargo xtask validate`.
//! * A counterexample is a recording that the spec must reject.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Number, Value, json};

use super::statement_state::State;
use crate::spec::{DOCUMENTATION, Kind, Location, Object, pointer_segment};

/// The keywords that restrict the JSON type of a value. A schema without any of them accepts values of every type.
const RESTRICTING: &[&str] = &["type", "allOf", "anyOf", "oneOf", "not", "enum"];

/// A change of the spec that makes a statement wrong.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Mutation {
    /// A description of the change, such as `becomes optional`.
    #[serde(rename = "mutation")]
    pub name: String,
    /// A description of the recording or counterexample that would detect the mutation.
    pub needs: String,
    /// The files that detect the mutation, each with the state that it gives to the statement.
    pub detected_by: BTreeMap<String, State>,
    /// If true, a recording that detects the mutation is no evidence for the statement. For example, the mutation makes an optional
    /// property required. A recording without the property detects this mutation, but doesn't show that the property exists.
    pub restricts: bool,
    /// Whether the statement describes the shape of a body, like every keyword of the body's schema except the values of an enum.
    #[serde(skip)]
    pub is_shape: bool,
    /// The JSON pointer of the changed object.
    #[serde(skip)]
    object: String,
    /// The change of the object as a JSON merge patch (RFC 7396).
    #[serde(skip)]
    patch: Value,
}

impl Mutation {
    /// Returns the mutated spec.
    pub fn apply(&self, spec: &Value) -> Value {
        let mut mutated = spec.clone();
        if let Some(object) = mutated.pointer_mut(&self.object) {
            json_patch::merge(object, &self.patch);
        }
        mutated
    }
}

/// An object of the spec, and the map that collects the mutations.
pub struct Target<'m, 's> {
    /// The object. It isn't a reference.
    pub object: Object<'s>,
    /// Whether the object is part of a body. A schema outside a body belongs to a parameter or header.
    pub in_body: bool,
    /// The mutations of each statement. A key consists of the statement's position in the file and its name.
    pub mutations: &'m mut BTreeMap<(Location, String), Vec<Mutation>>,
}

impl Target<'_, '_> {
    /// Adds a mutation of one statement. `keys` is the statement's path in the object. `patch` is a JSON merge patch of the object.
    fn mutate(
        &mut self,
        keys: &[&str],
        name: impl Into<String>,
        needs: impl Into<String>,
        patch: Value,
    ) -> &mut Mutation {
        let object = self.object.pointer.clone();
        let segments = keys.iter().map(|key| format!("/{}", pointer_segment(key)));
        let statement = object.clone() + &segments.collect::<String>();
        let location = self.object.spec.location(&statement);
        let mutations = self.mutations.entry((location, statement)).or_default();
        let index = mutations.len();
        mutations.push(Mutation {
            name: name.into(),
            needs: needs.into(),
            detected_by: BTreeMap::new(),
            restricts: false,
            is_shape: self.object.kind == Kind::Schema && self.in_body,
            object,
            patch,
        });
        &mut mutations[index]
    }

    /// Adds a mutation whose [`Mutation::restricts`] is true.
    fn restrict(&mut self, keys: &[&str], name: &str, needs: impl Into<String>, patch: Value) {
        self.mutate(keys, name, needs, patch).restricts = true;
    }

    /// Adds a mutation that changes the value of a keyword. The value null removes the keyword.
    fn set(&mut self, keyword: &str, value: impl Into<Value>, needs: impl Into<String>) {
        let value = value.into();
        let name = match &value {
            Value::Null => "removed".to_owned(),
            value => format!("becomes {}", without_quotes(value)),
        };
        self.mutate(&[keyword], name, needs, json!({ keyword: value }));
    }
}

/// Adds the mutations of an object, but not of the objects inside.
pub fn add(target: &mut Target<'_, '_>) {
    match target.object.kind {
        Kind::Document => document(target),
        Kind::PathItem => {
            parameters(target);
            methods(target);
        }
        Kind::Operation => {
            parameters(target);
            status_codes(target);
        }
        Kind::Parameter => parameter(target),
        Kind::Response => response(target),
        Kind::Header => required(target, &[]),
        Kind::Schema => schema(target),
        _ => {}
    }
}

/// Mutates the paths and the API version. Requests send the API version as `api-version`.
fn document(target: &mut Target<'_, '_>) {
    let patch = json!({ "info": { "version": "1999-12-31" } });
    let needs = "a request with the expected `api-version`";
    target.mutate(&["info", "version"], "becomes 1999-12-31", needs, patch);
    for (path, item) in target.object.children("paths") {
        let patch = json!({ "paths": { &path: null, format!("{path}/moved"): item.value } });
        let needs = format!("a request for {path}");
        target.mutate(&["paths", &path], "becomes another path", needs, patch);
    }
}

fn methods(target: &mut Target<'_, '_>) {
    let mut operations = target.object.objects();
    operations.retain(|child| child.kind == Kind::Operation);
    for operation in operations {
        let method = operation.keyword;
        let other = if method == "put" { "get" } else { "put" };
        let patch = json!({ method: null, other: operation.value });
        let needs = "a request for this operation";
        target.mutate(&[method], format!("becomes {other}"), needs, patch);
    }
}

/// Mutates the responses of an operation. Each mutation adds a required header to one response. No recording has this header, so every
/// recording of the response becomes invalid. The mutations don't remove a response, because `5XX` or `default` could then apply instead.
fn status_codes(target: &mut Target<'_, '_>) {
    for (status, _) in target.object.children("responses") {
        let with_header = json!({ "$ref": null, "headers": { "x-other": { "required": true } } });
        let needs = match status.as_str() {
            "default" => "a response with a status code that isn't listed".to_owned(),
            _ => format!("a response of this operation with the status code {status}"),
        };
        let patch = json!({ "responses": { &status: with_header } });
        let name = "requires the header x-other";
        target.mutate(&["responses", &status], name, needs, patch);
    }
}

/// Removes each parameter, except path parameters, which OpenAPI requires.
fn parameters(target: &mut Target<'_, '_>) {
    let parameters = target.object.list("parameters");
    for (index, parameter) in target.object.children("parameters") {
        if let (Some(name), Some(place)) = (parameter.text("name"), parameter.text("in"))
            && place != "path"
            && let Ok(index) = index.parse()
        {
            let needs = format!("a request with the {place} parameter `{name}`");
            let patch = json!({ "parameters": without(parameters, index) });
            target.mutate(&["parameters", name], "removed", needs, patch);
        }
    }
}

/// Mutates `name`, `in`, `required` and the schema of a parameter, unless it is a path parameter.
fn parameter(target: &mut Target<'_, '_>) {
    let [name, place] = ["name", "in"].map(|keyword| target.object.text(keyword));
    if let (Some(name), Some(place)) = (name, place)
        && place != "path"
    {
        let needs = format!("a request with the {place} parameter `{name}`");
        let patch = json!({ "name": format!("{name}-renamed") });
        target.mutate(&["name"], "renamed", needs.clone(), patch);
        let other = if place == "query" { "header" } else { "query" };
        target.set("in", other, needs);
        required(target, &["name"]);
    }
}

/// Adds two mutations of a header or parameter: one of its schema, and one of `required`. Both mutations belong to the statement `required`
/// if its value is true. Otherwise, they belong to the statement at the path `keys` in the header or parameter.
fn required(target: &mut Target<'_, '_>, keys: &[&str]) {
    let is_required = target.object.is("required");
    let (keys, name, needed) = if is_required {
        (&["required"][..], "becomes optional", "counterexample")
    } else {
        (keys, "becomes required", "recording")
    };
    let patch = json!({ "schema": { "$ref": null, "not": {} } });
    let needs = "a recording with this parameter or header";
    target.mutate(keys, "rejects every value", needs, patch);
    let patch = json!({ "required": !is_required });
    let needs = format!("a {needed} without this parameter or header");
    target.mutate(keys, name, needs, patch).restricts = !is_required;
}

/// Mutates the headers and media types of a response.
fn response(target: &mut Target<'_, '_>) {
    for (name, _) in target.object.children("headers") {
        let needs = format!("this response with the header {name}");
        let patch = json!({ "headers": { &name: null } });
        target.mutate(&["headers", &name], "removed", needs, patch);
    }
    for (name, content) in target.object.children("content") {
        let needs = format!("this response with a body of the content type {name}");
        let patch = json!({ "content": { &name: null, "application/x-other": content.value } });
        let keys = ["content", &name];
        target.mutate(&keys, "becomes application/x-other", needs, patch);
    }
}

/// Mutates the keywords of a schema, except keywords that don't restrict values, such as `description`.
fn schema(target: &mut Target<'_, '_>) {
    let needs = "a recording or counterexample whose validity depends on this keyword";
    for (keyword, value) in target.object.value.as_object().into_iter().flatten() {
        match (keyword.as_str(), value) {
            ("type", Value::String(name)) => json_type(target, name),
            ("format", Value::String(format)) => self::format(target, format),
            ("pattern", Value::String(pattern)) => self::pattern(target, pattern),
            ("enum" | "x-extensible-enum", Value::Array(list)) => values(target, keyword, list),
            ("items", _) => items(target),
            ("properties", Value::Object(_)) => properties(target),
            ("required", Value::Array(names)) => required_properties(target, names),
            // A parameter or header is text, so it is never null.
            ("nullable", _) if !target.in_body => {}
            ("nullable", Value::Bool(true)) => target.set(keyword, false, "the value null"),
            // The value is a schema, whose keywords are separate statements.
            ("additionalProperties", Value::Object(_)) => {}
            (name, _) if is_annotation(name) => {}
            (_, Value::Bool(value)) => target.set(keyword, !value, needs),
            (_, Value::Number(number)) if number.is_i64() => bound(target, keyword, number),
            _ => target.set(keyword, Value::Null, needs),
        }
    }
    if !RESTRICTING.iter().any(|keyword| target.object.has(keyword)) {
        for name in ["string", "object"] {
            let needs = format!("a value of another type than {name}");
            let patch = json!({ "type": name });
            target.mutate(&[], format!("anything becomes {name}"), needs, patch);
        }
    }
}

/// Returns whether a keyword doesn't restrict the values that a schema accepts.
fn is_annotation(keyword: &str) -> bool {
    let ignored = ["default", "deprecated", "readOnly", "writeOnly", "xml"];
    DOCUMENTATION.contains(&keyword) || ignored.contains(&keyword) || keyword.starts_with("x-")
}

/// Mutates the keyword `type` and these rules, which follow from `type`:
/// * Without `nullable`, the schema rejects null.
/// * An object can have properties that the spec doesn't name.
fn json_type(target: &mut Target<'_, '_>, type_name: &str) {
    let other = match type_name {
        "string" => "integer",
        "object" => "array",
        "array" => "object",
        _ => "string",
    };
    target.set("type", other, format!("a value of the type {type_name}"));
    if target.in_body && !target.object.has("nullable") {
        let patch = json!({ "nullable": true });
        let needs = "a counterexample with null";
        target.mutate(&["type"], "becomes nullable", needs, patch);
    }
    let additional = target.object.value.get("additionalProperties");
    if type_name == "object" && !additional.is_some_and(Value::is_boolean) {
        let patch = json!({ "additionalProperties": false });
        let name = "rejects other properties";
        target.restrict(&["type"], name, "an unknown property", patch);
    }
}

fn format(target: &mut Target<'_, '_>, format: &str) {
    let needs = format!("a counterexample with a value that isn't a valid {format}");
    target.set("format", Value::Null, needs);
    let too_large = "a counterexample with a number that needs 64 bits";
    match format {
        "int32" => target.set("format", "int64", too_large),
        "int64" => target.set("format", "int32", "a number that needs 64 bits"),
        _ => {}
    }
}

fn pattern(target: &mut Target<'_, '_>, pattern: &str) {
    let patch = json!({ "pattern": "[^\\s\\S]" });
    let valid = "a value that matches the pattern";
    target.mutate(&["pattern"], "rejects every value", valid, patch);
    let invalid = "a counterexample with a value that doesn't match the pattern";
    target.set("pattern", Value::Null, invalid);
    let partial = "a counterexample with a value that matches the pattern only in part";
    let without_anchor = [pattern.strip_prefix('^'), pattern.strip_suffix('$')];
    for rest in without_anchor.into_iter().flatten() {
        target.set("pattern", rest, partial);
    }
}

/// Moves a bound, such as `maximum`, by 1 in both directions. For example, one mutation changes `maximum: 40` to 39, and another to 41. A
/// recording with the value 40 detects the first mutation. A counterexample with the value 41 detects the second.
fn bound(target: &mut Target<'_, '_>, keyword: &str, bound: &Number) {
    let bound = bound.as_i64().unwrap_or_default();
    let lowest = match keyword {
        "minimum" | "maximum" => i64::MIN,
        "multipleOf" => 1,
        _ => 0,
    };
    for moved in [bound.saturating_sub(1), bound.saturating_add(1)] {
        if moved >= lowest && moved != bound {
            let needs = format!("a value that only one of the bounds {bound} and {moved} accepts");
            target.set(keyword, moved, needs);
        }
    }
}

/// Removes each value of `enum` or `x-extensible-enum`. Some recordings have the shape of a public response, but invented values. These
/// recordings are no evidence for an enum's value.
fn values(target: &mut Target<'_, '_>, keyword: &str, list: &[Value]) {
    for (index, value) in list.iter().enumerate() {
        let value = without_quotes(value);
        let patch = json!({ keyword: without(list, index) });
        let needs = format!("the value `{value}`");
        let mutation = target.mutate(&[keyword, &value], "removed", needs, patch);
        mutation.is_shape = false;
    }
}

fn items(target: &mut Target<'_, '_>) {
    if !target.object.has("maxItems") {
        let patch = json!({ "maxItems": 0 });
        let needs = "an array with elements";
        target.mutate(&["items"], "rejects elements", needs, patch);
    }
    if !target.object.has("minItems") {
        let patch = json!({ "minItems": 1 });
        let name = "rejects an empty array";
        target.restrict(&["items"], name, "an empty array", patch);
    }
}

fn properties(target: &mut Target<'_, '_>) {
    let required = target.object.list("required");
    for (name, property) in target.object.children("properties") {
        let renamed = json!({ &name: null, format!("{name}Renamed"): property.value });
        let patch = json!({ "properties": renamed });
        let needs = format!("an object with `{name}`");
        target.mutate(&["properties", &name], "renamed", needs, patch);
        if !required.contains(&json!(name)) {
            let required = [required, &[json!(name)]].concat();
            let patch = json!({ "required": required });
            let needs = format!("an object without `{name}`");
            target.restrict(&["properties", &name], "becomes required", needs, patch);
        }
    }
}

fn required_properties(target: &mut Target<'_, '_>, required: &[Value]) {
    for (index, name) in required.iter().enumerate() {
        let name = without_quotes(name);
        let mut renamed = required.to_vec();
        renamed[index] = format!("{name}Renamed").into();
        let patch = json!({ "required": renamed });
        let needs = format!("an object with `{name}`");
        target.mutate(&["required", &name], "renamed", needs, patch);
        // OpenAPI forbids an empty `required`.
        let patch = match required.len() {
            1 => json!({ "required": null }),
            _ => json!({ "required": without(required, index) }),
        };
        let needs = format!("a counterexample without `{name}`");
        target.mutate(&["required", &name], "becomes optional", needs, patch);
    }
}

fn without(list: &[Value], index: usize) -> Vec<Value> {
    [&list[..index], &list[index + 1..]].concat()
}

/// Returns a text without quotes, and any other value as JSON.
fn without_quotes(value: &Value) -> String {
    let text = value.as_str().map(ToOwned::to_owned);
    text.unwrap_or_else(|| value.to_string())
}
