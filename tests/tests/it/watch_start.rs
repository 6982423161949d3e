//! Watches that wait for a publication that starts after an earlier report.

use std::time::Duration;

use crate::support::error_checks::with_timeout;
use crate::support::scripted_server::Step::Stall;
use crate::support::scripted_server::{ScriptedServer, Step, json_response};
use crate::support::watch::{events, status_response, watch};
use cloud_partner_portal::types::OfferStatusReport;
use cloud_partner_portal::{Outcome, Until};

fn report(report: &str) -> OfferStatusReport {
    serde_json::from_str(report).expect("a report")
}

const EARLIER: &str = r#"{"status":"succeeded","messages":[{"timestamp":"2024-05-01T10:00:00Z"}]}"#;

/// Returns the earlier outcome twice, then a new publication that runs and fails.
fn old_then_failed() -> Vec<Vec<Step>> {
    vec![
        json_response(EARLIER),
        json_response(EARLIER),
        status_response("running"),
        status_response("failed"),
    ]
}

#[tokio::test]
async fn the_outcome_of_an_earlier_publication_is_ignored() {
    let server = ScriptedServer::scripts(old_then_failed());
    let result = with_timeout("without an earlier report", watch(server.url())).await;
    assert_eq!(result.expect("no error").outcome, Outcome::Succeeded);

    let server = ScriptedServer::scripts(old_then_failed());
    assert_eq!(
        events(watch(server.url()).after(report(EARLIER))).await,
        ["succeeded: ", "running: ", "failed: ", "failed: failed"]
    );
    assert_eq!(server.requests().len(), 4);
}

#[tokio::test]
async fn newer_messages_indicate_a_publication_that_ended_between_two_polls() {
    let newer = r#"{"status":"failed","messages":[{"timestamp":"2024-05-01T12:00:00Z"}]}"#;
    // The same messages, with a link that was added later.
    let with_link = r#"{"status":"succeeded","liveLinks":[{"uri":"https://example.com"}],"messages":[{"timestamp":"2024-05-01T10:00:00Z"}]}"#;
    let server = ScriptedServer::scripts(vec![
        json_response(EARLIER),
        json_response(with_link),
        json_response(newer),
    ]);
    let result = with_timeout("newer", watch(server.url()).after(report(EARLIER))).await;
    assert_eq!(result.expect("no error").outcome, Outcome::Failed);
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn the_start_timeout_ends_a_watch_whose_publication_doesnt_start() {
    let time = Duration::from_millis(300);
    for (name, scripts, last) in [
        (
            "old outcome",
            vec![json_response(EARLIER)],
            "notStarted: succeeded",
        ),
        (
            "another outcome",
            vec![status_response("failed")],
            "notStarted: failed",
        ),
        ("no response", vec![vec![Stall]], "notStarted: no report"),
        (
            "old outcome, then no response",
            vec![json_response(EARLIER), vec![Stall]],
            "notStarted: succeeded",
        ),
    ] {
        let server = ScriptedServer::scripts(scripts);
        let watch = watch(server.url())
            .after(report(EARLIER))
            .start_timeout(time);
        let reported = events(watch).await;
        assert_eq!(reported.last().map(String::as_str), Some(last), "{name}");
    }
    // Without an earlier report, there is no start timeout.
    let server = ScriptedServer::scripts(vec![status_response("notStarted")]);
    let watch = watch(server.url())
        .start_timeout(Duration::ZERO)
        .timeout(time);
    let result = with_timeout("no earlier report", watch).await;
    assert_eq!(result.expect("no error").outcome, Outcome::TimedOut);
}

#[tokio::test]
async fn until_selects_the_outcome_that_ends_the_watch() {
    for (until, expected) in [
        (Until::Outcome, Outcome::AwaitingGoLive),
        (Until::GoLive, Outcome::AwaitingGoLive),
        (Until::Live, Outcome::Succeeded),
    ] {
        let server = ScriptedServer::scripts(vec![
            status_response("running"),
            status_response("waitingForPublisherReview"),
            status_response("running"),
            status_response("succeeded"),
        ]);
        let result = with_timeout("until", watch(server.url()).until(until)).await;
        let result = result.expect("no error");
        assert_eq!(result.outcome, expected, "{until:?}");
        assert_eq!(result.outcome.is_success(), until == Until::Live);
    }
}
