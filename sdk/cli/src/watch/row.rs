//! What the tool prints about an event of a watch, in each output format.

use std::time::Duration;

use cloud_partner_portal::WatchEvent;
use cloud_partner_portal::types::{OfferStatusReport, PublicationStep};
use serde_json::{Value, json};

use super::json;
use crate::explain::{explain, with_causes};
use crate::outcome::sentence;
use crate::plain_text::{clean, from_html};

/// An event in the forms of all output formats.
#[derive(Default)]
pub struct Row<'e> {
    /// The name of the event.
    pub event: &'static str,
    /// The columns of the tab-separated values.
    pub status: &'e str,
    pub step: &'e str,
    pub detail: String,
    /// The line of the table format.
    pub line: Option<String>,
    /// The text for standard error.
    pub remark: Option<String>,
    /// A JSON object with the event's own properties.
    pub json: Value,
}

impl<'e> Row<'e> {
    /// Describes an event of `subject`: an offer, or the list of offers.
    pub fn new(subject: &str, event: &'e WatchEvent) -> Self {
        let mut row = Self::default();
        match event {
            WatchEvent::Changed(change) => {
                let step = change.report.current_step();
                row.event = "changed";
                row.status = change.report.status.as_str();
                row.step = step.map_or("", PublicationStep::label);
                row.line = Some(line(&change.report));
                row.json = json::change(change);
            }
            WatchEvent::PollFailed(error) => {
                let why = with_causes(error);
                row.event = "pollFailed";
                row.json = json!({"error": json::error(error)});
                row.remark = Some(format!(
                    "{subject}: a poll failed, the watch continues: {why}"
                ));
                row.detail = why;
            }
            WatchEvent::Delayed(wait) => {
                let seconds = wait.as_secs();
                let wait = humantime::format_duration(Duration::from_secs(seconds));
                row.event = "delayed";
                row.json = json!({"seconds": seconds});
                row.remark = Some(format!(
                    "{subject}: the service asks to wait; the next poll is sent in {wait}"
                ));
                row.detail = format!("{seconds} s");
            }
            WatchEvent::Ended(ended) => {
                row.event = "ended";
                row.json = json::result(ended);
                let error = match ended {
                    Ok(result) => {
                        row.status = result.outcome.as_str();
                        row.detail = match result.report {
                            Some(_) => sentence(result.outcome).to_owned(),
                            None => {
                                "The watch timed out before the service sent a status.".to_owned()
                            }
                        };
                        row.line = Some(row.detail.clone());
                        result.last_error.as_ref()
                    }
                    Err(ended) => {
                        row.detail = with_causes(ended);
                        Some(ended)
                    }
                };
                row.remark = error.map(|error| explain(subject, error).trim_end().to_owned());
            }
            _ => row.event = "other",
        }
        row
    }
}

/// Returns a report on one line: the status, the current step, and the last error message.
fn line(report: &OfferStatusReport) -> String {
    let status = match report.status.as_str() {
        "" => "(no status)".to_owned(),
        status => clean(status),
    };
    let mut parts = vec![status];
    if let Some(step) = report.current_step() {
        let status = step.status.as_ref().map_or("", |status| status.as_str());
        parts.push(format!("{} {}", clean(step.label()), clean(status)));
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
