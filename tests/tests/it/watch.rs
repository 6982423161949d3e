//! Watches of one offer and of a publisher: what the cases in `sdk/cli/tests/watch-cases` can't express.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cloud_partner_portal::types::OfferStatusReport;
use cloud_partner_portal::{
    AccessToken, Client, Credential, Error, Outcome, PublisherWatchEvent, WatchBuilder, WatchEvent,
    WatchResult,
};
use serde_json::{Value, json};

use crate::support::client;
use crate::support::error_checks::with_timeout;
use crate::support::scripted_server::Step::Stall;
use crate::support::scripted_server::{ScriptedServer, Step, json_response, response};

fn watch(server: &ScriptedServer) -> WatchBuilder {
    let watch = client(server.url()).watch("contoso", "a");
    let watch = watch.expect("valid identifiers");
    watch.interval(Duration::from_millis(1))
}

fn status(status: &str) -> Vec<Step> {
    json_response(json!({"status": status}).to_string())
}

/// Returns a response with a correlation id.
fn error_response(status: u16, id: &str) -> Vec<Step> {
    response(status, &[("x-ms-correlation-request-id", id)], "")
}

fn describe(event: &WatchEvent) -> String {
    match event {
        WatchEvent::Changed(change) => change.report.status.to_string(),
        WatchEvent::PollFailed(error) => format!("poll failed: {:?}", error.status()),
        WatchEvent::Ended(Ok(result)) => format!("ended: {}", result.outcome),
        WatchEvent::Ended(Err(error)) => format!("error: {:?}", error.status()),
        other => format!("{other:?}"),
    }
}

