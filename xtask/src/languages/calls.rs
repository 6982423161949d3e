//! Creates the calls that a driver makes, and the expected result of each call. A *driver* is a short program. It makes the calls through
//! a client generated from the spec, and prints the results.
//!
//! Each call sends the request of one *recording*, a file with a request and its response. A *scenario* is a folder of recordings with
//! the same request. Each time a scenario's request is sent, the replay server returns the response of the next recording.

use cloud_partner_recordings::recording::{Body, Recording};
use cloud_partner_recordings::synthetic;
use serde_json::{Value, json};

use super::compare;
use crate::exit_code::CommandError;
use crate::serve::Source;
use crate::spec::{Node, Operation, Spec, media_for, operations_for};

/// The example program of every language prints the offers of this publisher.
pub const EXAMPLE_PUBLISHER: &str = "contoso";

/// The example program of every language prints the status of this offer.
pub const EXAMPLE_OFFER: &str = "test-vm";

/// The name of the *negative control*, a call whose expected result is wrong on purpose. The comparison must report a difference.
/// The name is also the id of the publisher and of the offer in the request.
pub const CONTROL: &str = "negative-control";

/// The `api-version` that every driver sends. Recordings with another `api-version` have no call.
const VERSION: &str = "2017-10-31";

pub struct Call<'s> {
    /// The path of the recording's file without the extension, relative to `tests/recordings` or `tests/scenarios`.
    pub name: String,
    operation: String,
    /// The values of the path parameters: the publisher and, for `getOfferStatus`, the offer.
    ids: Vec<String>,
    /// The expected result, in the form that [`compare::normalised`] returns.
    pub expected: Value,
    /// The schema of the response body, if the spec has one for the status code and the media type.
    pub schema: Option<Node<'s>>,
}

/// Returns one call for each recording with the `api-version` [`VERSION`], including the recordings of scenarios. The last call is the
/// negative control.
pub fn all<'s>(source: &Source, spec: &'s Spec) -> Result<Vec<Call<'s>>, CommandError> {
    let operations = spec.operations()?;
    // The expected status is `running`, but the replay server returns `failed`.
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
            operation: operation.name.clone(),
            ids: ids.collect(),
            expected: expected(recording, schema.as_ref()),
            schema,
        });
    }
    Ok(calls)
}

/// Returns a recording for the negative control. The body of the response is `{"status": STATUS}`.
pub fn control(status: &str) -> Recording {
    let path = format!("/api/publishers/{CONTROL}/offers/{CONTROL}/status");
    synthetic::recording(path, Some(Body::Json(json!({ "status": status }))))
}

/// Returns the calls in the format that the drivers read. Each line is one call: its name, its operation and its ids, separated by tabs.
pub fn as_text(calls: &[Call<'_>]) -> String {
    let lines = calls.iter().map(|call| {
        let ids = call.ids.iter().map(|id| format!("\t{id}"));
        format!(
            "{}\t{}{}\n",
            call.name,
            call.operation,
            ids.collect::<String>()
        )
    });
    lines.collect()
}

/// Returns the output that every example program must print: a line `ID: STATUS` for each offer of the list, then the status of one offer.
/// Returns `None` if the list or the status isn't recorded.
pub fn example_output(calls: &[Call<'_>]) -> Option<String> {
    let expected_values = |operation: &str, ids: &[&str]| {
        let mut calls = calls.iter();
        let call = calls.find(|call| call.operation == operation && call.ids == ids)?;
        call.expected["read"].as_array()
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let offers = expected_values("listOffers", &[EXAMPLE_PUBLISHER])?.iter();
    let lines = offers.map(|offer| format!("{}: {}\n", text(&offer[0]), text(&offer[1])));
    let ids = [EXAMPLE_PUBLISHER, EXAMPLE_OFFER];
    let status = text(expected_values("getOfferStatus", &ids)?.first()?);
    Some(lines.chain([status]).collect())
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
    // The body has one of these forms. SERVICE stands for the name of a service, such as `Product`.
    //
    // * `{"error": {"code": …, "message": …}}`
    // * `{SERVICE: {"exceptionCode": …, "error": …}}`
    // * `{"Message": …}`
    let mut properties = named.as_object().into_iter().flatten();
    let of_service = properties.find(|(name, value)| *name != "error" && value.is_object());
    let of_service = of_service.map_or(&Value::Null, |(_, value)| value);
    let (code, message) = match &named["error"] {
        Value::Null => (&of_service["exceptionCode"], &of_service["error"]),
        error => (&error["code"], &error["message"]),
    };
    let message = match message {
        Value::Null => &named["Message"],
        message => message,
    };
    let error = json!({ "status": status, "code": code, "message": message });
    compare::normalised(json!({ "error": error }), schema)
}

/// Returns the values that a driver reads from a decoded response and prints as `read`:
///
/// * for a list of offers: four properties of each offer;
/// * for the status of an offer: three elements, which are the offer's status, a list with the id and the status of each step, and
///   whether the offer's status is `running`.
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
