//! Compares the results that a driver prints with the expected ones.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::cases::{CONTROL, Case};
use crate::spec::Node;

/// The normalised results of a driver, by the name of the call. A result is a line of the output without the property `case`.
pub type Results<'c> = HashMap<&'c str, Value>;

/// A difference between an actual result and the expected result.
pub struct Difference {
    /// The name of the call.
    pub case: String,
    /// The name that `language.yaml` lists as a known difference: the call, and the path in the result. Only the indices of scalars
    /// in arrays are part of the path.
    pub name: String,
    /// A message with the actual and the expected value.
    pub values: String,
}

/// Reads the results in a driver's output. Returns an error if the output as a whole is invalid, or if the number of requests shows
/// that the results aren't the server's responses.
pub fn parse<'c>(
    output: &str,
    requests: usize,
    cases: &'c [Case<'_>],
) -> Result<Results<'c>, String> {
    let mut results = HashMap::new();
    for (index, text) in output.lines().enumerate() {
        let at = format!("line {} of the output", index + 1);
        let mut line: Value =
            serde_json::from_str(text).map_err(|error| format!("{at}: {error}"))?;
        let name = line.as_object_mut().and_then(|line| line.remove("case"));
        let name = name.as_ref().and_then(Value::as_str).unwrap_or_default();
        let Some(case) = cases.iter().find(|case| case.name == name) else {
            return Err(format!("{at}: the call `{name}` doesn't exist"));
        };
        let has_only = |names: &[&str]| {
            line.as_object()
                .is_some_and(|line| line.len() == names.len())
                && names.iter().all(|name| line.get(name).is_some())
        };
        let is_result = has_only(&["decoded", "read"])
            || has_only(&["error"]) && line["error"].is_object()
            || has_only(&["exception"]) && line["exception"].is_string();
        if !is_result {
            return Err(format!(
                "{at}, for the call {}, must have `decoded` and `read`, or `error`, or `exception`, and no other property",
                case.name
            ));
        }
        let result = normalised(line, case.schema.as_ref());
        if results.insert(case.name.as_str(), result).is_some() {
            return Err(format!("{at} is a second line for the call {}", case.name));
        }
    }
    let is_response = |result: &&Value| !result["exception"].is_string();
    let responses = results.values().filter(is_response).count();
    if requests > cases.len() {
        return Err(format!(
            "the driver sent {requests} requests for {} calls: it must make each call once, so switch off the client's retries",
            cases.len()
        ));
    }
    if requests < responses {
        return Err(format!(
            "the driver printed {responses} responses, but sent only {requests} requests: it must print the server's responses"
        ));
    }
    Ok(results)
}

/// Returns the differences between a driver's results and the expected ones, without the negative control.
pub fn differences(results: &Results<'_>, cases: &[Case<'_>]) -> Vec<Difference> {
    let cases = cases.iter().filter(|case| case.name != CONTROL);
    let differences = cases.flat_map(|case| {
        let found = compare(case, results).into_iter();
        found.map(|(path, values)| Difference {
            case: case.name.clone(),
            name: format!("{}: {path}", case.name),
            values,
        })
    });
    differences.collect()
}

/// Returns an error if the negative control isn't detected.
pub fn check_control(results: &Results<'_>, cases: &[Case<'_>]) -> Result<(), String> {
    let control = cases.iter().find(|case| case.name == CONTROL);
    let found = control.map_or_else(BTreeMap::new, |case| compare(case, results));
    if found.keys().eq(["decoded.status", "read[0]", "read[2]"]) {
        return Ok(());
    }
    let paths: Vec<String> = found.into_keys().collect();
    Err(format!(
        "the negative control isn't detected: the driver must report its status as different, and the actual differences are `{}`",
        paths.join("`, `")
    ))
}

/// Returns the paths that differ in a result, each with a message with both values.
fn compare(case: &Case<'_>, results: &Results<'_>) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let Some(actual) = results.get(case.name.as_str()) else {
        return BTreeMap::from([("nothing".to_owned(), "no line".to_owned())]);
    };
    let kind = |result: &Value| {
        ["decoded", "error", "exception"]
            .into_iter()
            .find(|kind| result.get(kind).is_some())
    };
    if kind(actual) == kind(&case.expected) {
        add_differences(&case.expected, actual, String::new(), &mut found);
    } else if let Some(text) = actual["exception"].as_str() {
        let name = text.split(':').next().unwrap_or_default().trim();
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
            let others = given.keys().filter(|name| !wanted.contains_key(*name));
            for name in wanted.keys().chain(others) {
                let dot = if path.is_empty() { "" } else { "." };
                let path = format!("{path}{dot}{name}");
                add_differences(&expected[name], &actual[name], path, found);
            }
        }
        (Value::Array(wanted), Value::Array(given)) if wanted.len() == given.len() => {
            for (index, (wanted, given)) in wanted.iter().zip(given).enumerate() {
                // The scalars of an array are columns with different meanings, so their indices matter; those of rows don't.
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

fn truncated(value: &Value) -> String {
    const MAX_LENGTH: usize = 60;
    let text = value.to_string();
    match text.char_indices().nth(MAX_LENGTH) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
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
        let message = match &error["message"] {
            Value::String(text) => json!(text.lines().next()),
            other => other.clone(),
        };
        error["message"] = without_empty_text(message);
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
    let of_parts = |key: &str| parts.iter().find_map(|part| part.child(key));
    match value {
        Value::Object(properties) if of_parts("properties").is_some() => properties
            .iter()
            .filter_map(|(name, value)| {
                let mut declared = parts.iter().filter_map(|part| part.written("properties"));
                let declared = declared.find_map(|properties| properties.child(name));
                let schema = declared.or_else(|| of_parts("additionalProperties"))?;
                let value = only_named_properties(&schema, value);
                (!is_empty(&value)).then(|| (name.clone(), value))
            })
            .collect(),
        Value::Array(elements) => match of_parts("items") {
            Some(items) => elements
                .iter()
                .map(|element| only_named_properties(&items, element))
                .collect(),
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

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        Value::Object(properties) => properties.is_empty(),
        _ => false,
    }
}
