//! What the tests of watches of one offer share.

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
    watch.expect("good identifiers").interval(POLL_INTERVAL)
}

/// An event in one line: the offer's status and the steps whose status has changed, or how the poll failed, or the outcome.
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
        other => panic!("{other:?} is new"),
    }
}

/// All events of a watch, each in one line; an error as its status.
pub async fn events(watch: WatchBuilder) -> Vec<String> {
    let mut watch = watch.start();
    let mut told = Vec::new();
    while let Some(event) = with_timeout("watch", watch.next_event()).await {
        told.push(describe(&event));
        assert!(told.len() < 2000, "it doesn't end: {:?}", told.last());
    }
    assert!(
        watch.next_event().await.is_none(),
        "it goes on after its end"
    );
    told
}
pub fn status(status: &str) -> Vec<Step> {
    json_response(format!(r#"{{"status":"{status}"}}"#))
}

pub fn failure(status: u16) -> Vec<Step> {
    response(status, &[], r#"{"Message":"failed"}"#)
}

pub async fn until(holds: impl Fn() -> bool) {
    while !holds() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
