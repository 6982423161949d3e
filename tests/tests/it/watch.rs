//! Waiting for a publication: every scenario from its first response to its last.

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

/// The scenario's server, and a wait for its offer.
fn play(name: &str) -> (Server, WatchBuilder) {
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

/// The bodies of a scenario's answers.
fn bodies(name: &str) -> Vec<String> {
    let answers = scenario(name).recordings.into_iter();
    answers
        .map(|stored| match stored.recording.response.body {
            Some(Body::Json(body)) => body.to_string(),
            _ => panic!("{}: no JSON", stored.file.display()),
        })
        .collect()
}

const NOT_STARTED: &str = "displaydummycertify notStarted, displaycertify notStarted, \
    displayprovision notStarted, displaypackage notStarted, publisher-signoff notStarted, live notStarted";

/// A scenario's name, what is told until the first outcome, and what more with `until_live`.
type Told = (&'static str, Vec<String>, Vec<&'static str>);

fn scenarios() -> Vec<Told> {
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
async fn reports_every_scenario_change_by_change() {
    for (name, mut told, after) in scenarios() {
        let (server, watch) = play(name);
        assert_eq!(events(watch).await, told, "{name}");
        // One request for each change, as each answer of a scenario is one.
        assert_eq!(server.requests().len(), told.len() - 1, "{name}");

        if !after.is_empty() {
            told.pop();
            told.extend(after.into_iter().map(ToOwned::to_owned));
        }
        let (_server, watch) = play(name);
        assert_eq!(
            events(watch.until(Until::Live)).await,
            told,
            "{name} until live"
        );
    }
}

#[tokio::test]
async fn a_watch_that_is_awaited_ends_as_one_that_is_read() {
    for (name, expected, until_live) in [
        (
            "publish-succeeds",
            Outcome::AwaitingGoLive,
            Outcome::Succeeded,
        ),
        ("publication-canceled", Outcome::Canceled, Outcome::Canceled),
        ("certification-blocks", Outcome::Blocked, Outcome::Blocked),
    ] {
        let (server, watch) = play(name);
        let ended = with_timeout(name, watch).await.expect("an outcome");
        assert_eq!(ended.outcome, expected, "{name}");
        let requests = server.requests().len();

        let (server, watch) = play(name);
        let mut watch = watch.start();
        // Read a little, then awaited.
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

        let (server, watch) = play(name);
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
        // Awaited after its end, it says the same, and asks nobody.
        let over = with_timeout(name, watch).await.expect("an outcome");
        assert_eq!((over.outcome, &over.report), (ended.outcome, &ended.report));
        assert_eq!(server.requests().len(), requests, "{name}");

        let (_server, watch) = play(name);
        let ended = with_timeout(name, watch.until(Until::Live))
            .await
            .expect("an outcome");
        assert_eq!(ended.outcome, until_live, "{name}");
    }
}

#[tokio::test]
async fn a_publication_that_fails_is_no_error() {
    let body = bodies("certification-blocks")
        .pop()
        .expect("the last answer");
    let server = ScriptedServer::scripts(vec![json_response(body)]);
    let told = events(watch(server.url())).await;
    assert_eq!(told.last().map(String::as_str), Some("failed: failed"));
    let ended = with_timeout("failed", watch(server.url()))
        .await
        .expect("no error");
    assert_eq!(ended.outcome, Outcome::Failed);
}

#[tokio::test]
async fn a_resumed_watch_reports_what_has_changed_since() {
    let bodies = bodies("publish-succeeds");
    // Kept as text, as a program would that is stopped and started again.
    let seen = |number: usize| -> OfferStatusReport {
        let report: OfferStatusReport = serde_json::from_str(&bodies[number]).expect("a report");
        let text = serde_json::to_string(&report).expect("it can be encoded");
        serde_json::from_str(&text).expect("it can be decoded")
    };
    let serve =
        |from: usize| ScriptedServer::scripts(bodies[from..].iter().map(json_response).collect());

    // Stopped after the third answer, started again while the service still gives it.
    let server = serve(2);
    let resumed = watch(server.url()).resume_from(seen(2));
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

    // Much has happened meanwhile: one change has it all.
    let server = serve(10);
    let resumed = watch(server.url()).resume_from(seen(3));
    assert_eq!(
        events(resumed).await,
        [
            "succeeded: displaycertify inProgress → complete, displayprovision notStarted → complete, \
             displaypackage notStarted → complete, publisher-signoff notStarted → complete, \
             live notStarted → complete",
            "succeeded: succeeded",
        ]
    );

    // Nothing has happened: the outcome is the service's, not the one that was kept.
    let server = serve(10);
    let resumed = watch(server.url()).resume_from(seen(10));
    assert_eq!(events(resumed).await, ["succeeded: succeeded"]);
    assert_eq!(server.requests().len(), 1);

    // It was over, and was published again.
    let server =
        ScriptedServer::scripts(vec![status_response("running"), status_response("failed")]);
    let resumed = watch(server.url()).resume_from(seen(10));
    assert_eq!(
        events(resumed).await,
        ["running: ", "failed: ", "failed: failed"]
    );
}

#[tokio::test]
async fn dropping_a_watch_cancels_it() {
    // In the middle of a poll.
    let server = ScriptedServer::scripts(vec![vec![Stall]]);
    let mut waiting = watch(server.url()).start();
    tokio::select! {
        event = waiting.next_event() => panic!("{event:?}"),
        () = with_timeout("first poll", wait_until(|| server.pending_requests() == 1)) => {}
    }
    drop(waiting);
    with_timeout("cancelled", wait_until(|| server.pending_requests() == 0)).await;
    assert_eq!(server.requests().len(), 1);

    // Between two polls, and while it is awaited in a task.
    let server = ScriptedServer::scripts(vec![status_response("running")]);
    let waiting = watch(server.url());
    let task = tokio::spawn(async move { waiting.await.map(|ended: WatchResult| ended.outcome) });
    with_timeout("polls", wait_until(|| server.requests().len() >= 3)).await;
    task.abort();
    assert!(task.await.is_err_and(|error| error.is_cancelled()));
    let asked = server.requests().len();
    tokio::time::sleep(Duration::from_millis(200)).await;
    // One can have been on its way.
    assert!(server.requests().len() <= asked + 1);
}
