//! Tests the SDK's watches in situations that the files in `sdk/cli/tests/watch-cases` can't describe.
//!
//! A watch of an offer polls the offer: it requests the offer's status at an interval, until the publication has an outcome. A publisher
//! watch requests the list of a publisher's offers, and polls each offer whose publication hasn't ended.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cloud_partner_portal::types::OfferStatusReport;
use cloud_partner_portal::{
    AccessToken, Client, Credential, Error, Outcome, PublisherWatchBuilder, PublisherWatchEvent,
    WatchBuilder, WatchEvent,
};
use serde_json::{Value, json};

use crate::support::error_checks::{sources, with_timeout};
use crate::support::scripted_server::Step::Stall;
use crate::support::scripted_server::{
    ReceivedRequest, ScriptedServer, Step, json_response, response,
};
use crate::support::{client, with_credential};

fn watch_offer(client: &Client) -> WatchBuilder {
    let watch = client.watch("contoso", "a").expect("valid identifiers");
    watch.interval(Duration::from_millis(1))
}

pub fn watch_publisher(client: &Client) -> PublisherWatchBuilder {
    let watch = client.watch_publisher("contoso");
    let watch = watch.expect("a valid identifier");
    watch.interval(Duration::from_millis(1))
}

fn report(status: &str) -> Vec<Step> {
    json_response(json!({"status": status}).to_string())
}

fn is_status_request(request: &ReceivedRequest) -> bool {
    request.target.contains("/status")
}

fn describe(event: &WatchEvent) -> String {
    match event {
        WatchEvent::Changed(change) => {
            let body: OfferStatusReport = serde_json::from_slice(change.raw_body()).expect("JSON");
            assert_eq!(body, change.report);
            let status = &change.report.status;
            match change.steps.first().and_then(|step| step.before.as_ref()) {
                Some(before) => format!("{status} (step was {before})"),
                None => status.to_string(),
            }
        }
        WatchEvent::PollFailed(error) if error.is_credential() => "no token".to_owned(),
        WatchEvent::Ended(Ok(result)) => format!("ended: {}", result.outcome),
        other => format!("{other:?}"),
    }
}

async fn event_descriptions(watch: WatchBuilder) -> String {
    let mut watch = watch.start();
    let mut events = Vec::new();
    while let Some(event) = with_timeout("watch", watch.next_event()).await {
        events.push(describe(&event));
    }
    events.join(", ")
}

