//! The watch of one offer, for every scenario.

use std::time::Duration;

use crate::support::error_checks::with_timeout;
use crate::support::scripted_server::Step::Stall;
use crate::support::scripted_server::{ScriptedServer, json_response};
use crate::support::watch::{POLL_INTERVAL, client, events, status_response, wait_until, watch};
use cloud_partner_portal::types::OfferStatusReport;
use cloud_partner_portal::{Outcome, Until, WatchBuilder, WatchEvent, WatchResult};
use cloud_partner_recordings::recording::{Body, Recording};
use cloud_partner_recordings::replay::{Replay, Server};
use cloud_partner_recordings::store::{self, Scenario};

fn scenario(name: &str) -> Scenario {
    store::scenarios(&store::root().join("scenarios"))
        .all()
        .expect("valid scenarios")
        .into_iter()
        .find(|scenario| scenario.name == name)
        .expect(name)
}

/// Starts a server of the scenario, and returns a watch of its offer.
fn serve_scenario(name: &str) -> (Server, WatchBuilder) {
    let scenario = scenario(name);
    let path = scenario.recordings[0].recording.request.path.clone();
    let offer = path.split('/').nth(5).expect("an offer");
    let server = Replay::new(Vec::<Recording>::new(), [scenario])
        .start()
        .expect("a free port");
    let watch = client(server.url())
        .watch("contoso", offer)
        .expect("valid identifiers")
        .interval(POLL_INTERVAL);
    (server, watch)
}

/// Returns the bodies of a scenario's responses.
fn bodies(name: &str) -> Vec<String> {
    let recordings = scenario(name).recordings.into_iter();
    recordings
        .map(|stored| match stored.recording.response.body {
            Some(Body::Json(body)) => body.to_string(),
            _ => panic!("{}: no JSON", stored.file.display()),
        })
        .collect()
}

const NOT_STARTED: &str = "displaydummycertify notStarted, displaycertify notStarted, \
    displayprovision notStarted, displaypackage notStarted, publisher-signoff notStarted, live notStarted";

/// A scenario's name, its events until the first outcome, and the additional events with `Until::Live`.
type ScenarioEvents = (&'static str, Vec<String>, Vec<&'static str>);

fn scenarios() -> Vec<ScenarioEvents> {
    let lines = |lines: &[&str]| lines.iter().map(ToString::to_string).collect::<Vec<_>>();
    let mut succeeds = vec![format!("notStarted: {NOT_STARTED}")];
    succeeds.extend(lines(&[
        "running: displaydummycertify notStarted → inProgress",
        "running: displaydummycertify inProgress → complete, displaycertify notStarted → inProgress",
        "running: ",
        "running: displaycertify inProgress → complete, displayprovision notStarted → inProgress",
        "running: displayprovision inProgress → complete, displaypackage notStarted → inProgress",
        "running: displaypackage inProgress → complete, \
         publisher-signoff notStarted → waitingForPublisherReview",
        "awaitingGoLive: running",
    ]));
    let mut canceled = vec![format!("notStarted: {NOT_STARTED}")];
    canceled.extend(lines(&[
        "running: displaydummycertify notStarted → inProgress",
        "running: displaydummycertify inProgress → complete, displaycertify notStarted → inProgress",
        "running: ",
        "running: displaycertify inProgress → complete, displayprovision notStarted → inProgress",
        "running: ",
        "running: ",
        "running: displayprovision inProgress → canceled",
        "canceled: displaypackage notStarted → canceled, publisher-signoff notStarted → canceled, \
         live notStarted → canceled",
        "canceled: canceled",
    ]));
    let first = NOT_STARTED.replace(
        "displaydummycertify notStarted",
        "displaydummycertify inProgress",
    );
    let mut blocks = vec![format!("running: {first}")];
    blocks.extend(lines(&[
        "running: displaydummycertify inProgress → complete, displaycertify notStarted → inProgress",
        "running: ",
        "running: ",
        "running: displaycertify inProgress → blocked",
        "blocked: running",
    ]));
    vec![
        (
            "publish-succeeds",
            succeeds,
            vec![
                "running: publisher-signoff waitingForPublisherReview → complete, live notStarted → inProgress",
                "running: ",
                "succeeded: live inProgress → complete",
                "succeeded: succeeded",
            ],
        ),
        ("publication-canceled", canceled, vec![]),
        ("certification-blocks", blocks, vec![]),
    ]
}

#[tokio::test]
async fn reports_every_change_of_every_scenario() {
    for (name, mut expected, after) in scenarios() {
        let (server, watch) = serve_scenario(name);
        assert_eq!(events(watch).await, expected, "{name}");
        // Each response of a scenario is a change, so there is one request per change.
        assert_eq!(server.requests().len(), expected.len() - 1, "{name}");

        if !after.is_empty() {
            expected.pop();
            expected.extend(after.into_iter().map(ToOwned::to_owned));
        }
        let (_server, watch) = serve_scenario(name);
        assert_eq!(
            events(watch.until(Until::Live)).await,
            expected,
            "{name} until live"
        );
    }
}

