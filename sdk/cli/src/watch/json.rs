//! Converts the events and results of a watch to JSON objects. All output formats print properties of these objects.

use std::time::Duration;

use cloud_partner_portal::types::{OfferStatusReport, PublicationStep};
use cloud_partner_portal::{Change, Error, WatchEvent, WatchResult};
use serde_json::{Value, json};

use crate::error::{Class, with_causes};
use crate::outcome::sentence;
use crate::plain_text::{from_html, now, one_line};

/// Converts an event of an offer, or of the list if there is no offer. `detail` is human-readable text on one line.
pub fn event(offer: Option<&str>, event: &WatchEvent) -> Value {
    let mut line = json!({"time": now(), "offer": offer});
    let properties = match event {
        WatchEvent::Changed(change) => changed(change),
        WatchEvent::PollFailed(why) => json!({
            "event": "pollFailed",
            "detail": format!("a poll failed, the watch continues: {}", with_causes(why)),
            "error": error(why),
        }),
        WatchEvent::Delayed(wait) => {
            let seconds = wait.as_secs();
            let wait = humantime::format_duration(Duration::from_secs(seconds));
            json!({
                "event": "delayed",
                "detail": format!("the service asks to wait; the next poll is sent in {wait}"),
                "seconds": seconds,
            })
        }
        WatchEvent::Ended(ended) => {
            let mut properties = json!({"event": "ended", "detail": detail(ended)});
            extend(&mut properties, &result(ended));
            properties
        }
        _ => json!({"event": "other"}),
    };
    extend(&mut line, &properties);
    line
}

fn extend(object: &mut Value, properties: &Value) {
    for (name, value) in properties.as_object().into_iter().flatten() {
        object[name] = value.clone();
    }
}

/// Converts a change. Its `report` is the unchanged report of the service.
fn changed(change: &Change) -> Value {
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
        "event": "changed",
        "status": change.report.status,
        "step": change.report.current_step().map(PublicationStep::label),
        "detail": summary(&change.report),
        "changedSteps": steps.collect::<Value>(),
        "correlationId": change.correlation_id,
        "report": report,
    })
}

/// Returns the status, the current step, and the last error message of a report.
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

fn detail(result: &Result<WatchResult, Error>) -> String {
    match result {
        Ok(result) if result.report.is_none() => {
            "The watch timed out before the service sent a status.".to_owned()
        }
        Ok(result) => sentence(result.outcome).to_owned(),
        Err(error) => with_causes(error),
    }
}

/// Converts an offer's result: `outcome`, or `error` if an error ended the watch.
pub fn result(result: &Result<WatchResult, Error>) -> Value {
    match result {
        Err(ended) => json!({"error": error(ended)}),
        Ok(result) => match &result.last_error {
            Some(last) => json!({"outcome": result.outcome, "lastError": error(last)}),
            None => json!({"outcome": result.outcome}),
        },
    }
}

pub fn error(error: &Error) -> Value {
    json!({
        "message": with_causes(error),
        "kind": Class::from(error).kind,
        "status": error.status(),
        "correlationId": error.correlation_id(),
    })
}
