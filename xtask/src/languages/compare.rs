//! Compares the results that a driver prints with the expected ones.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::cases::{CONTROL, Case};
use crate::spec::Node;

/// The differences between actual and expected results: the name of each difference, and a message with both values. A name, such as
/// `list/contoso: read[][2]`, has the call and the path in the result. The path has the index of a scalar in an array, but not the
/// index of an object or array. `language.yaml` lists known differences by these names.
pub type Differences = BTreeMap<String, String>;

/// Returns the differences between the results in a driver's output and the expected ones. Returns an error if the output as a whole
/// is invalid, if the number of requests shows that the results aren't the server's responses, or if the negative control isn't
/// detected.
pub fn differences(
    output: &str,
    requests: usize,
    cases: &[Case<'_>],
) -> Result<Differences, String> {
    let mut differences = Differences::new();
    let (mut lines, mut responses) = (output.lines(), 0);
    for case in cases {
        let name = &case.name;
        let line = lines
            .next()
            .ok_or_else(|| format!("the output has no line for the call {name}"))?;
        let actual =
            parse(line, case).map_err(|why| format!("the line for the call {name} {why}"))?;
        responses += usize::from(actual.get("exception").is_none());
        let found = compare(&case.expected, &actual).into_iter();
        differences.extend(found.map(|(path, values)| (format!("{name}: {path}"), values)));
    }
    if let Some(line) = lines.next() {
        return Err(format!(
            "the output has a line after the last call: {line:.60}"
        ));
    }
    let calls = cases.len();
    if requests > calls {
        return Err(format!(
            "the driver sent {requests} requests for {calls} calls: it must make each call once, so switch off the client's retries"
        ));
    }
    if requests < responses {
        return Err(format!(
            "the driver printed {responses} responses, but sent only {requests} requests: it must print the server's responses"
        ));
    }
    for path in ["decoded.status", "read[0]", "read[2]"] {
        if differences.remove(&format!("{CONTROL}: {path}")).is_none() {
            return Err(format!(
                "the negative control isn't detected: the driver must print the status that the server sent, so `{path}` must differ from the expected value"
            ));
        }
    }
    Ok(differences)
}

/// Returns the normalised result in a line of a driver's output: the line without the property `case`.
fn parse(line: &str, case: &Case<'_>) -> Result<Value, String> {
    let mut result: Value =
        serde_json::from_str(line).map_err(|error| format!("isn't JSON: {error}"))?;
    let name = result.as_object_mut().and_then(|line| line.remove("case"));
    if name != Some(json!(case.name)) {
        return Err(format!("is for another call: {line:.60}"));
    }
    let properties = result.as_object().into_iter().flatten();
    let properties: BTreeSet<&str> = properties.map(|(name, _)| name.as_str()).collect();
    let is_result = properties == BTreeSet::from(["decoded", "read"])
        || properties == BTreeSet::from(["error"]) && result["error"].is_object()
        || properties == BTreeSet::from(["exception"]) && result["exception"].is_string();
    if !is_result {
        let why =
            "must have `decoded` and `read`, or `error`, or `exception`, and no other property";
        return Err(why.to_owned());
    }
    Ok(normalised(result, case.schema.as_ref()))
}

/// Returns the paths at which two results differ, each with a message with both values. If the results are of different kinds, the
/// only path is the kind of the actual result.
fn compare(expected: &Value, actual: &Value) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let have = |kind| expected.get(kind).is_some() && actual.get(kind).is_some();
    if have("decoded") || have("error") {
        add_differences(expected, actual, String::new(), &mut found);
    } else if let Some(exception) = actual["exception"].as_str() {
        let name = exception.split(':').next().unwrap_or_default().trim();
        found.insert(format!("exception {name}"), truncated(&actual["exception"]));
    } else if let Some(error) = actual.get("error") {
        found.insert(format!("error {}", error["status"]), truncated(actual));
    } else {
        found.insert("decoded".to_owned(), truncated(actual));
    }
    found
}

