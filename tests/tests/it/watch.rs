//! Waiting for a publication: every scenario from its first answer to its last, and what can happen on the way.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::support::outcome::guarded;
use crate::support::raw::Step::{Reset, Stall};
use crate::support::raw::{Raw, Step, answer, json};
use cloud_partner_portal::types::OfferStatusReport;
use cloud_partner_portal::{
    AccessToken, Client, Credential, Outcome, RetryPolicy, Until, WatchBuilder, WatchEvent,
    WatchResult,
};
use cloud_partner_recordings::library::{self, Scenario};
use cloud_partner_recordings::recording::{Body, Recording};
use cloud_partner_recordings::replay::{Replay, Server};

const OFTEN: Duration = Duration::from_millis(1);

fn client(endpoint: String) -> Client {
    crate::support::client(endpoint)
}

fn watch(endpoint: String) -> WatchBuilder {
    let watch = client(endpoint).watch("contoso", "linux-vm");
    watch.expect("good identifiers").interval(OFTEN)
}

/// An event in one line: the offer's status and the steps whose status has changed, or how the poll failed, or the outcome.
fn tell(event: &WatchEvent) -> String {
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

/// All events of a wait, each in one line; an error as its status.
async fn events(watch: WatchBuilder) -> Vec<String> {
    let mut watch = watch.start();
    let mut told = Vec::new();
    while let Some(event) = guarded("watch", watch.next_event()).await {
        told.push(tell(&event));
        assert!(told.len() < 2000, "it doesn't end: {:?}", told.last());
    }
    assert!(
        watch.next_event().await.is_none(),
        "it goes on after its end"
    );
    told
}

fn scenario(name: &str) -> Scenario {
    library::scenarios(&library::home().join("scenarios"))
        .all()
        .expect("good scenarios")
        .into_iter()
        .find(|scenario| scenario.name == name)
        .expect(name)
}

/// The scenario's server, and a wait for its offer.
fn play(name: &str) -> (Server, WatchBuilder) {
    let scenario = scenario(name);
    let path = scenario.answers[0].recording.request.path.clone();
    let offer = path.split('/').nth(5).expect("an offer");
    let server = Replay::new(Vec::<Recording>::new(), [scenario])
        .start()
        .expect("a port on this machine");
    let watch = client(server.url())
        .watch("contoso", offer)
        .expect("good identifiers")
        .interval(OFTEN);
    (server, watch)
}

/// The bodies of a scenario's answers.
fn bodies(name: &str) -> Vec<String> {
    let answers = scenario(name).answers.into_iter();
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
async fn every_scenario_is_told_change_by_change() {
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
async fn a_future_ends_as_the_stream_does() {
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
        let ended = guarded(name, watch).await.expect("an outcome");
        assert_eq!(ended.outcome, expected, "{name}");
        let requests = server.requests().len();

        let (server, watch) = play(name);
        let mut watch = watch.start();
        // Read a little, then awaited.
        for _ in 0..2 {
            let event = guarded(name, watch.next_event()).await;
            assert!(matches!(event, Some(WatchEvent::Changed(_))), "{name}");
        }
        let again = guarded(name, watch).await.expect("an outcome");
        assert_eq!(
            (again.outcome, &again.report),
            (ended.outcome, &ended.report)
        );
        assert_eq!(server.requests().len(), requests, "{name}");

        let (server, watch) = play(name);
        let mut watch = watch.start();
        let streamed = loop {
            match guarded(name, watch.next_event()).await {
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
        let over = guarded(name, watch).await.expect("an outcome");
        assert_eq!((over.outcome, &over.report), (ended.outcome, &ended.report));
        assert_eq!(server.requests().len(), requests, "{name}");

        let (_server, watch) = play(name);
        let ended = guarded(name, watch.until(Until::Live))
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
    let server = Raw::scripts(vec![json(body)]);
    let told = events(watch(server.url())).await;
    assert_eq!(told.last().map(String::as_str), Some("failed: failed"));
    let ended = guarded("failed", watch(server.url()))
        .await
        .expect("no error");
    assert_eq!(ended.outcome, Outcome::Failed);
}

fn status(status: &str) -> Vec<Step> {
    json(format!(r#"{{"status":"{status}"}}"#))
}

fn failure(status: u16) -> Vec<Step> {
    answer(status, &[], r#"{"Message":"failed"}"#)
}

#[tokio::test]
async fn polls_that_fail_are_told_apart_from_offers_that_do() {
    let html = [("content-type", "text/html")];
    for (name, scripts, expected) in [
        (
            "what can pass is survived",
            vec![
                failure(503),
                vec![Reset],
                status("running"),
                failure(429),
                failure(500),
                vec![],
                status("succeeded"),
            ],
            vec![
                "poll failed: Some(503)",
                "poll failed: None",
                "running: ",
                "poll failed: Some(429)",
                "poll failed: Some(500)",
                "poll failed: None",
                "succeeded: ",
                "succeeded: succeeded",
            ],
        ),
        (
            "the same after a failed poll is no change",
            vec![
                status("running"),
                failure(502),
                status("running"),
                status("failed"),
            ],
            vec![
                "running: ",
                "poll failed: Some(502)",
                "failed: ",
                "failed: failed",
            ],
        ),
        ("not found", vec![failure(404)], vec!["error: Some(404)"]),
        (
            "forbidden",
            vec![status("running"), failure(403), status("succeeded")],
            vec![
                "running: ",
                "poll failed: Some(403)",
                "succeeded: ",
                "succeeded: succeeded",
            ],
        ),
        ("refused", vec![failure(401)], vec!["error: Some(401)"]),
        (
            "a sign-in page",
            vec![
                status("running"),
                answer(200, &html, "<html>"),
                status("failed"),
            ],
            vec![
                "running: ",
                "poll failed: Some(200)",
                "failed: ",
                "failed: failed",
            ],
        ),
        (
            "never published",
            vec![status("neverPublished")],
            vec!["neverPublished: ", "neverPublished: neverPublished"],
        ),
        (
            "a status that nobody knows isn't the end",
            vec![status("paused"), status("Running"), status("SUCCEEDED")],
            vec![
                "paused: ",
                "Running: ",
                "SUCCEEDED: ",
                "succeeded: SUCCEEDED",
            ],
        ),
    ] {
        let requests = scripts.len();
        let server = Raw::scripts(scripts.clone());
        assert_eq!(events(watch(server.url())).await, expected, "{name}");
        assert_eq!(server.asked().len(), requests, "{name}");

        let server = Raw::scripts(scripts);
        let end = tell(&WatchEvent::Ended(guarded(name, watch(server.url())).await));
        assert_eq!(Some(&end.as_str()), expected.last(), "{name}");
    }
}

#[tokio::test]
async fn a_poll_is_one_request_whatever_the_clients_retry_policy() {
    let server = Raw::scripts(vec![failure(503), failure(503), status("succeeded")]);
    let client = crate::support::build(
        Client::builder()
            .endpoint(server.url())
            .retry(RetryPolicy::default().initial_backoff(OFTEN)),
    );
    let watch = client
        .watch("contoso", "linux-vm")
        .expect("good identifiers")
        .interval(OFTEN);
    assert_eq!(
        events(watch).await,
        [
            "poll failed: Some(503)",
            "poll failed: Some(503)",
            "succeeded: ",
            "succeeded: succeeded"
        ]
    );
}

#[tokio::test]
async fn a_deadline_is_an_outcome() {
    let time = Duration::from_millis(500);
    let failed = "poll failed: Some(500)";
    for (name, script, last) in [
        ("running", status("running"), "timedOut: running"),
        ("no answer", vec![Stall], "timedOut: no report"),
        ("failing", failure(500), "timedOut: no report"),
    ] {
        let server = Raw::scripts(vec![script]);
        let mut told = events(watch(server.url()).timeout(time)).await;
        assert_eq!(told.pop().as_deref(), Some(last), "{name}");
        told.dedup();
        let expected = match name {
            "running" => vec!["running: "],
            "failing" => vec![failed],
            _ => vec![],
        };
        assert_eq!(told, expected, "{name}");
        let ended = guarded(name, watch(server.url()).timeout(time)).await;
        assert_eq!(
            ended.expect("no error").outcome,
            Outcome::TimedOut,
            "{name}"
        );
    }
    // What was known before is what is known at the end.
    let server = Raw::scripts(vec![vec![Stall]]);
    let watch = watch(server.url()).timeout(time);
    let ended = guarded(
        "resumed",
        watch.resume_from(OfferStatusReport::new(
            cloud_partner_portal::types::OfferStatus::Running,
        )),
    );
    assert_eq!(tell(&WatchEvent::Ended(ended.await)), "timedOut: running");
}

#[tokio::test]
async fn the_service_says_when_to_poll_next() {
    let later = [("retry-after", "1")];
    for (name, first) in [
        ("report", answer(200, &later, r#"{"status":"running"}"#)),
        ("failure", answer(503, &later, "")),
    ] {
        let server = Raw::scripts(vec![first, status("succeeded")]);
        guarded(name, watch(server.url()))
            .await
            .expect("an outcome");
        let asked = server.asked();
        assert_eq!(asked.len(), 2, "{name}");
        let waited = asked[1].when - asked[0].when;
        assert!(waited >= Duration::from_secs(1), "{name}: only {waited:?}");
    }
    // For ever, as good as.
    for for_ever in [
        "18446744073709551615",
        "99999999999999999999",
        "9999999999999",
    ] {
        let headers = [("retry-after", for_ever)];
        for first in [
            answer(200, &headers, r#"{"status":"running"}"#),
            answer(503, &headers, ""),
        ] {
            let server = Raw::scripts(vec![first, status("succeeded")]);
            let watch = watch(server.url()).timeout(Duration::from_millis(200));
            let ended = guarded(for_ever, watch).await.expect("no error");
            assert_eq!(ended.outcome, Outcome::TimedOut, "{for_ever}");
            assert_eq!(server.asked().len(), 1, "{for_ever}");
        }
    }
}

#[tokio::test]
async fn polls_keep_their_interval() {
    let server = Raw::scripts(vec![
        status("running"),
        status("running"),
        failure(500),
        status("succeeded"),
    ]);
    let interval = Duration::from_millis(100);
    let watch = watch(server.url()).interval(interval);
    guarded("interval", watch).await.expect("an outcome");
    let asked = server.asked();
    assert_eq!(asked.len(), 4);
    for pair in asked.windows(2) {
        let waited = pair[1].when - pair[0].when;
        assert!(waited >= interval, "only {waited:?}");
    }
    // The longest interval that can be said.
    let server = Raw::scripts(vec![status("running")]);
    let watch = self::watch(server.url())
        .interval(Duration::MAX)
        .timeout(interval);
    assert_eq!(events(watch).await, ["running: ", "timedOut: running"]);
}

#[tokio::test]
async fn a_resumed_wait_tells_what_has_changed_since() {
    let bodies = bodies("publish-succeeds");
    // Kept as text, as a program would that is stopped and started again.
    let seen = |number: usize| -> OfferStatusReport {
        let report: OfferStatusReport = serde_json::from_str(&bodies[number]).expect("a report");
        let text = serde_json::to_string(&report).expect("it can be encoded");
        serde_json::from_str(&text).expect("it can be decoded")
    };
    let serve = |from: usize| Raw::scripts(bodies[from..].iter().map(json).collect());

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
    assert_eq!(server.asked().len(), 5);

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
    assert_eq!(server.asked().len(), 1);

    // It was over, and was published again.
    let server = Raw::scripts(vec![status("running"), status("failed")]);
    let resumed = watch(server.url()).resume_from(seen(10));
    assert_eq!(
        events(resumed).await,
        ["running: ", "failed: ", "failed: failed"]
    );
}

#[tokio::test]
async fn dropping_it_cancels_it() {
    // In the middle of a poll.
    let server = Raw::scripts(vec![vec![Stall]]);
    let mut waiting = watch(server.url()).start();
    tokio::select! {
        event = waiting.next_event() => panic!("{event:?}"),
        () = guarded("first poll", until(|| server.under_way() == 1)) => {}
    }
    drop(waiting);
    guarded("cancelled", until(|| server.under_way() == 0)).await;
    assert_eq!(server.asked().len(), 1);

    // Between two polls, and while it is awaited in a task.
    let server = Raw::scripts(vec![status("running")]);
    let waiting = watch(server.url());
    let task = tokio::spawn(async move { waiting.await.map(|ended: WatchResult| ended.outcome) });
    guarded("polls", until(|| server.asked().len() >= 3)).await;
    task.abort();
    assert!(task.await.is_err_and(|error| error.is_cancelled()));
    let asked = server.asked().len();
    tokio::time::sleep(Duration::from_millis(200)).await;
    // One can have been on its way.
    assert!(server.asked().len() <= asked + 1);
}

async fn until(holds: impl Fn() -> bool) {
    while !holds() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_token_that_cant_be_had_for_a_while_doesnt_end_a_wait() {
    // Each token has ended by the next poll; of the second client, the second fetch fails and the third has a token again.
    let server = Raw::scripts(vec![status("running"), status("succeeded")]);
    let client = |fails: u32| {
        let fetches = AtomicU32::new(0);
        let credential = Credential::provider(move || {
            let number = fetches.fetch_add(1, Ordering::Relaxed) + 1;
            async move {
                if number == fails {
                    return Err("the sign-in endpoint is away".into());
                }
                Ok(AccessToken::new("made-up").expires_in(Duration::from_millis(20)))
            }
        });
        let builder = Client::builder()
            .endpoint(server.url())
            .credential(credential);
        let client = builder.build().expect("a good configuration");
        let watch = client.watch("contoso", "linux-vm");
        watch
            .expect("good identifiers")
            .interval(Duration::from_millis(60))
    };
    // Before there was any answer, it is a mistake in the configuration.
    assert_eq!(events(client(1)).await, ["error: None"]);
    assert_eq!(
        events(client(2)).await,
        [
            "running: ",
            "poll failed: None",
            "succeeded: ",
            "succeeded: succeeded"
        ]
    );
}
