//! Compares the lines that a driver prints with the expected results.

use std::collections::HashMap;

use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::cases::{CONTROL, Case};
use super::names;

/// A line of a driver: the result of one call.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    case: String,
    #[serde(default, deserialize_with = "present")]
    decoded: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    read: Option<Value>,
    error: Option<ErrorResponse>,
    exception: Option<String>,
}

/// An error response, as the client shows it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ErrorResponse {
    status: u16,
    #[serde(default)]
    code: Value,
    #[serde(default)]
    message: Value,
}

/// Deserialises a property whose value may be null, so that null differs from an absent property.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// The normalised result of a call.
pub enum CallResult {
    /// The decoded value and the values that the driver read from it: `{"decoded": …, "read": …}`.
    Decoded(Value),
    /// An error response: `{"error": {"status": …, "code": …, "message": …}}`.
    Error(Value),
    /// The exception that the client threw.
    Exception(String),
}

impl CallResult {
    /// Returns the result for a decoded value, which must have only properties that the spec names.
    pub fn decoded(decoded: &Value, read: Value) -> Self {
        Self::Decoded(json!({ "decoded": decoded, "read": without_empty_text(read) }))
    }

    /// Returns the result for an error response. Only the first line of the message is kept: the rest may be a stack trace.
    pub fn error(status: u16, code: Value, message: Value) -> Self {
        let message = match message {
            Value::String(text) => text.lines().next().unwrap_or_default().into(),
            other => other,
        };
        let [code, message] = [code, message].map(without_empty_text);
        Self::Error(json!({ "error": { "status": status, "code": code, "message": message } }))
    }
}

/// A difference between an actual result and the expected result.
#[derive(Clone, Debug)]
pub struct Difference {
    /// The name of the call.
    pub case: String,
    /// The path in the result. Only the indices of scalars in arrays are part of it.
    pub path: String,
    /// A message with the actual and the expected value.
    pub values: String,
}

impl Difference {
    /// Returns the name that `language.yaml` lists as a known difference.
    pub fn name(&self) -> String {
        format!("{}: {}", self.case, self.path)
    }
}

/// Returns the differences between a driver's results and the expected ones, in the order of the calls. A path that differs several
/// times in a result is returned once. The negative control is returned only if its difference isn't detected. Returns an error if
/// the output as a whole is invalid.
pub fn differences(
    output: &str,
    requests: usize,
    cases: &[Case<'_>],
) -> Result<Vec<Difference>, String> {
    let lines = parse(output, cases)?;
    let exception = |seen: &&CallResult| matches!(seen, CallResult::Exception(_));
    let responses = lines.len() - lines.values().filter(exception).count();
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
    let mut all = Vec::new();
    for case in cases {
        let mut found = Vec::new();
        match (lines.get(case.name.as_str()), &case.expected) {
            (None, _) => found.push(("nothing".to_owned(), "no line".to_owned())),
            (Some(CallResult::Decoded(actual)), CallResult::Decoded(expected))
            | (Some(CallResult::Error(actual)), CallResult::Error(expected)) => {
                differ(expected, actual, String::new(), &mut found);
            }
            (Some(CallResult::Decoded(actual)), _) => {
                found.push(("decoded".to_owned(), short(actual)));
            }
            (Some(CallResult::Error(actual)), _) => {
                found.push((
                    format!("error {}", actual["error"]["status"]),
                    short(actual),
                ));
            }
            (Some(CallResult::Exception(text)), _) => {
                let kind = text.split(':').next().unwrap_or_default().trim();
                found.push((format!("exception {kind}"), short(&json!(text))));
            }
        }
        let mut listed: Vec<String> = Vec::new();
        for (path, values) in found {
            if !listed.contains(&path) {
                listed.push(path.clone());
                let case = case.name.clone();
                all.push(Difference { case, path, values });
            }
        }
    }
    let (control, mut others): (Vec<_>, Vec<_>) = all
        .into_iter()
        .partition(|difference| difference.case == CONTROL);
    let paths: Vec<&str> = control.iter().map(|one| one.path.as_str()).collect();
    if paths != ["decoded.status", "read[0]", "read[2]"] {
        others.push(Difference {
            case: CONTROL.to_owned(),
            path: "undetected".to_owned(),
            values: format!(
                "the driver must report the control's status as different, and the actual differences are `{}`",
                paths.join("`, `")
            ),
        });
    }
    Ok(others)
}

fn parse<'c>(output: &str, cases: &'c [Case<'_>]) -> Result<HashMap<&'c str, CallResult>, String> {
    let mut lines = HashMap::new();
    for (index, text) in output.lines().enumerate() {
        let at = format!("line {} of the output", index + 1);
        let line: Line = serde_json::from_str(text).map_err(|error| format!("{at}: {error}"))?;
        let Some(case) = cases.iter().find(|case| case.name == line.case) else {
            return Err(format!("{at}: the call `{}` doesn't exist", line.case));
        };
        let seen = match (line.decoded, line.read, line.error, line.exception) {
            (Some(decoded), Some(read), None, None) => {
                let named = case
                    .schema
                    .as_ref()
                    .map(|schema| names::named(schema, &decoded));
                CallResult::decoded(&named.unwrap_or(decoded), read)
            }
            (None, None, Some(error), None) => {
                CallResult::error(error.status, error.code, error.message)
            }
            (None, None, None, Some(exception)) => CallResult::Exception(exception),
            _ => {
                return Err(format!(
                    "{at}, for the call {}, must have `decoded` and `read`, or `error`, or `exception`, and no other property",
                    case.name
                ));
            }
        };
        if lines.insert(case.name.as_str(), seen).is_some() {
            return Err(format!("{at} is a second line for the call {}", case.name));
        }
    }
    Ok(lines)
}

fn without_empty_text(value: Value) -> Value {
    match value {
        Value::String(text) if text.is_empty() => Value::Null,
        Value::Array(elements) => elements.into_iter().map(without_empty_text).collect(),
        other => other,
    }
}

fn differ(expected: &Value, actual: &Value, path: String, found: &mut Vec<(String, String)>) {
    match (expected, actual) {
        (Value::Object(wanted), Value::Object(given)) => {
            let others = given.keys().filter(|name| !wanted.contains_key(*name));
            for name in wanted.keys().chain(others) {
                let dot = if path.is_empty() { "" } else { "." };
                differ(
                    &expected[name],
                    &actual[name],
                    format!("{path}{dot}{name}"),
                    found,
                );
            }
        }
        (Value::Array(wanted), Value::Array(given)) if wanted.len() == given.len() => {
            for (index, (wanted, given)) in wanted.iter().zip(given).enumerate() {
                // The scalars of an array are columns with different meanings, so their indices matter; those of rows don't.
                let index = match wanted {
                    Value::Array(_) | Value::Object(_) => String::new(),
                    _ => index.to_string(),
                };
                differ(wanted, given, format!("{path}[{index}]"), found);
            }
        }
        _ if expected == actual => {}
        (_, Value::Null) => {
            found.push((
                format!("{path} lost"),
                format!("expected {}", short(expected)),
            ));
        }
        _ => found.push((
            path,
            format!("{}, expected {}", short(actual), short(expected)),
        )),
    }
}

fn short(value: &Value) -> String {
    const LONGEST: usize = 60;
    let text = value.to_string();
    if text.chars().count() <= LONGEST {
        return text;
    }
    let cut: String = text.chars().take(LONGEST).collect();
    format!("{cut}…")
}
