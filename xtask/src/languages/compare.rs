//! Compares the results of a driver with the expected results. A *driver* is a short program that makes calls through a generated client.
//! The driver prints one result per call, in one of these forms:
//!
//! * `decoded` and `read`: the whole decoded response, and single values that the driver read from it;
//! * `error`: the HTTP status code of an error response, and the error code and message in its body;
//! * `exception`: the type and the message of an exception without an error response.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::calls::{CONTROL, Call};
use crate::spec::Node;

/// The differences between a driver's results and the expected results. The key is the name of the difference. The value is a message
/// with the expected value, the actual value, or both.
///
/// A name, such as `list/contoso: read[][2]`, consists of the call's name and a path in the result. In the path, `[]`
/// stands for any object or array in an array, so `decoded[].version` is the version of any offer. Any other element of an array has its
/// index, so `read[][2]` is the third value of any offer. The lists `differences` in `language.yaml` contain such names.
pub type Differences = BTreeMap<String, String>;

/// Returns the differences between the results in a driver's output and the expected results. Returns an error in these cases:
///
/// * The output doesn't have one valid line per call.
/// * The driver sent more requests than there are calls, because the client retries.
/// * The driver invented a response: the number of printed responses is greater than the number of requests.
/// * The driver printed an expected value of the call [`CONTROL`]. This value is wrong on purpose: the server sends another value.
pub fn differences(
    output: &str,
    requests: usize,
    calls: &[Call<'_>],
) -> Result<Differences, String> {
    let mut differences = Differences::new();
    let (mut lines, mut responses) = (output.lines(), 0);
    for call in calls {
        let name = &call.name;
        let line = lines
            .next()
            .ok_or_else(|| format!("the output has no line for the call {name}"))?;
        let actual =
            parse(line, call).map_err(|why| format!("the line for the call {name} {why}"))?;
        responses += usize::from(actual.get("exception").is_none());
        for (path, message) in compare(&call.expected, &actual) {
            differences.insert(format!("{name}: {path}"), message);
        }
    }
    let calls = calls.len();
    if let Some(line) = lines.next() {
        return Err(format!(
            "the output has a line after the last call: {line:.60}"
        ));
    }
    if requests > calls {
        return Err(format!(
            "the driver sent {requests} requests for {calls} calls, but must make each call once: switch off the client's retries"
        ));
    }
    if requests < responses {
        return Err(format!(
            "the driver printed {responses} responses, but sent only {requests} requests: the driver must print the server's responses"
        ));
    }
    for path in ["decoded.status", "read[0]", "read[2]"] {
        if differences.remove(&format!("{CONTROL}: {path}")).is_none() {
            return Err(format!(
                "the call {CONTROL} has a wrong expected value on purpose, but the driver printed this value as `{path}`: the driver must print the status that the server sent"
            ));
        }
    }
    Ok(differences)
}

/// Parses a line of a driver's output: a JSON object with the call's name in `case`, and the result. Returns the normalised result.
fn parse(line: &str, call: &Call<'_>) -> Result<Value, String> {
    let mut result: Value =
        serde_json::from_str(line).map_err(|error| format!("isn't JSON: {error}"))?;
    let name = result.as_object_mut().and_then(|line| line.remove("case"));
    if name != Some(json!(call.name)) {
        return Err(format!(
            "must have the call's name in `case`, but is: {line:.60}"
        ));
    }
    let properties = result.as_object().into_iter().flatten();
    let mut names: Vec<&str> = properties.map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    let is_result = match names[..] {
        ["decoded", "read"] => true,
        ["error"] => result["error"].is_object(),
        ["exception"] => result["exception"].is_string(),
        _ => false,
    };
    if !is_result {
        let why =
            "must have `decoded` and `read`, or `error`, or `exception`, and no other property";
        return Err(why.to_owned());
    }
    Ok(normalised(result, call.schema.as_ref()))
}

/// Returns the paths at which two results differ, each with a message. If the two results have different forms, returns one difference. Its
/// path names the form of the actual result, such as `exception TypeError`.
fn compare(expected: &Value, actual: &Value) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let both_have = |form| expected.get(form).is_some() && actual.get(form).is_some();
    if both_have("decoded") || both_have("error") {
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

/// Adds to `found` the paths at which two values differ, each with a message that contains both values. If the actual value is null, the
/// path ends with ` (lost)`, and the message contains only the expected value.
fn add_differences(
    expected: &Value,
    actual: &Value,
    path: String,
    found: &mut BTreeMap<String, String>,
) {
    match (expected, actual) {
        (Value::Object(expected_properties), Value::Object(actual_properties)) => {
            let names = expected_properties.keys().chain(actual_properties.keys());
            let names: BTreeSet<_> = names.collect();
            for name in names {
                let dot = if path.is_empty() { "" } else { "." };
                let path = format!("{path}{dot}{name}");
                add_differences(&expected[name], &actual[name], path, found);
            }
        }
        (Value::Array(expected), Value::Array(actual)) if expected.len() == actual.len() => {
            for (index, (expected, actual)) in expected.iter().zip(actual).enumerate() {
                // A scalar has its index in the path, because the scalars of an array such as `[id, status]` have different meanings.
                let index = match expected {
                    Value::Array(_) | Value::Object(_) => String::new(),
                    _ => index.to_string(),
                };
                add_differences(expected, actual, format!("{path}[{index}]"), found);
            }
        }
        _ if expected == actual => {}
        _ => {
            let expected = format!("expected {}", truncated(expected));
            let (path, message) = match actual {
                Value::Null => (format!("{path} (lost)"), expected),
                _ => (path, format!("{}, {expected}", truncated(actual))),
            };
            found.entry(path).or_insert(message);
        }
    }
}

/// Returns the first characters of a value.
fn truncated(value: &Value) -> String {
    let text = value.to_string();
    format!("{text:.60}")
}

/// Returns a result in the form in which [`differences`] compares it:
///
/// * `decoded` keeps only the properties that the spec describes and that have a value.
/// * Each empty text in `read` becomes null. An empty code or message in `error` becomes null.
/// * The message of `error` keeps only its first line, because the following lines may be a stack trace.
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
        for name in ["message", "code"] {
            error[name] = without_empty_text(error[name].take());
        }
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

/// Returns the value with only the properties that the schema describes, under `properties` or `additionalProperties`. An object
/// whose schema has no `properties` stays unchanged, even if the schema has `additionalProperties`.
///
/// Properties with a null or empty value are removed too, because some clients treat them as absent.
pub fn only_named_properties(schema: &Node<'_>, value: &Value) -> Value {
    let schemas = with_subschemas(schema);
    let child = |keyword: &str| schemas.iter().find_map(|schema| schema.child(keyword));
    match value {
        Value::Object(properties) if schemas.iter().any(|schema| schema.has("properties")) => {
            let named = properties.iter().filter_map(|(name, value)| {
                let mut schemas = schemas.iter();
                let named = schemas.find_map(|schema| schema.written("properties")?.child(name));
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
fn with_subschemas<'s>(schema: &Node<'s>) -> Vec<Node<'s>> {
    let mut schemas = vec![schema.clone()];
    for keyword in ["allOf", "oneOf", "anyOf"] {
        for (_, subschema) in schema.children(keyword) {
            schemas.extend(with_subschemas(&subschema));
        }
    }
    schemas
}
