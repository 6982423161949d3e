//! Converts the events and results of `watch` to JSON.

use cloud_partner_portal::{Error, WatchEvent, WatchResult};
use serde_json::{Map, Value, json};

use crate::exit::Exit;
use crate::explain::with_causes;
use crate::outcome::sentence;
use crate::plain_text::stamp;
use crate::watch::Results;

/// Returns the name of an event.
pub fn name(event: &WatchEvent) -> &'static str {
    match event {
        WatchEvent::Changed(_) => "changed",
        WatchEvent::PollFailed(_) => "pollFailed",
        WatchEvent::Delayed(_) => "delayed",
        WatchEvent::Ended(_) => "ended",
        _ => "other",
    }
}

/// Converts an event to a JSON object. Its `report` is the unchanged report of the service.
pub fn event(offer: Option<&str>, event: &WatchEvent) -> Value {
    let mut value = json!({"time": stamp(), "offer": offer, "event": name(event)});
    match event {
        WatchEvent::Changed(change) => {
            let steps: Vec<_> = change
                .steps
                .iter()
                .map(|changed| {
                    json!({
                        "id": changed.step.id,
                        "stepName": changed.step.step_name,
                        "before": changed.before,
                        "status": changed.step.status,
                    })
                })
                .collect();
            value["changedSteps"] = steps.into();
            value["correlationId"] = json!(change.correlation_id);
            value["report"] = serde_json::from_slice(change.raw_body())
                // The raw body can hold values that `serde_json` can't decode.
                .or_else(|_| serde_json::to_value(&change.report))
                .unwrap_or_default();
        }
        WatchEvent::PollFailed(error) => value["error"] = json_error(error),
        WatchEvent::Delayed(wait) => value["seconds"] = wait.as_secs().into(),
        WatchEvent::Ended(ended) => {
            for (name, property) in result(ended) {
                value[name] = property;
            }
        }
        _ => {}
    }
    value
}

/// Returns the additional properties of the last line: the result of every offer, and the exit code.
pub fn summary(results: &Results, exit: Exit) -> Map<String, Value> {
    let offers: Map<_, _> = results
        .iter()
        .map(|(offer, ended)| {
            let ended = ended.as_ref().map(|ended| result(ended).into());
            (offer.clone(), ended.unwrap_or_default())
        })
        .collect();
    Map::from_iter([
        ("results".to_owned(), offers.into()),
        ("exitCode".to_owned(), exit.code().into()),
    ])
}

/// Returns the properties of an offer's result: `outcome`, or `error` if an error ended the watch.
fn result(result: &Result<WatchResult, Error>) -> Map<String, Value> {
    let mut value = Map::new();
    match result {
        Ok(result) => {
            value.insert("outcome".to_owned(), json!(result.outcome));
            value.insert("sentence".to_owned(), sentence(result.outcome).into());
            if let Some(error) = &result.last_error {
                value.insert("lastError".to_owned(), json_error(error));
            }
        }
        Err(error) => {
            value.insert("error".to_owned(), json_error(error));
        }
    }
    value
}

pub fn json_error(error: &Error) -> Value {
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
