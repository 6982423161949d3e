//! The calls that every driver makes, and their expected results. A *driver* is a short program that makes calls through a client
//! generated from the spec, and prints the results.

use cloud_partner_recordings::recording::{Body, Recording};
use cloud_partner_recordings::synthetic;
use serde_json::{Value, json};

use super::compare;
use crate::exit_code::CommandError;
use crate::serve::Source;
use crate::spec::{Node, Operation, Spec, media_for, operations_for};

/// The publisher whose offers the example program of every language lists, and the offer whose status the program prints.
const EXAMPLE: [&str; 2] = ["contoso", "test-vm"];

/// The name of the last call, the negative control, which shows that the comparison finds differences: the expected result of the call
/// is wrong on purpose. The name is also the publisher and the offer in the call's path.
pub const CONTROL: &str = "negative-control";

/// The `api-version` that every driver sends. Recordings with another `api-version` have no call.
const VERSION: &str = "2017-10-31";

pub struct Call<'s> {
    /// The path of the recording's file without the extension, relative to `tests/recordings` or `tests/scenarios`.
    pub name: String,
    /// The name of the operation and the values of its path parameters: the publisher and, for a status, the offer.
    arguments: Vec<String>,
    /// The expected result, normalised by [`compare::normalised`].
    pub expected: Value,
    /// The schema of the response body, if the spec has one for the status code and the media type.
    pub schema: Option<Node<'s>>,
}

/// Returns all calls in order: one per recording, one per response of each scenario, then the negative control.
pub fn all<'s>(source: &Source, spec: &'s Spec) -> Result<Vec<Call<'s>>, CommandError> {
    let operations = spec.operations()?;
    let control = control("running");
    let recordings = source.recordings();
    let mut calls = Vec::new();
    for (name, recording) in recordings.chain([(CONTROL.to_owned(), &control)]) {
        let request = &recording.request;
        if request.query.get("api-version").map(String::as_str) != Some(VERSION) {
            continue;
        }
        let operation = *operations_for(&operations, &request.method, &request.path)
            .first()
            .ok_or_else(|| format!("{name}: the spec has no operation for {}", request.path))?;
        let templates = operation.path.split('/').skip(1);
        let segments = templates.zip(request.segments());
        let ids = segments.filter(|(template, _)| template.starts_with('{'));
        let ids = ids.map(|(_, id)| id);
        let schema = body_schema(operation, recording);
        calls.push(Call {
            name,
            arguments: [operation.name.clone()].into_iter().chain(ids).collect(),
            expected: expected(recording, schema.as_ref()),
            schema,
        });
    }
    Ok(calls)
}

/// Returns a recording for the negative control. The body of the response is `{"status": status}`.
pub fn control(status: &str) -> Recording {
    let path = format!("/api/publishers/{CONTROL}/offers/{CONTROL}/status");
    synthetic::recording(path, Some(Body::Json(json!({ "status": status }))))
}

/// Returns the calls in the format that the drivers read: one line per call, with tabs between the name and the arguments.
pub fn as_text(calls: &[Call<'_>]) -> String {
    let lines = calls
        .iter()
        .map(|call| format!("{}\t{}\n", call.name, call.arguments.join("\t")));
    lines.collect()
}

/// Returns the expected output of every example program: a line `ID: STATUS` for each offer of the list, then the status of one offer.
pub fn example_output(calls: &[Call<'_>]) -> Option<String> {
    let [publisher, offer] = EXAMPLE;
    let values = |arguments: &[&str]| {
        let call = calls.iter().find(|call| call.arguments == arguments)?;
        call.expected["read"].as_array()
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let offers = values(&["listOffers", publisher])?.iter();
    let offers = offers.map(|offer| format!("{}: {}\n", text(&offer[0]), text(&offer[1])));
    let status = text(values(&["getOfferStatus", publisher, offer])?.first()?);
    Some(offers.chain([status]).collect())
}

/// Returns the schema of a recorded response body; `None` if the spec has no schema for the status code and the media type.
fn body_schema<'s>(operation: &Operation<'s>, recording: &Recording) -> Option<Node<'s>> {
    let response = operation.response(recording.response.status)?;
    let content = response.written("content")?;
    let sent = recording.response.headers.get("content-type")?;
    let media_type = media_for(content.value.as_object()?, sent)?;
    content.child(media_type)?.child("schema")
}

/// Returns the result that a driver prints if its client decodes every value of the recorded response.
fn expected(recording: &Recording, schema: Option<&Node<'_>>) -> Value {
    let body = match &recording.response.body {
        Some(Body::Json(value)) => value,
        _ => &Value::Null,
    };
    let status = recording.response.status;
    if (200..300).contains(&status) {
        return compare::normalised(json!({ "decoded": body, "read": read(body) }), schema);
    }
    let named = schema.map_or(Value::Null, |schema| {
        compare::only_named_properties(schema, body)
    });
    // The body contains the error in the property `error`, or in a property with the name of an internal service, such as `Product`.
    let mut properties = named.as_object().into_iter().flatten();
    let inner = properties.find(|(name, value)| *name != "error" && value.is_object());
    let inner = inner.map_or(&Value::Null, |(_, value)| value);
    let (code, message) = match &named["error"] {
        Value::Null => (&inner["exceptionCode"], &inner["error"]),
        error => (&error["code"], &error["message"]),
    };
    let message = match message {
        Value::Null => &named["Message"],
        message => message,
    };
    let error = json!({ "status": status, "code": code, "message": message });
    compare::normalised(json!({ "error": error }), schema)
}

/// Returns the values that a driver reads from a decoded response: a list of offers, or the status of an offer.
fn read(body: &Value) -> Value {
    if let Value::Array(offers) = body {
        let columns = ["id", "status", "version", "changedTime"];
        let rows = offers
            .iter()
            .map(|offer| json!(columns.map(|name| &offer[name])));
        return rows.collect();
    }
    let steps = body["steps"].as_array().into_iter().flatten();
    let steps: Value = steps
        .map(|step| json!([step["id"], step["status"]]))
        .collect();
    let status = body["status"].as_str().unwrap_or_default();
    let is_running = status.eq_ignore_ascii_case("running");
    json!([body["status"], steps, is_running])
}
