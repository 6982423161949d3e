//! Helpers of the tests of watches of one offer.

use std::time::Duration;

use cloud_partner_portal::{Client, WatchBuilder, WatchEvent};

use super::error_checks::with_timeout;
use super::scripted_server::{Step, json_response, response};

pub const POLL_INTERVAL: Duration = Duration::from_millis(1);

pub fn client(endpoint: String) -> Client {
    super::client(endpoint)
}

pub fn watch(endpoint: String) -> WatchBuilder {
    let watch = client(endpoint).watch("contoso", "linux-vm");
    watch.expect("valid identifiers").interval(POLL_INTERVAL)
}

/// Describes an event in one line: the offer's status and its changed steps, the status code of a failed poll, or the outcome.
pub fn describe(event: &WatchEvent) -> String {
    match event {
        WatchEvent::Changed(change) => {
            let steps: Vec<_> = change
                .steps
                .iter()
                .map(|changed| {
                    let id = changed.step.id.as_deref().unwrap_or_default();
                    let now = changed.step.status.as_ref().expect("a status");
                    match &changed.before {
                        Some(before) => format!("{id} {before} → {now}"),
                        None => format!("{id} {now}"),
                    }
                })
                .collect();
            format!("{}: {}", change.report.status, steps.join(", "))
        }
        WatchEvent::PollFailed(error) => format!("poll failed: {:?}", error.status()),
        WatchEvent::Delayed(_) => "delayed".to_owned(),
        WatchEvent::Ended(Err(error)) => format!("error: {:?}", error.status()),
        WatchEvent::Ended(Ok(ended)) => {
            let status = ended.report.as_ref().map(|report| report.status.as_str());
            format!("{}: {}", ended.outcome, status.unwrap_or("no report"))
        }
        other => panic!("unexpected event: {other:?}"),
    }
}

/// Runs a watch to its end and returns a description of each event.
pub async fn events(watch: WatchBuilder) -> Vec<String> {
    let mut watch = watch.start();
    let mut lines = Vec::new();
    while let Some(event) = with_timeout("watch", watch.next_event()).await {
        lines.push(describe(&event));
        assert!(
            lines.len() < 2000,
            "the watch doesn't end: {:?}",
            lines.last()
        );
    }
    assert!(
        watch.next_event().await.is_none(),
        "the watch returns an event after its end"
    );
    lines
}

pub fn status_response(status: &str) -> Vec<Step> {
    json_response(format!(r#"{{"status":"{status}"}}"#))
}

pub fn error_response(status: u16) -> Vec<Step> {
    response(status, &[], r#"{"Message":"failed"}"#)
}

pub async fn wait_until(condition: impl Fn() -> bool) {
    while !condition() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
