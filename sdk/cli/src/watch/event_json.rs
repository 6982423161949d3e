//! Converts the events and results of a watch to JSON objects. The formats `table` and `tsv` print some properties of these objects.

use std::time::{Duration, SystemTime};

use cloud_partner_portal::types::{OfferStatusReport, PublicationStep};
use cloud_partner_portal::{Change, Error, WatchEvent, WatchResult};
use serde_json::{Value, json};

use crate::error::{kind, with_causes};
use crate::plain_text::{from_html, one_line};
use crate::status::describe_outcome;

/// Converts an event to a JSON object. `offer` is `None` for an event about the list of offers. The property `detail` is human-readable
/// text on one line.
pub fn event(offer: Option<&str>, event: &WatchEvent) -> Value {
    let (name, detail, properties) = match event {
        WatchEvent::Changed(change) => ("changed", summary(&change.report), changed(change)),
        WatchEvent::PollFailed(failed) => {
            let causes = with_causes(failed);
            let detail = format!("the watch continues after a failed poll: {causes}");
            ("pollFailed", detail, json!({"error": error(failed)}))
        }
        WatchEvent::Delayed(wait) => {
            let seconds = wait.as_secs();
            let wait = humantime::format_duration(Duration::from_secs(seconds));
            let detail = format!("the service asked for a delay: the next poll is sent in {wait}");
            ("delayed", detail, json!({"seconds": seconds}))
        }
        WatchEvent::Ended(ended) => ("ended", describe(ended), result(ended)),
        _ => ("other", String::new(), Value::Null),
    };
    let mut line = json!({"time": now(), "offer": offer, "event": name, "detail": detail});
    for (name, value) in properties.as_object().into_iter().flatten() {
        line[name] = value.clone();
    }
    line
}

/// Returns the properties of a change. The property `report` is the report as the service sent it. The SDK can decode some bodies that
/// `serde_json` rejects, such as a body with an unpaired surrogate. For such a body, `report` contains the values that the SDK decoded.
fn changed(change: &Change) -> Value {
    let steps = change.steps.iter().map(|step_change| {
        json!({
            "id": step_change.step.id,
            "stepName": step_change.step.step_name,
            "before": step_change.before,
            "status": step_change.step.status,
        })
    });
    let report: Value = serde_json::from_slice(change.raw_body())
        .or_else(|_| serde_json::to_value(&change.report))
        .unwrap_or_default();
    json!({
        "status": change.report.status,
        "step": change.report.current_step().map(PublicationStep::label),
        "changedSteps": steps.collect::<Value>(),
        "correlationId": change.correlation_id,
        "report": report,
    })
}

/// Returns the status, the current step, and the last error message of a report, such as `running, Certification inProgress, 55 %`.
fn summary(report: &OfferStatusReport) -> String {
    let status = match report.status.as_str() {
        "" => "(no status)".to_owned(),
        status => one_line(status),
    };
    let mut parts = vec![status];
    if let Some(step) = report.current_step() {
        let status = step.status.as_ref().map_or("", |status| status.as_str());
        parts.push(format!("{} {}", one_line(step.label()), one_line(status)));
        let progress = step.progress_percentage;
        parts.extend(progress.map(|progress| format!("{progress} %")));
    }
    let steps = report.steps().iter().flat_map(PublicationStep::messages);
    let mut messages = report.messages().iter().chain(steps);
    if let Some(message) = messages.rfind(|message| message.is_error()) {
        let html = message.message_html.as_deref().unwrap_or_default();
        parts.push(format!("error: {}", from_html(html)));
    }
    parts.join(", ")
}

fn describe(result: &Result<WatchResult, Error>) -> String {
    match result {
        Ok(WatchResult { report: None, .. }) => {
            "The watch ended before the service sent a status.".to_owned()
        }
        Ok(result) => describe_outcome(result.outcome).to_owned(),
        Err(error) => with_causes(error),
    }
}

/// Converts the result of an offer's watch. The object has the property `outcome`. If an error ended the watch, the object has the
/// property `error` instead.
pub fn result(result: &Result<WatchResult, Error>) -> Value {
    match result {
        Err(failed) => json!({"error": error(failed)}),
        Ok(result) => match &result.last_error {
            Some(last) => json!({"outcome": result.outcome, "lastError": error(last)}),
            None => json!({"outcome": result.outcome}),
        },
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

/// Returns the current time in UTC, to the second.
pub fn now() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string()
}
