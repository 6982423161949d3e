//! The calls that every driver makes, and their expected results.

use std::fmt::Write as _;

use cloud_partner_recordings::recording::{Body, Recording, Request};
use serde_json::{Value, json};

use super::compare::CallResult;
use super::names;
use crate::exit::CommandError;
use crate::serve::Source;
use crate::spec::{Node, Spec};

/// The publisher and the offer that every example requests.
pub const EXAMPLE: [&str; 2] = ["contoso", "test-vm"];

/// The name of the negative control, which is also the publisher and the offer in its path.
pub const CONTROL: &str = "negative-control";

/// The `api-version` that every driver sends.
const VERSION: &str = "2017-10-31";

/// A call of a driver.
pub struct Case<'s> {
    /// The path of the recording's file without the extension, relative to `tests/recordings` or `tests/scenarios`.
    pub name: String,
    /// The operation, the publisher and, if there is one, the offer.
    call: Vec<String>,
    /// The expected result.
    pub expected: CallResult,
    /// The schema of the response body, with which properties that the spec doesn't name are removed from the result.
    pub schema: Option<Node<'s>>,
}

/// Returns all calls in order: each recording once, each scenario to its end, then the negative control.
pub fn all<'s>(source: &Source, spec: &'s Spec) -> Result<Vec<Case<'s>>, CommandError> {
    let operations = spec.operations()?;
    let expected_control = control(source, "running")?;
    source
        .recordings()
        .chain([(CONTROL.to_owned(), &expected_control)])
        // Recordings of other versions are left out, because every driver sends the service's version.
        .filter(|(_, recording)| {
            recording
                .request
                .query
                .get("api-version")
                .is_some_and(|version| version == VERSION)
        })
        .map(|(name, recording)| {
            let call = call(&recording.request).ok_or_else(|| {
                CommandError(format!(
                    "{name}: no driver can send the request {}; tests/languages/README.md lists the calls",
                    recording.request
                ))
            })?;
            let operation = operations.iter().find(|operation| operation.id == call[0]);
            let schema = operation.and_then(|operation| names::body_schema(operation, recording));
            Ok(Case {
                name,
                expected: expected(recording, schema.as_ref()),
                schema,
                call,
            })
        })
        .collect()
}

/// Returns the negative control: a copy of a recorded offer status, with the status `status`. The server's copy has another status
/// than the expected one, so a comparison without a difference is broken.
pub fn control(source: &Source, status: &str) -> Result<Recording, CommandError> {
    let is_report = |recording: &&Recording| {
        recording.response.status == 200
            && call(&recording.request).is_some_and(|call| call[0] == "getOfferStatus")
    };
    let mut recording = source
        .recordings()
        .map(|(_, recording)| recording)
        .find(is_report)
        .ok_or_else(|| {
            CommandError(
                "tests/recordings: the negative control needs a recording of an offer's status: add one".to_owned(),
            )
        })?
        .clone();
    recording.request.path = format!("/api/publishers/{CONTROL}/offers/{CONTROL}/status");
    recording.response.body = Some(Body::Json(json!({ "status": status })));
    Ok(recording)
}

/// Returns the calls in the format that the drivers read: one line per call, with tabs between the fields.
pub fn as_text(cases: &[Case<'_>]) -> String {
    let mut text = String::new();
    for case in cases {
        // Writing to a string can't fail.
        let _ = writeln!(text, "{}\t{}", case.name, case.call.join("\t"));
    }
    text
}

fn call(request: &Request) -> Option<Vec<String>> {
    let path = request.segments();
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let call = match path[..] {
        ["api", "publishers", publisher, "offers"] => vec!["listOffers", publisher],
        ["api", "publishers", publisher, "offers", offer, "status"] => {
            vec!["getOfferStatus", publisher, offer]
        }
        _ => return None,
    };
    Some(call.into_iter().map(ToOwned::to_owned).collect())
}

/// Returns the result of a client that decodes every value: for a success, the properties that the spec names; for an error response,
/// the status code, and the code and message in properties that the spec names.
fn expected(recording: &Recording, schema: Option<&Node<'_>>) -> CallResult {
    let body = match &recording.response.body {
        Some(Body::Json(value)) => value,
        _ => &Value::Null,
    };
    let named = schema.map_or(Value::Null, |schema| names::named(schema, body));
    if (200..300).contains(&recording.response.status) {
        let read = match body {
            Value::Array(offers) => offers
                .iter()
                .map(|offer| ["id", "status", "version", "changedTime"].map(|name| &offer[name]))
                .map(|row| json!(row))
                .collect(),
            report => json!([report["status"], steps(report), is_running(report)]),
        };
        return CallResult::decoded(&named, read);
    }
    // The error of an internal service is in a property with the name of that service.
    let inner = || {
        let properties = named.as_object().into_iter().flatten();
        properties
            .filter(|(name, _)| *name != "error")
            .map(|(_, value)| value)
            .find(|value| value.is_object())
            .unwrap_or(&Value::Null)
    };
    let (code, message) = match &named["error"] {
        Value::Null => (&inner()["exceptionCode"], &inner()["error"]),
        error => (&error["code"], &error["message"]),
    };
    let message = if message.is_null() {
        &named["Message"]
    } else {
        message
    };
    CallResult::error(recording.response.status, code.clone(), message.clone())
}

fn steps(report: &Value) -> Value {
    let steps = report["steps"].as_array().into_iter().flatten();
    steps
        .map(|step| json!([step["id"], step["status"]]))
        .collect()
}

fn is_running(report: &Value) -> bool {
    let status = report["status"].as_str();
    status.is_some_and(|status| status.eq_ignore_ascii_case("running"))
}

/// Returns the expected output of every example: a line `ID: STATUS` for each offer of a list, then the status of one offer.
pub fn example_output(source: &Source) -> Option<String> {
    let [publisher, offer] = EXAMPLE;
    let body = |wanted: &[&str]| {
        source.recordings().find_map(|(_, recording)| {
            let Some(Body::Json(body)) = &recording.response.body else {
                return None;
            };
            (call(&recording.request)? == wanted).then_some(body)
        })
    };
    let mut text = String::new();
    for offer in body(&["listOffers", publisher])?.as_array()? {
        let _ = writeln!(
            text,
            "{}: {}",
            offer["id"].as_str()?,
            offer["status"].as_str()?
        );
    }
    let report = body(&["getOfferStatus", publisher, offer])?;
    let _ = writeln!(text, "{}", report["status"].as_str()?);
    Some(text)
}
