//! The lines that a driver prints, and where they differ from the expected ones.

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

/// A property that is present, even if it is null.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// The result of one call, in normal form.
pub enum CallResult {
    /// The decoded value and what was read of it: `{"decoded": …, "read": …}`.
    Decoded(Value),
    /// An error response: `{"error": {"status": …, "code": …, "message": …}}`.
    Error(Value),
    /// What the client threw.
    Exception(String),
}

impl CallResult {
    /// A decoded value, of which only the properties that the spec names are left.
    pub fn decoded(decoded: &Value, read: Value) -> Self {
        Self::Decoded(json!({ "decoded": decoded, "read": without_empty_text(read) }))
    }

    /// An error response. Of a message, the first line counts: the rest can be the server's stack trace.
    pub fn error(status: u16, code: Value, message: Value) -> Self {
        let message = match message {
            Value::String(text) => text.lines().next().unwrap_or_default().into(),
            other => other,
        };
        let [code, message] = [code, message].map(without_empty_text);
        Self::Error(json!({ "error": { "status": status, "code": code, "message": message } }))
    }
}

/// A place where an actual line differs from the expected one.
#[derive(Clone, Debug)]
pub struct Difference {
    /// The call.
    pub case: String,
    /// The path in the line; an index is given only for a scalar in its array.
    pub path: String,
    /// The actual and the expected value.
    pub values: String,
}

impl Difference {
    /// The difference as a known difference names it.
    pub fn name(&self) -> String {
        format!("{}: {}", self.case, self.path)
    }
}

/// Where a driver's lines differ from the expected ones, in the order of the calls. A path that differs more than once in a line
/// is listed once, and the negative control only if it isn't detected. The error says what is wrong with the output as a whole.
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
            "{requests} requests for {} calls: a driver makes each call once, so switch retries off",
            cases.len()
        ));
    }
    if requests < responses {
        return Err(format!(
            "{responses} responses, but only {requests} requests: a driver prints what the server has sent"
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
                found.push(("decoded".to_owned(), short(actual)))
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
                "the status differs from the expected one, the differences are `{}`",
                paths.join("`, `")
            ),
        });
    }
    Ok(others)
}

fn parse<'c>(output: &str, cases: &'c [Case<'_>]) -> Result<HashMap<&'c str, CallResult>, String> {
    let mut lines = HashMap::new();
    for (index, text) in output.lines().enumerate() {
        let at = format!("line {} of its output", index + 1);
        let line: Line = serde_json::from_str(text).map_err(|error| format!("{at}: {error}"))?;
        let Some(case) = cases.iter().find(|case| case.name == line.case) else {
            return Err(format!("{at}: there is no call `{}`", line.case));
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
                    "{at}, about {}, must have `decoded` and `read`, or `error`, or `exception`, and nothing else",
                    case.name
                ));
            }
        };
        if lines.insert(case.name.as_str(), seen).is_some() {
            return Err(format!("{at} is the second about {}", case.name));
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
                // The columns of a row have different meanings; rows and other lists have any length.
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
