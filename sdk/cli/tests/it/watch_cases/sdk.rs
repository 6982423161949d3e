//! Runs a watch case with the SDK.

use std::time::Duration;

use cloud_partner_portal::{
    Client, Credential, Error, PublisherWatchEvent, PublisherWatchResult, Until, WatchEvent,
    WatchResult,
};

use super::{Actual, Case};
use crate::support::TOKEN;

fn kind(error: &Error) -> &'static str {
    let kinds = [
        (error.is_unauthorized(), "unauthorized"),
        (error.is_forbidden(), "forbidden"),
        (error.is_not_found(), "notFound"),
        (error.is_throttled(), "throttled"),
        (error.is_decode(), "decode"),
        (error.is_timeout(), "timeout"),
        (error.status().is_some(), "service"),
    ];
    let kind = kinds.into_iter().find(|(is, _)| *is);
    kind.map_or("connection", |(_, kind)| kind)
}

fn outcome(result: &Result<WatchResult, Error>) -> String {
    match result {
        Ok(result) => result.outcome.to_string(),
        Err(error) => format!("error: {}", kind(error)),
    }
}

fn event(event: &WatchEvent) -> String {
    match event {
        WatchEvent::Changed(change) => change.report.status.to_string(),
        WatchEvent::PollFailed(error) => format!("poll failed: {}", kind(error)),
        WatchEvent::Delayed(_) => "delayed".to_owned(),
        WatchEvent::Ended(result) => format!("ended: {}", outcome(result)),
        other => format!("{other:?}"),
    }
}

fn duration(text: Option<&String>) -> Option<Duration> {
    text.map(|text| humantime::parse_duration(text).expect("a duration"))
}

const INTERVAL: Duration = Duration::from_millis(5);

/// Runs the case's watch with the SDK. Returns its events and results, and whether the SDK reports success.
pub async fn run_case(case: &Case, url: &str) -> (Actual, bool) {
    let client = Client::builder()
        .endpoint(url)
        .credential(Credential::token(TOKEN).expect("a token"))
        .build()
        .expect("a client");
    let options = &case.options;
    let until = match options.until.as_deref() {
        Some("go-live") => Until::GoLive,
        Some("live") => Until::Live,
        _ => Until::Outcome,
    };
    let mut actual = Actual::default();
    if let [offer] = &*case.offers {
        let watch = client.watch("contoso", offer.as_str()).expect("an id");
        let mut watch = watch.interval(INTERVAL).until(until);
        if let Some(timeout) = duration(options.timeout.as_ref()) {
            watch = watch.timeout(timeout);
        }
        if let Some(tolerate) = duration(options.tolerate.as_ref()) {
            watch = watch.tolerate(tolerate);
        }
        if let Some(timeout) = duration(options.start_timeout.as_ref()) {
            watch = watch.start_timeout(timeout);
        }
        if let Some(report) = &options.after {
            let report = serde_json::from_value(report.clone());
            watch = watch.after(report.expect("a report"));
        }
        let mut watch = watch.start();
        while let Some(next) = watch.next_event().await {
            actual.event(offer, event(&next));
        }
        let result = watch.await;
        actual.results.insert(offer.clone(), outcome(&result));
        let success = result.is_ok_and(|result| result.outcome.is_success());
        return (actual, success);
    }
    let watch = client.watch_publisher("contoso").expect("an id");
    let mut watch = watch.interval(INTERVAL).until(until);
    if let Some(timeout) = duration(options.timeout.as_ref()) {
        watch = watch.timeout(timeout);
    }
    if let Some(tolerate) = duration(options.tolerate.as_ref()) {
        watch = watch.tolerate(tolerate);
    }
    let mut watch = watch.start();
    while let Some(next) = watch.next_event().await {
        let subject = |offer: Option<String>| offer.unwrap_or("list".to_owned());
        match next {
            PublisherWatchEvent::Changed { offer, change, .. } => {
                actual.event(&offer, event(&WatchEvent::Changed(*change)));
            }
            PublisherWatchEvent::PollFailed { offer, error, .. } => {
                actual.event(&subject(offer), event(&WatchEvent::PollFailed(error)));
            }
            PublisherWatchEvent::Delayed { offer, wait, .. } => {
                actual.event(&subject(offer), event(&WatchEvent::Delayed(wait)));
            }
            PublisherWatchEvent::OfferEnded { offer, result, .. } => {
                actual.results.insert(offer.clone(), outcome(&result));
                actual.event(&offer, event(&WatchEvent::Ended(result)));
            }
            PublisherWatchEvent::Ended(Err(error)) => {
                actual.event("list", format!("ended: error: {}", kind(&error)));
            }
            _ => {}
        }
    }
    let result = watch.await;
    let success = result.as_ref().is_ok_and(PublisherWatchResult::is_success);
    match result {
        Ok(result) => {
            for (offer, result) in &result.offers {
                actual.results.insert(offer.clone(), outcome(result));
            }
            if let Some(error) = result.last_error {
                actual
                    .results
                    .insert("list".to_owned(), format!("error: {}", kind(&error)));
            }
        }
        Err(error) => {
            actual
                .results
                .insert("list".to_owned(), format!("error: {}", kind(&error)));
        }
    }
    (actual, success)
}