/// Adds the paths at which two values differ, each with a message with both values.
fn add_differences(
    expected: &Value,
    actual: &Value,
    path: String,
    found: &mut BTreeMap<String, String>,
) {
    match (expected, actual) {
        (Value::Object(wanted), Value::Object(given)) => {
            let names: BTreeSet<_> = wanted.keys().chain(given.keys()).collect();
            for name in names {
                let dot = if path.is_empty() { "" } else { "." };
                let path = format!("{path}{dot}{name}");
                add_differences(&expected[name], &actual[name], path, found);
            }
        }
        (Value::Array(wanted), Value::Array(given)) if wanted.len() == given.len() => {
            for (index, (wanted, given)) in wanted.iter().zip(given).enumerate() {
                // The scalars of an array are columns with different meanings. Objects and arrays are rows with the same meaning.
                let index = match wanted {
                    Value::Array(_) | Value::Object(_) => String::new(),
                    _ => index.to_string(),
                };
                add_differences(wanted, given, format!("{path}[{index}]"), found);
            }
        }
        _ if expected == actual => {}
        _ => {
            let expected = format!("expected {}", truncated(expected));
            let (path, values) = match actual {
                Value::Null => (format!("{path} lost"), expected),
                _ => (path, format!("{}, {expected}", truncated(actual))),
            };
            found.entry(path).or_insert(values);
        }
    }
}

/// Returns the first characters of a value.
fn truncated(value: &Value) -> String {
    let text = value.to_string();
    format!("{text:.60}")
}

/// Returns a result in the form that is compared. Of a decoded value, only the properties that the spec names are kept. In the other
/// values, an empty text becomes null. Of an error's message, only the first line is kept: the rest may be a stack trace.
pub fn normalised(mut result: Value, schema: Option<&Node<'_>>) -> Value {
    if let (Some(decoded), Some(schema)) = (result.get_mut("decoded"), schema) {
        *decoded = only_named_properties(schema, decoded);
    }
    if let Some(read) = result.get_mut("read") {
        *read = without_empty_text(read.take());
    }
    if let Some(error) = result.get_mut("error") {
        if let Some(text) = error["message"].as_str() {
            error["message"] = json!(text.lines().next());
        }
        error["message"] = without_empty_text(error["message"].take());
        error["code"] = without_empty_text(error["code"].take());
    }
    result
}

fn without_empty_text(value: Value) -> Value {
    match value {
        Value::String(text) if text.is_empty() => Value::Null,
        Value::Array(elements) => elements.into_iter().map(without_empty_text).collect(),
        other => other,
    }
}

/// Returns the value without properties that the spec doesn't name, and without null and empty properties, which mean the same as
/// absent ones according to the spec.
pub fn only_named_properties(schema: &Node<'_>, value: &Value) -> Value {
    let parts = parts(schema);
    let child = |keyword: &str| parts.iter().find_map(|part| part.child(keyword));
    match value {
        Value::Object(properties) if parts.iter().any(|part| part.has("properties")) => {
            let named = properties.iter().filter_map(|(name, value)| {
                let mut parts = parts.iter();
                let named = parts.find_map(|part| part.written("properties")?.child(name));
                let schema = named.or_else(|| child("additionalProperties"))?;
                let value = only_named_properties(&schema, value);
                let is_empty = [json!(null), json!(""), json!([]), json!({})].contains(&value);
                (!is_empty).then(|| (name.clone(), value))
            });
            named.collect()
        }
        Value::Array(elements) => match child("items") {
            Some(items) => {
                let elements = elements.iter();
                let elements = elements.map(|element| only_named_properties(&items, element));
                elements.collect()
            }
            None => value.clone(),
        },
        other => other.clone(),
    }
}

/// Returns the schema and its subschemas in `allOf`, `oneOf` and `anyOf`.
fn parts<'s>(schema: &Node<'s>) -> Vec<Node<'s>> {
    let composed = ["allOf", "oneOf", "anyOf"]
        .into_iter()
        .flat_map(|key| schema.children(key))
        .flat_map(|(_, part)| parts(&part));
    std::iter::once(schema.clone()).chain(composed).collect()
}
