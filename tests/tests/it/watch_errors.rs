//! Watches of one offer with failed polls.

use std::error::Error as _;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::support::error_checks::with_timeout;
use crate::support::scripted_server::Step::{Reset, Stall};
use crate::support::scripted_server::{ScriptedServer, Step, response};
use crate::support::watch::{
    POLL_INTERVAL, describe, error_response, events, status_response, watch,
};
use cloud_partner_portal::{
    AccessToken, Client, Credential, Error, Outcome, RetryPolicy, WatchEvent,
};

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one table of cases")]
async fn a_failed_poll_is_reported_as_an_event_or_ends_the_watch() {
    let html = [("content-type", "text/html")];
    for (name, scripts, expected) in [
        (
            "transient errors",
            vec![
                error_response(503),
                vec![Reset],
                status_response("running"),
                error_response(429),
                error_response(500),
                vec![],
                status_response("succeeded"),
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
            "same status after a failed poll",
            vec![
                status_response("running"),
                error_response(502),
                status_response("running"),
                status_response("failed"),
            ],
            vec![
                "running: ",
                "poll failed: Some(502)",
                "failed: ",
                "failed: failed",
            ],
        ),
        (
            "not found",
            vec![error_response(404)],
            vec!["error: Some(404)"],
        ),
        (
            "forbidden",
            vec![
                status_response("running"),
                error_response(403),
                status_response("succeeded"),
            ],
            vec![
                "running: ",
                "poll failed: Some(403)",
                "succeeded: ",
                "succeeded: succeeded",
            ],
        ),
        (
            "unauthorized",
            vec![error_response(401)],
            vec!["error: Some(401)"],
        ),
        (
            "sign-in page",
            vec![
                status_response("running"),
                response(200, &html, "<html>"),
                status_response("failed"),
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
            vec![status_response("neverPublished")],
            vec!["neverPublished: ", "neverPublished: neverPublished"],
        ),
        (
            "unknown status",
            vec![
                status_response("paused"),
                status_response("Running"),
                status_response("SUCCEEDED"),
            ],
            vec![
                "paused: ",
                "Running: ",
                "SUCCEEDED: ",
                "succeeded: SUCCEEDED",
            ],
        ),
    ] {
        let requests = scripts.len();
        let server = ScriptedServer::scripts(scripts.clone());
        assert_eq!(events(watch(server.url())).await, expected, "{name}");
        assert_eq!(server.requests().len(), requests, "{name}");

        let server = ScriptedServer::scripts(scripts);
        let end = describe(&WatchEvent::Ended(
            with_timeout(name, watch(server.url())).await,
        ));
        assert_eq!(Some(&end.as_str()), expected.last(), "{name}");
    }
}

#[tokio::test]
async fn a_poll_is_one_request_independent_of_the_retry_policy() {
    let server = ScriptedServer::scripts(vec![
        error_response(503),
        error_response(503),
        status_response("succeeded"),
    ]);
    let client = crate::support::build(
        Client::builder()
            .endpoint(server.url())
            .retry(RetryPolicy::default().initial_backoff(POLL_INTERVAL)),
    );
    let watch = client
        .watch("contoso", "linux-vm")
        .expect("valid identifiers")
        .interval(POLL_INTERVAL);
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
async fn a_credential_error_after_the_first_response_doesnt_end_a_watch() {
    // Each token expires before the next poll. `fails` is the number of the call to the provider that returns an error.
    let server = ScriptedServer::scripts(vec![
        status_response("running"),
        status_response("succeeded"),
    ]);
    let client = |fails: u32| {
        let fetches = AtomicU32::new(0);
        let credential = Credential::provider(move || {
            let number = fetches.fetch_add(1, Ordering::Relaxed) + 1;
            async move {
                if number == fails {
                    return Err("the sign-in endpoint is unavailable".into());
                }
                Ok(AccessToken::new("made-up").expires_in(Duration::from_millis(20)))
            }
        });
        let builder = Client::builder()
            .endpoint(server.url())
            .credential(credential);
        let client = builder.build().expect("a valid configuration");
        let watch = client.watch("contoso", "linux-vm");
        watch
            .expect("valid identifiers")
            .interval(Duration::from_millis(60))
    };
    // Before the first response, a credential error indicates a wrong configuration and ends the watch.
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

/// Returns the messages of the error and its sources, one per line.
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push('\n');
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

/// Returns an error response with a correlation id.
fn error_response_with_id(status: u16, id: &str) -> Vec<Step> {
    response(status, &[("x-ms-correlation-request-id", id)], "")
}

#[tokio::test]
async fn a_refused_connection_is_reported_before_the_first_interval_ends() {
    // Nothing listens on this port. The interval is the default interval.
    let mut watch = watch("http://127.0.0.1:9".to_owned())
        .interval(Duration::from_secs(60))
        .tolerate(Duration::from_secs(2))
        .start();
    let started = Instant::now();
    let Some(WatchEvent::PollFailed(error)) = watch.next_event().await else {
        panic!("no error is reported");
    };
    assert!(started.elapsed() < Duration::from_secs(5));
    assert!(error.is_connection());
    let error = with_timeout("refused", watch)
        .await
        .expect_err("a connection error");
    assert!(error.is_connection());
    assert!(chain(&error).contains("refused"), "{}", chain(&error));
    assert!(started.elapsed() >= Duration::from_secs(2));
}

#[tokio::test]
async fn the_result_of_a_timeout_contains_the_errors_since_the_last_report() {
    let server = ScriptedServer::scripts(vec![
        error_response_with_id(500, "old"),
        status_response("running"),
        error_response_with_id(503, "one"),
        error_response_with_id(500, "two"),
        error_response_with_id(503, "three"),
        vec![Reset],
        vec![Stall],
    ]);
    let watch = watch(server.url()).timeout(Duration::from_secs(1));
    let result = with_timeout("timeout", watch).await.expect("a timeout");
    assert_eq!(result.outcome, Outcome::TimedOut);
    let report = result.report.expect("the last report");
    assert_eq!(report.status.as_str(), "running");
    let ids: Vec<_> = result.errors.iter().map(Error::correlation_id).collect();
    // The later 503 replaced the first one, because both have the same cause.
    assert_eq!(ids, [Some("two"), Some("three"), None]);
    let last = result.last_error.expect("the last error");
    assert!(last.is_retryable() && last.status().is_none(), "{last}");
    let chain = chain(&last);
    for (part, is_contained) in [
        ("two", true),
        ("three", true),
        ("one", false),
        ("old", false),
    ] {
        assert_eq!(chain.contains(part), is_contained, "{part}: {chain}");
    }
}

#[tokio::test]
async fn an_error_that_ends_a_watch_contains_the_errors_since_the_last_report() {
    let server = ScriptedServer::scripts(vec![
        status_response("running"),
        error_response_with_id(503, "one"),
        error_response_with_id(404, "two"),
        response(200, &[("content-type", "text/html")], "<html>"),
    ]);
    let watch = watch(server.url())
        .interval(Duration::from_millis(100))
        .tolerate(Duration::from_millis(500));
    let error = with_timeout("tolerated time", watch)
        .await
        .expect_err("an error");
    assert!(error.is_decode(), "{error}");
    let chain = chain(&error);
    assert!(chain.contains("one") && chain.contains("two"), "{chain}");
}

#[tokio::test]
async fn the_result_contains_at_most_eight_errors() {
    let mut scripts = vec![status_response("running")];
    scripts.extend((500..520).map(error_response));
    scripts.push(vec![Stall]);
    let server = ScriptedServer::scripts(scripts);
    let watch = watch(server.url()).timeout(Duration::from_secs(2));
    let result = with_timeout("timeout", watch).await.expect("a timeout");
    let codes: Vec<_> = result.errors.iter().filter_map(Error::status).collect();
    assert_eq!(codes, (512..520).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_watch_error_contains_the_401_if_no_new_token_is_fetched() {
    let server = ScriptedServer::scripts(vec![error_response_with_id(401, "rejected")]);
    let fetches = AtomicU32::new(0);
    let credential = Credential::provider(move || {
        let first = fetches.fetch_add(1, Ordering::Relaxed) == 0;
        async move {
            if first {
                return Ok(AccessToken::new("made-up"));
            }
            Err("the sign-in endpoint is unavailable".into())
        }
    });
    let client = Client::builder()
        .endpoint(server.url())
        .credential(credential)
        .build()
        .expect("a valid configuration");
    let watch = client
        .watch("contoso", "linux-vm")
        .expect("valid identifiers");
    let error = with_timeout("401", watch).await.expect_err("no token");
    let chain = chain(&error);
    for part in ["401", "rejected", "the sign-in endpoint is unavailable"] {
        assert!(chain.contains(part), "{part}: {chain}");
    }
}
