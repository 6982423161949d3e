//! The timeout, the interval and `Retry-After` of a watch of one offer.

use std::time::Duration;

use crate::support::error_checks::with_timeout;
use crate::support::scripted_server::Step::Stall;
use crate::support::scripted_server::{ScriptedServer, response};
use crate::support::watch::{describe, error_response, events, status_response, watch};
use cloud_partner_portal::types::OfferStatusReport;
use cloud_partner_portal::{Outcome, WatchEvent};

#[tokio::test]
async fn a_watch_that_times_out_has_the_outcome_timed_out() {
    let time = Duration::from_millis(500);
    let poll_failed = "poll failed: Some(500)";
    for (name, script, last) in [
        ("running", status_response("running"), "timedOut: running"),
        ("no response", vec![Stall], "timedOut: no report"),
        ("error response", error_response(500), "timedOut: no report"),
    ] {
        let server = ScriptedServer::scripts(vec![script]);
        let mut reported = events(watch(server.url()).timeout(time)).await;
        assert_eq!(reported.pop().as_deref(), Some(last), "{name}");
        reported.dedup();
        let expected = match name {
            "running" => vec!["running: "],
            "error response" => vec![poll_failed],
            _ => vec![],
        };
        assert_eq!(reported, expected, "{name}");
        let ended = with_timeout(name, watch(server.url()).timeout(time)).await;
        assert_eq!(
            ended.expect("no error").outcome,
            Outcome::TimedOut,
            "{name}"
        );
    }
    // The result contains the report from which the watch resumed.
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
async fn retry_after_delays_the_next_poll() {
    let retry_after = [("retry-after", "1")];
    for (name, first) in [
        (
            "report",
            response(200, &retry_after, r#"{"status":"running"}"#),
        ),
        ("error response", response(503, &retry_after, "")),
    ] {
        let server = ScriptedServer::scripts(vec![first, status_response("succeeded")]);
        with_timeout(name, watch(server.url()))
            .await
            .expect("an outcome");
        let requests = server.requests();
        assert_eq!(requests.len(), 2, "{name}");
        let waited = requests[1].when - requests[0].when;
        assert!(
            waited >= Duration::from_secs(1),
            "{name}: waited only {waited:?}"
        );
    }
    // Values that exceed the range of a duration.
    for seconds in [
        "18446744073709551615",
        "99999999999999999999",
        "9999999999999",
    ] {
        let headers = [("retry-after", seconds)];
        for first in [
            response(200, &headers, r#"{"status":"running"}"#),
            response(503, &headers, ""),
        ] {
            let server = ScriptedServer::scripts(vec![first, status_response("succeeded")]);
            let watch = watch(server.url()).timeout(Duration::from_millis(200));
            let ended = with_timeout(seconds, watch).await.expect("no error");
            assert_eq!(ended.outcome, Outcome::TimedOut, "{seconds}");
            assert_eq!(server.requests().len(), 1, "{seconds}");
        }
    }
}

#[tokio::test]
async fn polls_are_at_least_one_interval_apart() {
    let server = ScriptedServer::scripts(vec![
        status_response("running"),
        status_response("running"),
        error_response(500),
        status_response("succeeded"),
    ]);
    let interval = Duration::from_millis(100);
    let watch = watch(server.url()).interval(interval);
    with_timeout("interval", watch).await.expect("an outcome");
    let requests = server.requests();
    assert_eq!(requests.len(), 4);
    for pair in requests.windows(2) {
        let waited = pair[1].when - pair[0].when;
        assert!(waited >= interval, "waited only {waited:?}");
    }
    // The maximum interval.
    let server = ScriptedServer::scripts(vec![status_response("running")]);
    let watch = self::watch(server.url())
        .interval(Duration::MAX)
        .timeout(interval);
    assert_eq!(events(watch).await, ["running: ", "timedOut: running"]);
}

#[tokio::test]
async fn a_retry_after_over_an_hour_is_capped_and_reported() {
    let headers = [("retry-after", "86400")];
    for (name, first) in [
        ("report", response(200, &headers, r#"{"status":"running"}"#)),
        ("error response", response(503, &headers, "")),
    ] {
        let server = ScriptedServer::scripts(vec![first]);
        let mut watch = watch(server.url()).start();
        let event = with_timeout(name, watch.next_event()).await;
        match event {
            Some(WatchEvent::Changed(_)) => assert_eq!(name, "report"),
            Some(WatchEvent::PollFailed(error)) => {
                assert_eq!(name, "error response");
                assert_eq!(error.retry_after(), Some(Duration::from_secs(86_400)));
            }
            other => panic!("{name}: {other:?}"),
        }
        let Some(WatchEvent::Delayed(wait)) = with_timeout(name, watch.next_event()).await else {
            panic!("{name}: no `Delayed` event");
        };
        assert_eq!(wait, Duration::from_secs(3600), "{name}");
    }
}