#[tokio::test]
async fn awaiting_a_watch_returns_the_result_of_its_last_event() {
    for (name, expected, until_live) in [
        (
            "publish-succeeds",
            Outcome::AwaitingGoLive,
            Outcome::Succeeded,
        ),
        ("publication-canceled", Outcome::Canceled, Outcome::Canceled),
        ("certification-blocks", Outcome::Blocked, Outcome::Blocked),
    ] {
        let (server, watch) = serve_scenario(name);
        let ended = with_timeout(name, watch).await.expect("an outcome");
        assert_eq!(ended.outcome, expected, "{name}");
        let requests = server.requests().len();

        let (server, watch) = serve_scenario(name);
        let mut watch = watch.start();
        // Two events are read before the watch is awaited.
        for _ in 0..2 {
            let event = with_timeout(name, watch.next_event()).await;
            assert!(matches!(event, Some(WatchEvent::Changed(_))), "{name}");
        }
        let again = with_timeout(name, watch).await.expect("an outcome");
        assert_eq!(
            (again.outcome, &again.report),
            (ended.outcome, &ended.report)
        );
        assert_eq!(server.requests().len(), requests, "{name}");

        let (server, watch) = serve_scenario(name);
        let mut watch = watch.start();
        let streamed = loop {
            match with_timeout(name, watch.next_event()).await {
                Some(WatchEvent::Ended(Ok(ended))) => break ended,
                Some(WatchEvent::Changed(_)) => {}
                other => panic!("{name}: {other:?}"),
            }
        };
        assert_eq!(
            (streamed.outcome, &streamed.report),
            (ended.outcome, &ended.report)
        );
        // Awaiting the watch after its end returns the same result without a request.
        let over = with_timeout(name, watch).await.expect("an outcome");
        assert_eq!((over.outcome, &over.report), (ended.outcome, &ended.report));
        assert_eq!(server.requests().len(), requests, "{name}");

        let (_server, watch) = serve_scenario(name);
        let ended = with_timeout(name, watch.until(Until::Live))
            .await
            .expect("an outcome");
        assert_eq!(ended.outcome, until_live, "{name}");
    }
}

#[tokio::test]
async fn a_failed_publication_is_an_outcome_and_no_error() {
    let body = bodies("certification-blocks")
        .pop()
        .expect("the last response");
    let server = ScriptedServer::scripts(vec![json_response(body)]);
    let reported = events(watch(server.url())).await;
    assert_eq!(reported.last().map(String::as_str), Some("failed: failed"));
    let ended = with_timeout("failed", watch(server.url()))
        .await
        .expect("no error");
    assert_eq!(ended.outcome, Outcome::Failed);
}

#[tokio::test]
async fn a_resumed_watch_reports_the_changes_since_the_report() {
    let bodies = bodies("publish-succeeds");
    // The report is encoded and decoded, as a program does that stores it between two runs.
    let stored_report = |number: usize| -> OfferStatusReport {
        let report: OfferStatusReport = serde_json::from_str(&bodies[number]).expect("a report");
        let text = serde_json::to_string(&report).expect("it can be encoded");
        serde_json::from_str(&text).expect("it can be decoded")
    };
    let serve =
        |from: usize| ScriptedServer::scripts(bodies[from..].iter().map(json_response).collect());

    // The service still returns the report from which the watch resumes.
    let server = serve(2);
    let resumed = watch(server.url()).resume_from(stored_report(2));
    assert_eq!(
        events(resumed).await,
        [
            "running: ",
            "running: displaycertify inProgress → complete, displayprovision notStarted → inProgress",
            "running: displayprovision inProgress → complete, displaypackage notStarted → inProgress",
            "running: displaypackage inProgress → complete, \
             publisher-signoff notStarted → waitingForPublisherReview",
            "awaitingGoLive: running",
        ]
    );
    assert_eq!(server.requests().len(), 5);

    // Several changes since the report are one event.
    let server = serve(10);
    let resumed = watch(server.url()).resume_from(stored_report(3));
    assert_eq!(
        events(resumed).await,
        [
            "succeeded: displaycertify inProgress → complete, displayprovision notStarted → complete, \
             displaypackage notStarted → complete, publisher-signoff notStarted → complete, \
             live notStarted → complete",
            "succeeded: succeeded",
        ]
    );

    // The stored report has an outcome. The watch still requests the status once.
    let server = serve(10);
    let resumed = watch(server.url()).resume_from(stored_report(10));
    assert_eq!(events(resumed).await, ["succeeded: succeeded"]);
    assert_eq!(server.requests().len(), 1);

    // A new publication began after the stored outcome.
    let server =
        ScriptedServer::scripts(vec![status_response("running"), status_response("failed")]);
    let resumed = watch(server.url()).resume_from(stored_report(10));
    assert_eq!(
        events(resumed).await,
        ["running: ", "failed: ", "failed: failed"]
    );
}

#[tokio::test]
async fn dropping_a_watch_cancels_its_request() {
    // During a poll.
    let server = ScriptedServer::scripts(vec![vec![Stall]]);
    let mut waiting = watch(server.url()).start();
    tokio::select! {
        event = waiting.next_event() => panic!("{event:?}"),
        () = with_timeout("first poll", wait_until(|| server.pending_requests() == 1)) => {}
    }
    drop(waiting);
    with_timeout("cancelled", wait_until(|| server.pending_requests() == 0)).await;
    assert_eq!(server.requests().len(), 1);

    // Between two polls, while a task awaits the watch.
    let server = ScriptedServer::scripts(vec![status_response("running")]);
    let waiting = watch(server.url());
    let task = tokio::spawn(async move { waiting.await.map(|ended: WatchResult| ended.outcome) });
    with_timeout("polls", wait_until(|| server.requests().len() >= 3)).await;
    task.abort();
    assert!(task.await.is_err_and(|error| error.is_cancelled()));
    let requests = server.requests().len();
    tokio::time::sleep(Duration::from_millis(200)).await;
    // One request may have been pending.
    assert!(server.requests().len() <= requests + 1);
}
