//! Converts the changes, results and errors of a watch to JSON objects.

use cloud_partner_portal::{Change, Error, WatchResult};
use serde_json::{Map, Value, json};

use super::Results;
use crate::exit::Exit;
use crate::explain::with_causes;
use crate::outcome::sentence;

/// Converts a change. Its `report` is the unchanged report of the service.
pub fn change(change: &Change) -> Value {
    let steps = change.steps.iter().map(|changed| {
        json!({
            "id": changed.step.id,
            "stepName": changed.step.step_name,
            "before": changed.before,
            "status": changed.step.status,
        })
    });
    let report: Value = serde_json::from_slice(change.raw_body())
        // The raw body can hold values that `serde_json` can't decode.
        .or_else(|_| serde_json::to_value(&change.report))
        .unwrap_or_default();
    json!({
        "changedSteps": steps.collect::<Value>(),
        "correlationId": change.correlation_id,
        "report": report,
    })
}

/// Returns the additional properties of the last line: the result of every offer, and the exit code.
pub fn summary(results: &Results, exit: Exit) -> Value {
    let results: Map<_, _> = results
        .iter()
        .map(|(offer, ended)| (offer.clone(), ended.as_ref().map_or(Value::Null, result)))
        .collect();
    json!({"results": results, "exitCode": exit.code()})
}

/// Converts an offer's result: `outcome`, or `error` if an error ended the watch.
pub fn result(result: &Result<WatchResult, Error>) -> Value {
    match result {
        Ok(result) => {
            let mut value =
                json!({"outcome": result.outcome, "sentence": sentence(result.outcome)});
            if let Some(last) = &result.last_error {
                value["lastError"] = error(last);
            }
            value
        }
        Err(ended) => json!({"error": error(ended)}),
    }
}

pub fn error(error: &Error) -> Value {
    json!({
        "message": with_causes(error),
        "kind": kind(error),
        "status": error.status(),
        "correlationId": error.correlation_id(),
    })
}

fn kind(error: &Error) -> &'static str {
    let kinds = [
        (error.is_unauthorized(), "unauthorized"),
        (error.is_forbidden(), "forbidden"),
        (error.is_not_found(), "notFound"),
        (error.is_throttled(), "throttled"),
        (error.is_credential(), "credential"),
        (error.is_configuration(), "configuration"),
        (error.is_invalid_argument(), "invalidArgument"),
        (error.is_decode(), "decode"),
        (error.is_too_large(), "tooLarge"),
        (error.is_connection(), "connection"),
        (error.is_timeout(), "timeout"),
        (error.status().is_some(), "service"),
    ];
    let kind = kinds.into_iter().find(|(is, _)| *is);
    kind.map_or("connection", |(_, kind)| kind)
}
