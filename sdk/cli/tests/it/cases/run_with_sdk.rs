//! Runs a watch case with the SDK. A watch case is a line of a file in `tests/watch-cases`.

use std::time::Duration;

use cloud_partner_portal::{
    Client, Credential, Error, Extensible, PublisherWatchEvent, PublisherWatchResult, Until,
    WatchEvent, WatchResult,
};
use futures_util::{Stream, StreamExt as _};
use tokio::time::{sleep, timeout};

use super::server::RunningServer;
use super::watch_cases::{Actual, Case, duration, step_change};
use crate::support::TOKEN;

fn kind(error: &Error) -> &'static str {
    let kinds = [
        (error.is_unauthorized(), "unauthorized"),
        (error.is_forbidden(), "forbidden"),
        (error.is_not_found(), "notFound"),
        (error.is_throttled(), "throttled"),
        (error.is_decode(), "decode"),
        (error.is_timeout(), "timeout"),
        (error.is_invalid_argument(), "invalidArgument"),
        (error.status().is_some(), "service"),
    ];
    let kind = kinds.into_iter().find(|(is_kind, _)| *is_kind);
    kind.map_or("connection", |(_, kind)| kind)
}

fn outcome(result: &Result<WatchResult, Error>) -> String {
    match result {
        Ok(result) => {
            let error = result.last_error.as_ref();
            assert_eq!(error.is_none(), result.errors.is_empty());
            let error = error.map(|error| format!(" after {}", kind(error)));
            result.outcome.to_string() + &error.unwrap_or_default()
        }
        Err(error) => format!("error: {}", kind(error)),
    }
}

fn event(event: &WatchEvent) -> String {
    match event {
        WatchEvent::Changed(change) => {
            let mut parts = vec![change.report.status.to_string()];
            parts.extend(change.steps.iter().map(|changed| {
                let step = &changed.step;
                let id = step.id.as_ref().or(step.step_name.as_ref());
                step_change(
                    id.map(String::as_str).unwrap_or_default(),
                    changed.before.as_ref().map(Extensible::as_str),
                    step.status.as_ref().map(Extensible::as_str),
                )
            }));
            parts.join("; ")
        }
        WatchEvent::PollFailed(error) => format!("poll failed: {}", kind(error)),
        WatchEvent::Delayed(wait) => format!("delayed: {} s", wait.as_secs()),
        WatchEvent::Ended(result) => format!("ended: {}", outcome(result)),
        other => format!("{other:?}"),
    }
}

/// Returns all events. If no event arrives within 2 ms, drops the future of the next event, and creates a new future. This tests that a
/// dropped future loses no event.
async fn events<E>(watch: &mut (impl Stream<Item = E> + Unpin)) -> Vec<E> {
    let mut events = Vec::new();
    loop {
        match timeout(Duration::from_millis(2), watch.next()).await {
            Ok(Some(event)) => events.push(event),
            Ok(None) => return events,
            Err(_) => {}
        }
    }
}

/// Awaits a watch that has ended. Asserts that the watch returns its result without a new request.
async fn await_again<T>(
    case: &Case,
    server: &RunningServer,
    watch: impl IntoFuture<Output = T>,
) -> T {
    let requests = server.subjects();
    let result = watch.await;
    // If a timeout ended the watch, the server can receive a request of the watch even after the end. Therefore, the requests of such a
    // case aren't compared.
    if case.options.timeout.is_none() && case.options.start_timeout.is_none() {
        assert_eq!(requests, server.subjects(), "{}", case.name);
    }
    result
}

/// Runs the case's watch with the SDK.
pub fn run_case(case: &Case, server: &RunningServer) -> Actual {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let actual = timeout(Duration::from_secs(60), run_watch(case, server)).await;
        let actual = actual.unwrap_or_else(|_| panic!("{}: the watch doesn't end", case.name));
        // The end of a watch cancels its pending requests.
        let no_request_pending = timeout(Duration::from_secs(10), async {
            while server.pending_requests() > 0 {
                sleep(Duration::from_millis(5)).await;
            }
        });
        let is_canceled = no_request_pending.await.is_ok();
        assert!(is_canceled, "{}: a request is pending", case.name);
        actual
    })
}

async fn run_watch(case: &Case, server: &RunningServer) -> Actual {
    let options = &case.options;
    let mut client = Client::builder()
        .endpoint(&server.url)
        .credential(Credential::token(TOKEN).expect("a token"));
    if let Some(timeout) = duration(options.attempt_timeout.as_ref()) {
        client = client.attempt_timeout(timeout);
    }
    let client = client.build().expect("a client");
    let until = match options.until.as_deref() {
        Some("go-live") => Until::GoLive,
        Some("live") => Until::Live,
        _ => Until::Outcome,
    };
    let interval = duration(options.interval.as_ref()).unwrap_or(Duration::from_millis(5));
    let time = duration(options.timeout.as_ref()).unwrap_or(Duration::MAX);
    let tolerate = duration(options.tolerate.as_ref()).unwrap_or(Duration::from_secs(15 * 60));
    let mut actual = Actual::default();
    let success = if let [offer] = &*case.offers {
        let watch = client.watch("contoso", offer.as_str()).expect("an id");
        let mut watch = watch.interval(interval).timeout(time).tolerate(tolerate);
        if let Some(timeout) = duration(options.start_timeout.as_ref()) {
            watch = watch.start_timeout(timeout);
        }
        if let Some(report) = &options.after {
            let report = serde_json::from_value(report.clone());
            watch = watch.after(report.expect("a report"));
        }
        let mut watch = watch.until(until).start();
        for next in events(&mut watch).await {
            actual.event(offer, event(&next));
        }
        let result = await_again(case, server, watch).await;
        actual.results.insert(offer.clone(), outcome(&result));
        result.is_ok_and(|result| result.outcome.is_success())
    } else {
        let watch = client.watch_publisher("contoso").expect("an id");
        let watch = watch.interval(interval).timeout(time).tolerate(tolerate);
        let mut watch = watch.until(until).start();
        for next in events(&mut watch).await {
            use PublisherWatchEvent as E;
            let (offer, next) = match next {
                E::Changed { offer, change, .. } => (Some(offer), WatchEvent::Changed(*change)),
                E::PollFailed { offer, error, .. } => (offer, WatchEvent::PollFailed(error)),
                E::Delayed { offer, wait, .. } => (offer, WatchEvent::Delayed(wait)),
                E::OfferEnded { offer, result, .. } => {
                    actual.results.insert(offer.clone(), outcome(&result));
                    (Some(offer), WatchEvent::Ended(result))
                }
                E::Ended(Err(error)) => (None, WatchEvent::Ended(Err(error))),
                _ => continue,
            };
            actual.event(offer.as_deref().unwrap_or("list"), event(&next));
        }
        let result = await_again(case, server, watch).await;
        let success = result.as_ref().is_ok_and(PublisherWatchResult::is_success);
        let error = match result {
            Ok(result) => {
                let offers = result.offers.iter();
                actual.results = offers
                    .map(|(offer, result)| (offer.clone(), outcome(result)))
                    .collect();
                result.last_error
            }
            Err(error) => Some(error),
        };
        if let Some(error) = error {
            let result = format!("error: {}", kind(&error));
            actual.results.insert("list".to_owned(), result);
        }
        success
    };
    actual.end = format!("success: {success}");
    actual
}
