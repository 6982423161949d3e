//! The calls that every driver makes, and their expected results.

use cloud_partner_recordings::recording::{Body, Recording, Request};
use serde_json::{Value, json};

use super::compare;
use crate::exit::CommandError;
use crate::serve::Source;
use crate::spec::{Node, Operation, Spec, media_for};

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
    /// The expected result, normalised.
    pub expected: Value,
    /// The schema of the response body.
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
            let version = recording.request.query.get("api-version");
            version.is_some_and(|version| version == VERSION)
        })
        .map(|(name, recording)| {
            let call = call(&recording.request).ok_or_else(|| {
                CommandError(format!(
                    "{name}: no driver can send the request {}; tests/languages/README.md lists the calls",
                    recording.request
                ))
            })?;
            let operation = operations.iter().find(|operation| operation.id == call[0]);
            let schema = operation.and_then(|operation| body_schema(operation, recording));
            Ok(Case {
                expected: expected(recording, schema.as_ref()),
                name,
                schema,
                call,
            })
        })
        .collect()
}

/// Returns the negative control: a copy of a recording of an offer's status, with `status` as the only property of the body. The
/// server's copy and the expected result have different statuses, so a run that reports no difference doesn't compare anything.
pub fn control(source: &Source, status: &str) -> Result<Recording, CommandError> {
    let is_offer_status = |recording: &&Recording| {
        recording.response.status == 200
            && call(&recording.request).is_some_and(|call| call[0] == "getOfferStatus")
    };
    let mut recordings = source.recordings().map(|(_, recording)| recording);
    let mut control = recordings.find(is_offer_status).cloned().ok_or_else(|| {
        CommandError(
            "tests/recordings: the negative control needs a recording of an offer's status: add one".to_owned(),
        )
    })?;
    control.request.path = format!("/api/publishers/{CONTROL}/offers/{CONTROL}/status");
    control.response.body = Some(Body::Json(json!({ "status": status })));
    Ok(control)
}

/// Returns the calls in the format that the drivers read: one line per call, with tabs between the fields.
pub fn as_text(cases: &[Case<'_>]) -> String {
    let lines = cases.iter();
    let lines = lines.map(|case| format!("{}\t{}\n", case.name, case.call.join("\t")));
    lines.collect()
}

/// Returns the expected output of every example: a line `ID: STATUS` for each offer of a list, then the status of one offer.
pub fn example_output(cases: &[Case<'_>]) -> Option<String> {
    let [publisher, offer] = EXAMPLE;
    let read = |call: &[&str]| {
        let case = cases.iter().find(|case| case.call == call)?;
        case.expected["read"].as_array()
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let offers = read(&["listOffers", publisher])?.iter();
    let offers = offers.map(|offer| format!("{}: {}\n", text(&offer[0]), text(&offer[1])));
    let status = text(read(&["getOfferStatus", publisher, offer])?.first()?);
    Some(offers.chain([status]).collect())
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

/// Returns the schema of a recorded response body; `None` if the spec has no schema for its status code and media type.
fn body_schema<'s>(operation: &Operation<'s>, recording: &Recording) -> Option<Node<'s>> {
    let response = operation.response(recording.response.status)?;
    let content = response.written("content")?;
    let sent = recording.response.headers.get("content-type")?;
    let media_type = media_for(content.value.as_object()?, sent)?;
    content.child(media_type)?.child("schema")
}

/// Returns the result of a client that decodes every value: for a success, the properties that the spec names; for an error response,
/// the status code, and the code and message in properties that the spec names.
fn expected(recording: &Recording, schema: Option<&Node<'_>>) -> Value {
    let body = match &recording.response.body {
        Some(Body::Json(value)) => value,
        _ => &Value::Null,
    };
    let named = schema.map_or(Value::Null, |schema| {
        compare::only_named_properties(schema, body)
    });
    let status = recording.response.status;
    let result = if (200..300).contains(&status) {
        json!({ "decoded": named, "read": read(body) })
    } else {
        // The error of an internal service is in a property with the name of that service.
        let properties = named.as_object().into_iter().flatten();
        let inner = properties
            .filter(|(name, value)| *name != "error" && value.is_object())
            .map(|(_, value)| value)
            .next()
            .unwrap_or(&Value::Null);
        let (code, message) = match &named["error"] {
            Value::Null => (&inner["exceptionCode"], &inner["error"]),
            error => (&error["code"], &error["message"]),
        };
        let message = if message.is_null() {
            &named["Message"]
        } else {
            message
        };
        json!({ "error": { "status": status, "code": code, "message": message } })
    };
    compare::normalised(result, schema)
}

/// Returns the values that a driver reads from a decoded list of offers or status of an offer.
fn read(body: &Value) -> Value {
    if let Value::Array(offers) = body {
        let columns = ["id", "status", "version", "changedTime"];
        let rows = offers.iter();
        return rows
            .map(|offer| json!(columns.map(|name| &offer[name])))
            .collect();
    }
    let steps = body["steps"].as_array().into_iter().flatten();
    let steps: Vec<_> = steps
        .map(|step| json!([step["id"], step["status"]]))
        .collect();
    let status = body["status"].as_str().unwrap_or_default();
    json!([
        body["status"],
        steps,
        status.eq_ignore_ascii_case("running")
    ])
}
