//! The timeout, the interval and `Retry-After` of a watch of one offer.

use std::time::Duration;

use crate::support::error_checks::with_timeout;
use crate::support::scripted_server::Step::Stall;
use crate::support::scripted_server::{ScriptedServer, response};
use crate::support::watch::{describe, error_response, events, status_response, watch};
use cloud_partner_portal::types::OfferStatusReport;
use cloud_partner_portal::{Outcome, WatchEvent};

#[tokio::test]
async fn a_timeout_is_an_outcome() {
    let time = Duration::from_millis(500);
    let failed = "poll failed: Some(500)";
    for (name, script, last) in [
        ("running", status_response("running"), "timedOut: running"),
        ("no answer", vec![Stall], "timedOut: no report"),
        ("failing", error_response(500), "timedOut: no report"),
    ] {
        let server = ScriptedServer::scripts(vec![script]);
        let mut told = events(watch(server.url()).timeout(time)).await;
        assert_eq!(told.pop().as_deref(), Some(last), "{name}");
        told.dedup();
        let expected = match name {
            "running" => vec!["running: "],
            "failing" => vec![failed],
            _ => vec![],
        };
        assert_eq!(told, expected, "{name}");
        let ended = with_timeout(name, watch(server.url()).timeout(time)).await;
        assert_eq!(
            ended.expect("no error").outcome,
            Outcome::TimedOut,
            "{name}"
        );
    }
    // What was known before is what is known at the end.
    let server = ScriptedServer::scripts(vec![vec![Stall]]);
    let watch = watch(server.url()).timeout(time);
    let mut report = OfferStatusReport::default();
    report.status = cloud_partner_portal::types::OfferStatus::Running.into();
    let ended = with_timeout("resumed", watch.resume_from(report));
    assert_eq!(
        describe(&WatchEvent::Ended(ended.await)),
        "timedOut: running"
    );
}

#[tokio::test]
async fn the_service_says_when_to_poll_next() {
    let later = [("retry-after", "1")];
    for (name, first) in [
        ("report", response(200, &later, r#"{"status":"running"}"#)),
        ("failure", response(503, &later, "")),
    ] {
        let server = ScriptedServer::scripts(vec![first, status_response("succeeded")]);
        with_timeout(name, watch(server.url()))
            .await
            .expect("an outcome");
        let asked = server.requests();
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
            response(200, &headers, r#"{"status":"running"}"#),
            response(503, &headers, ""),
        ] {
            let server = ScriptedServer::scripts(vec![first, status_response("succeeded")]);
            let watch = watch(server.url()).timeout(Duration::from_millis(200));
            let ended = with_timeout(for_ever, watch).await.expect("no error");
            assert_eq!(ended.outcome, Outcome::TimedOut, "{for_ever}");
            assert_eq!(server.requests().len(), 1, "{for_ever}");
        }
    }
}

#[tokio::test]
async fn polls_keep_their_interval() {
    let server = ScriptedServer::scripts(vec![
        status_response("running"),
        status_response("running"),
        error_response(500),
        status_response("succeeded"),
    ]);
    let interval = Duration::from_millis(100);
    let watch = watch(server.url()).interval(interval);
    with_timeout("interval", watch).await.expect("an outcome");
    let asked = server.requests();
    assert_eq!(asked.len(), 4);
    for pair in asked.windows(2) {
        let waited = pair[1].when - pair[0].when;
        assert!(waited >= interval, "only {waited:?}");
    }
    // The longest interval that can be said.
    let server = ScriptedServer::scripts(vec![status_response("running")]);
    let watch = self::watch(server.url())
        .interval(Duration::MAX)
        .timeout(interval);
    assert_eq!(events(watch).await, ["running: ", "timedOut: running"]);
}

#[tokio::test]
async fn a_long_wait_that_the_service_asks_for_is_capped_and_reported() {
    let headers = [("retry-after", "86400")];
    for (name, first) in [
        ("report", response(200, &headers, r#"{"status":"running"}"#)),
        ("failure", response(503, &headers, "")),
    ] {
        let server = ScriptedServer::scripts(vec![first]);
        let mut watch = watch(server.url()).start();
        let event = with_timeout(name, watch.next_event()).await;
        match event {
            Some(WatchEvent::Changed(_)) => assert_eq!(name, "report"),
            Some(WatchEvent::PollFailed(error)) => {
                assert_eq!(name, "failure");
                assert_eq!(error.retry_after(), Some(Duration::from_secs(86_400)));
            }
            other => panic!("{name}: {other:?}"),
        }
        let Some(WatchEvent::Delayed(wait)) = with_timeout(name, watch.next_event()).await else {
            panic!("{name}: the wait isn't reported");
        };
        assert_eq!(wait, Duration::from_secs(3600), "{name}");
    }
}