async fn wait_until(condition: impl Fn() -> bool) {
    with_timeout("condition", async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_watch_can_be_awaited_at_once_or_after_some_events() {
    let serve = || {
        let statuses = ["notStarted", "running", "failed", "succeeded"];
        ScriptedServer::scripts(statuses.map(report).to_vec())
    };
    let server = serve();
    let watch = watch_offer(&client(server.url()));
    let result = with_timeout("a watch that is awaited at once", watch)
        .await
        .expect("an outcome");
    assert_eq!(result.outcome, Outcome::Failed);
    assert_eq!(server.requests().len(), 3);

    let server = serve();
    let mut watch = watch_offer(&client(server.url())).start();
    for expected in ["notStarted", "running"] {
        let event = with_timeout("event", watch.next_event()).await;
        assert_eq!(event.as_ref().map(describe).as_deref(), Some(expected));
    }
    let again = with_timeout("a watch after two events", watch).await;
    let again = again.expect("an outcome");
    assert_eq!(again.outcome, result.outcome);
    assert_eq!(again.report, result.report);
    assert_eq!(server.requests().len(), 3);

    let server = ScriptedServer::start(|request| {
        if is_status_request(request) {
            return report("succeeded");
        }
        let status = ["running", "succeeded"][request.number.min(1)];
        json_response(json!([{"id": "a", "status": status}]).to_string())
    });
    let watch = watch_publisher(&client(server.url()));
    let result = with_timeout("a publisher watch", watch)
        .await
        .expect("a result");
    assert!(result.is_success());
    assert!(result.last_error.is_none() && !result.timed_out);
}

/// The successive reports of one publication.
const REPORTS: [&str; 3] = [
    r#"{"status":"running","steps":[{"id":"x","status":"notStarted"}]}"#,
    r#"{"status":"running","steps":[{"id":"x","status":"inProgress"}]}"#,
    r#"{"status":"succeeded","steps":[{"id":"x","status":"complete"}]}"#,
];

/// Returns one of the [`REPORTS`], encoded as JSON and decoded again, like a report that a program has stored.
fn stored_report(index: usize) -> OfferStatusReport {
    let report: OfferStatusReport = serde_json::from_str(REPORTS[index]).expect("a report");
    let text = serde_json::to_string(&report).expect("it can be encoded");
    serde_json::from_str(&text).expect("it can be decoded")
}

#[tokio::test]
async fn a_resumed_watch_reports_the_changes_since_the_stored_report() {
    let [first, second, last] = REPORTS;
    let running_again = "running (step was complete), failed, ended: failed";
    for (stored, responses, expected) in [
        // The first response equals the stored report.
        (
            1,
            vec![second, last],
            "succeeded (step was inProgress), ended: succeeded",
        ),
        (
            0,
            vec![last],
            "succeeded (step was notStarted), ended: succeeded",
        ),
        // The watch requests the status, although the stored report has an outcome.
        (2, vec![last], "ended: succeeded"),
        // A new publication has started since the stored report.
        (2, vec![first, r#"{"status":"failed"}"#], running_again),
    ] {
        let server = ScriptedServer::scripts(responses.iter().map(json_response).collect());
        let watch = watch_offer(&client(server.url())).resume_from(stored_report(stored));
        assert_eq!(event_descriptions(watch).await, expected);
        assert_eq!(server.requests().len(), responses.len());
    }

    // If the watch receives no response, the result contains the stored report.
    let server = ScriptedServer::scripts(vec![vec![Stall]]);
    let watch = watch_offer(&client(server.url())).resume_from(stored_report(1));
    let watch = watch.timeout(Duration::from_millis(300));
    let result = with_timeout("timeout", watch).await.expect("a timeout");
    assert_eq!(result.outcome, Outcome::TimedOut);
    assert_eq!(result.report, Some(stored_report(1)));
}

#[tokio::test]
async fn a_result_contains_the_last_eight_distinct_errors_since_the_last_report() {
    let error =
        |status: u16, id: &str| response(status, &[("x-ms-correlation-request-id", id)], "");
    let mut scripts = vec![
        error(500, "before the report"),
        report("running"),
        // The later 503 replaces this error, because the two errors differ only in the correlation id.
        error(503, "replaced"),
        // Eight distinct errors follow, so this error is dropped.
        error(501, "dropped"),
        error(503, "0"),
    ];
    scripts.extend((1..7).map(|number| error(503 + number, &number.to_string())));
    // The watch times out during the wait that `Retry-After` causes.
    let headers = [
        ("x-ms-correlation-request-id", "7"),
        ("retry-after", "86400"),
    ];
    scripts.push(response(500, &headers, ""));
    let server = ScriptedServer::scripts(scripts);
    let watch = watch_offer(&client(server.url())).timeout(Duration::from_secs(2));
    let result = with_timeout("timeout", watch).await.expect("a timeout");
    let ids = result.errors.iter().filter_map(Error::correlation_id);
    let ids: Vec<_> = ids.collect();
    assert_eq!(ids, ["0", "1", "2", "3", "4", "5", "6", "7"]);
    let last = result.last_error.expect("the last error");
    assert_eq!(last.correlation_id(), Some("7"));
    let sources = sources(&last).filter_map(|source| source.downcast_ref::<Error>());
    let ids: Vec<_> = sources.filter_map(Error::correlation_id).collect();
    assert_eq!(ids, ["6", "5", "4", "3", "2", "1", "0"]);
}

#[tokio::test]
async fn an_error_of_the_token_provider_after_the_first_report_doesnt_end_a_watch() {
    let server = ScriptedServer::scripts(vec![report("running"), report("succeeded")]);
    let calls = AtomicUsize::new(0);
    let credential = Credential::provider(move || {
        let call = calls.fetch_add(1, Ordering::Relaxed) + 1;
        async move {
            if call == 2 {
                return Err("the sign-in endpoint is unavailable".into());
            }
            Ok(AccessToken::new("made-up").expires_in(Duration::from_millis(20)))
        }
    });
    let client = with_credential(server.url(), credential);
    // Each token expires before the next poll.
    let watch = watch_offer(&client).interval(Duration::from_millis(60));
    let expected = "running, no token, succeeded, ended: succeeded";
    assert_eq!(event_descriptions(watch).await, expected);
}

#[tokio::test]
async fn a_panic_of_the_token_provider_reaches_the_task_that_awaits_the_watch() {
    let credential = Credential::provider(|| async {
        let token: Option<&str> = std::future::ready(None).await;
        Ok(AccessToken::new(token.expect("the token provider panics")))
    });
    let client = with_credential("http://127.0.0.1:9", credential);
    let publisher = watch_publisher(&client).into_future();
    let offer = watch_offer(&client).into_future();
    for panicked in [
        tokio::spawn(async move { publisher.await.is_ok() }).await,
        tokio::spawn(async move { offer.await.is_ok() }).await,
    ] {
        assert!(panicked.is_err_and(|error| error.is_panic()));
    }
}

#[tokio::test]
async fn dropping_a_watch_cancels_its_requests() {
    const MAX_CONCURRENT_POLLS: usize = 8;
    // Aborting a task drops the watch that the task awaits.
    let server = ScriptedServer::scripts(vec![report("running")]);
    let watch = watch_offer(&client(server.url()));
    let task = tokio::spawn(async move { watch.await.is_ok() });
    wait_until(|| server.requests().len() >= 3).await;
    task.abort();
    assert!(task.await.is_err_and(|error| error.is_cancelled()));
    let requests = server.requests().len();
    tokio::time::sleep(Duration::from_millis(200)).await;
    // One more request may have been on its way to the server.
    assert!(server.requests().len() <= requests + 1);

    // The test drops a publisher watch while the watch polls the offers.
    let server = ScriptedServer::start(|request| {
        if is_status_request(request) {
            return vec![Stall];
        }
        let offers = (0..20).map(|number| json!({"id": format!("o{number}"), "status": "running"}));
        json_response(offers.collect::<Value>().to_string())
    });
    let mut watch = watch_publisher(&client(server.url())).start();
    let listed = with_timeout("list", watch.next_event()).await;
    assert!(matches!(listed, Some(PublisherWatchEvent::Listed { .. })));
    tokio::select! {
        event = watch.next_event() => panic!("{event:?}"),
        () = wait_until(|| server.pending_requests() == MAX_CONCURRENT_POLLS) => {}
    }
    drop(watch);
    wait_until(|| server.pending_requests() == 0).await;
    // One request was for the list.
    assert_eq!(server.requests().len(), 1 + MAX_CONCURRENT_POLLS);
}