/// Runs a watch to its end and returns a description of each event.
async fn events(watch: WatchBuilder) -> Vec<String> {
    let mut watch = watch.start();
    let mut events = Vec::new();
    while let Some(event) = with_timeout("watch", watch.next_event()).await {
        events.push(describe(&event));
    }
    events
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
async fn awaiting_a_watch_returns_the_result_of_its_last_event() {
    let serve = || {
        let statuses = ["notStarted", "running", "failed", "succeeded"];
        ScriptedServer::scripts(statuses.map(status).to_vec())
    };
    let server = serve();
    let result = with_timeout("not read", watch(&server))
        .await
        .expect("an outcome");
    assert_eq!(result.outcome, Outcome::Failed);
    assert_eq!(server.requests().len(), 3);

    let server = serve();
    let mut read = watch(&server).start();
    for expected in ["notStarted", "running"] {
        let event = with_timeout("event", read.next_event()).await;
        assert_eq!(event.as_ref().map(describe).as_deref(), Some(expected));
    }
    let again = with_timeout("partly read", read).await.expect("an outcome");
    assert_eq!(
        (again.outcome, again.report),
        (result.outcome, result.report)
    );
    assert_eq!(server.requests().len(), 3);

    let server = ScriptedServer::start(|request| {
        if request.target.contains("/status") {
            return status("failed");
        }
        let offer_status = ["running", "failed"][request.number.min(1)];
        json_response(json!([{"id": "a", "status": offer_status}]).to_string())
    });
    let publisher = client(server.url()).watch_publisher("contoso");
    let publisher = publisher.expect("an id").interval(Duration::from_millis(1));
    let result = with_timeout("publisher", publisher).await.expect("lists");
    let outcome =
        |result: &Result<WatchResult, Error>| result.as_ref().map(|ended| ended.outcome).ok();
    assert_eq!(outcome(&result.offers["a"]), Some(Outcome::Failed));
    assert!(result.last_error.is_none() && !result.timed_out);
}

/// The reports of a publication: after the first report, each report is a change.
const REPORTS: [&str; 4] = [
    r#"{"status":"running","steps":[{"id":"x","status":"notStarted"},{"id":"y","status":"notStarted"}]}"#,
    r#"{"status":"running","steps":[{"id":"x","status":"inProgress"},{"id":"y","status":"notStarted"}]}"#,
    r#"{"status":"running","steps":[{"id":"x","status":"complete"},{"id":"y","status":"inProgress"}]}"#,
    r#"{"status":"succeeded","steps":[{"id":"x","status":"complete"},{"id":"y","status":"complete"}]}"#,
];

#[tokio::test]
async fn a_resumed_watch_reports_the_changes_since_the_report() {
    // A program that stores the report between two runs encodes and decodes it.
    let stored = |number: usize| -> OfferStatusReport {
        let report: OfferStatusReport = serde_json::from_str(REPORTS[number]).expect("a report");
        let text = serde_json::to_string(&report).expect("it can be encoded");
        serde_json::from_str(&text).expect("it can be decoded")
    };
    let succeeded: &[&str] = &["succeeded", "ended: succeeded"];
    for (name, report, responses, expected) in [
        (
            "the same report, then the next ones",
            1,
            &REPORTS[1..],
            &["running", "succeeded", "ended: succeeded"][..],
        ),
        ("several changes", 0, &REPORTS[3..], succeeded),
        // The watch requests the status, although the stored report has an outcome.
        ("the same outcome", 3, &REPORTS[3..], &["ended: succeeded"]),
        (
            "a new publication",
            3,
            &[REPORTS[0], r#"{"status":"failed"}"#],
            &["running", "failed", "ended: failed"],
        ),
    ] {
        let server = ScriptedServer::scripts(responses.iter().map(json_response).collect());
        assert_eq!(
            events(watch(&server).resume_from(stored(report))).await,
            expected,
            "{name}"
        );
        assert_eq!(server.requests().len(), responses.len(), "{name}");
    }
    // Several changes since the report are one event with the changes of all steps.
    let server = ScriptedServer::scripts(vec![json_response(REPORTS[3])]);
    let mut resumed = watch(&server).resume_from(stored(0)).start();
    let Some(WatchEvent::Changed(change)) = with_timeout("event", resumed.next_event()).await
    else {
        panic!("no change");
    };
    let former_statuses: Vec<_> = change.steps.iter().flat_map(|step| &step.before).collect();
    assert_eq!(former_statuses, ["notStarted", "notStarted"]);

    let server = ScriptedServer::scripts(vec![vec![Stall]]);
    let resumed = watch(&server)
        .resume_from(stored(2))
        .timeout(Duration::from_millis(300));
    let result = with_timeout("timeout", resumed).await.expect("a timeout");
    assert_eq!(
        (result.outcome, result.report),
        (Outcome::TimedOut, Some(stored(2)))
    );
}

#[tokio::test]
async fn a_result_contains_the_last_eight_distinct_errors_since_the_last_report() {
    let mut scripts = vec![
        error_response(500, "old"),
        status("running"),
        error_response(503, "replaced"),
        error_response(501, "dropped"),
        // The cause of this error is the cause of an earlier error.
        error_response(503, "0"),
    ];
    scripts.extend((1..7).map(|number| error_response(503 + number, &number.to_string())));
    let last = [
        ("x-ms-correlation-request-id", "7"),
        ("retry-after", "86400"),
    ];
    scripts.push(response(500, &last, ""));
    let server = ScriptedServer::scripts(scripts);
    let watch = watch(&server).timeout(Duration::from_secs(2));
    let result = with_timeout("timeout", watch).await.expect("a timeout");
    let report = result.report.expect("the last report");
    assert_eq!(
        (result.outcome, report.status.as_str()),
        (Outcome::TimedOut, "running")
    );
    let ids: Vec<_> = result
        .errors
        .iter()
        .filter_map(Error::correlation_id)
        .collect();
    assert_eq!(ids, ["0", "1", "2", "3", "4", "5", "6", "7"]);
    let last = result.last_error.expect("the last error");
    assert_eq!(last.correlation_id(), Some("7"));
    assert_eq!(last.retry_after(), Some(Duration::from_secs(86_400)));
    // The sources of the last error are the earlier errors.
    let sources = std::iter::successors(std::error::Error::source(&last), |error| error.source());
    let sources = sources.filter_map(|source| source.downcast_ref::<Error>());
    let ids: Vec<_> = sources.filter_map(Error::correlation_id).collect();
    assert_eq!(ids, ["6", "5", "4", "3", "2", "1", "0"]);
}

#[tokio::test]
async fn a_credential_error_after_the_first_response_doesnt_end_a_watch() {
    let server = ScriptedServer::scripts(vec![status("running"), status("succeeded")]);
    // Each token expires before the next poll. `fails` is the number of the call to the provider that returns an error.
    let watch = |fails: usize| {
        let fetches = AtomicUsize::new(0);
        let credential = Credential::provider(move || {
            let number = fetches.fetch_add(1, Ordering::Relaxed) + 1;
            async move {
                if number == fails {
                    return Err("the sign-in endpoint is unavailable".into());
                }
                Ok(AccessToken::new("made-up").expires_in(Duration::from_millis(20)))
            }
        });
        let client = Client::builder()
            .endpoint(server.url())
            .credential(credential);
        let watch = client.build().expect("a client").watch("contoso", "a");
        watch.expect("ids").interval(Duration::from_millis(60))
    };
    // Before the first response, a credential error indicates a wrong configuration and ends the watch.
    assert_eq!(events(watch(1)).await, ["error: None"]);
    assert_eq!(
        events(watch(2)).await,
        [
            "running",
            "poll failed: None",
            "succeeded",
            "ended: succeeded"
        ]
    );
}

#[tokio::test]
async fn a_panic_of_the_token_provider_reaches_the_caller() {
    let client = || {
        let credential = Credential::provider(|| async {
            let token: &str = std::future::ready(None)
                .await
                .expect("the token provider panics");
            Ok(AccessToken::new(token))
        });
        Client::builder()
            .endpoint("http://127.0.0.1:9")
            .credential(credential)
            .build()
            .expect("a valid configuration")
    };
    let publisher = client().watch_publisher("contoso").expect("an id").start();
    let watch = tokio::spawn(async move { publisher.await.is_ok() });
    assert!(watch.await.is_err_and(|error| error.is_panic()));
    let offer = client().watch("contoso", "a").expect("ids").start();
    let watch = tokio::spawn(async move { offer.await.is_ok() });
    assert!(watch.await.is_err_and(|error| error.is_panic()));
}

#[tokio::test]
async fn dropping_a_watch_cancels_its_requests() {
    // During a poll.
    let server = ScriptedServer::scripts(vec![vec![Stall]]);
    let mut waiting = watch(&server).start();
    tokio::select! {
        event = waiting.next_event() => panic!("{event:?}"),
        () = wait_until(|| server.pending_requests() == 1) => {}
    }
    drop(waiting);
    wait_until(|| server.pending_requests() == 0).await;
    assert_eq!(server.requests().len(), 1);

    // Between two polls, while a task awaits the watch.
    let server = ScriptedServer::scripts(vec![status("running")]);
    let waiting = watch(&server);
    let task = tokio::spawn(async move { waiting.await.map(|ended: WatchResult| ended.outcome) });
    wait_until(|| server.requests().len() >= 3).await;
    task.abort();
    assert!(task.await.is_err_and(|error| error.is_cancelled()));
    let requests = server.requests().len();
    tokio::time::sleep(Duration::from_millis(200)).await;
    // One request may have been pending.
    assert!(server.requests().len() <= requests + 1);

    // During the polls of a publisher's offers.
    let server = ScriptedServer::start(|request| {
        if request.target.contains("/status") {
            return vec![Stall];
        }
        let offers = (0..20).map(|number| json!({"id": format!("o{number}"), "status": "running"}));
        json_response(offers.collect::<Value>().to_string())
    });
    let watch = client(server.url()).watch_publisher("contoso");
    let mut watch = watch.expect("an id").start();
    let listed = with_timeout("list", watch.next_event()).await;
    assert!(matches!(listed, Some(PublisherWatchEvent::Listed { .. })));
    tokio::select! {
        event = watch.next_event() => panic!("{event:?}"),
        () = wait_until(|| server.pending_requests() == 8) => {}
    }
    drop(watch);
    wait_until(|| server.pending_requests() == 0).await;
    assert_eq!(server.requests().len(), 1 + 8);
}
