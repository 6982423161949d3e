//! Retries: which errors are retried, how often and when, as observed by the server.

use std::error::Error as _;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use crate::support::TOKEN;
use crate::support::error_checks::{check_displayed_text, with_timeout};
use crate::support::scripted_server::Step::{Repeat, Reset, Send, Stall, Wait};
use crate::support::scripted_server::{ScriptedServer, Step, json_response, response};
use cloud_partner_portal::{Client, ClientBuilder, Credential, Error, RetryPolicy};

fn builder(endpoint: impl Into<String>, retry: RetryPolicy) -> ClientBuilder {
    Client::builder()
        .endpoint(endpoint)
        .credential(Credential::token(TOKEN).expect("a valid token"))
        .attempt_timeout(Duration::from_secs(20))
        .response_limit(100_000)
        .retry(retry)
}

fn client(server: &ScriptedServer, retry: RetryPolicy) -> Client {
    build(builder(server.url(), retry))
}

fn build(builder: ClientBuilder) -> Client {
    builder.build().expect("a valid configuration")
}

/// Returns a policy with this maximum number of attempts and a backoff of 1 ms.
fn attempts(number: u32) -> RetryPolicy {
    RetryPolicy::default()
        .max_attempts(number)
        .initial_backoff(Duration::from_millis(1))
}

/// Lists the offers and returns the number of attempts.
async fn list(client: &Client, case: &str) -> Result<u32, Error> {
    let response = with_timeout(case, client.list_offers("contoso")).await;
    if let Err(error) = &response {
        check_displayed_text(case, error);
    }
    response.map(|offers| offers.attempts())
}

fn send(text: &str) -> Step {
    Send(text.as_bytes().to_vec())
}

fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

fn empty(status: u16) -> Vec<Step> {
    response(status, &[], "")
}

/// The timeout of tests in which the server doesn't complete a response.
const SHORT: Duration = Duration::from_secs(1);

#[tokio::test]
async fn retries_transient_errors() {
    let interval = Duration::from_millis(20);
    let rows: Vec<(&str, Vec<Step>)> = vec![
        ("408", empty(408)),
        ("429", empty(429)),
        (
            "429 with retry-after",
            response(429, &[("retry-after", "0")], ""),
        ),
        ("500", empty(500)),
        ("502", empty(502)),
        (
            "503",
            response(503, &[("content-type", "text/html")], "<html>"),
        ),
        ("504", empty(504)),
        ("507", empty(507)),
        ("599", empty(599)),
        ("closed", vec![]),
        ("reset", vec![Reset]),
        (
            "reset in the body",
            vec![
                send("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n["),
                Wait(interval),
                Reset,
            ],
        ),
        (
            "truncated",
            vec![send("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n[")],
        ),
        ("invalid HTTP", vec![send("nonsense\r\n\r\n")]),
        ("no response", vec![Stall]),
        (
            "endless body",
            vec![
                send("HTTP/1.1 200 OK\r\ncontent-length: 99999\r\n\r\n["),
                Repeat(vec![b' '], interval),
            ],
        ),
    ];
    for (name, fault) in rows {
        let server = ScriptedServer::scripts(vec![fault, json_response("[]")]);
        let client = build(builder(server.url(), attempts(3)).attempt_timeout(SHORT));
        let attempts = list(&client, name).await;
        assert_eq!(attempts.map_err(|error| error.to_string()), Ok(2), "{name}");
        assert_eq!(server.requests().len(), 2, "{name}");
    }
}

#[tokio::test]
async fn doesnt_retry_permanent_errors() {
    let html = [("content-type", "text/html")];
    let rows: Vec<(&str, Vec<Step>, Option<u16>)> = vec![
        ("400", empty(400), Some(400)),
        ("401 with a fixed token", empty(401), Some(401)),
        ("403", empty(403), Some(403)),
        ("404", empty(404), Some(404)),
        ("409", empty(409), Some(409)),
        ("410", empty(410), Some(410)),
        ("422", empty(422), Some(422)),
        (
            "400 with retry-after",
            response(400, &[("retry-after", "0")], ""),
            Some(400),
        ),
        ("301", response(301, &[("location", "/")], ""), Some(301)),
        ("307", response(307, &[("location", "/")], ""), Some(307)),
        ("600", empty(600), Some(600)),
        ("204", vec![send("HTTP/1.1 204 No\r\n\r\n")], Some(204)),
        ("HTML", response(200, &html, "<html>"), Some(200)),
        ("object instead of a list", json_response("{}"), Some(200)),
        ("truncated JSON", json_response("["), Some(200)),
        ("empty", json_response(""), Some(200)),
        ("too large", json_response(" ".repeat(100_001)), Some(200)),
        (
            "404 with a stalled body",
            vec![send("HTTP/1.1 404 No\r\ncontent-length: 9\r\n\r\n["), Stall],
            Some(404),
        ),
    ];
    for (name, fault, status) in rows {
        let server = ScriptedServer::scripts(vec![fault, json_response("[]")]);
        let client = build(builder(server.url(), attempts(3)).attempt_timeout(SHORT));
        let error = list(&client, name).await.expect_err(name);
        assert_eq!((error.status(), error.attempts()), (status, 1), "{name}");
        assert!(!error.is_retryable(), "{name}: {error}");
        assert_eq!(server.requests().len(), 1, "{name}");
    }
}

#[tokio::test]
async fn retries_different_errors_in_sequence() {
    let server = ScriptedServer::scripts(vec![
        empty(503),
        vec![Reset],
        empty(429),
        vec![Stall],
        empty(500),
        json_response("[]"),
    ]);
    let client = build(builder(server.url(), attempts(6)).attempt_timeout(SHORT));
    assert_eq!(list(&client, "faults").await.expect("a list"), 6);
    assert_eq!(server.requests().len(), 6);
}

#[tokio::test]
async fn stops_after_the_maximum_number_of_attempts() {
    for (policy, expected) in [
        (attempts(4), 4),
        (attempts(1), 1),
        (attempts(0), 1),
        (RetryPolicy::disabled(), 1),
    ] {
        let server = ScriptedServer::scripts(vec![vec![Reset], empty(503)]);
        let error = list(&client(&server, policy), "bounded")
            .await
            .expect_err("an error");
        assert_eq!(error.attempts(), expected);
        assert_eq!(server.requests().len(), expected as usize);
        let expected_text = format!("after {expected} attempts");
        assert_eq!(
            error.to_string().contains(&expected_text),
            expected > 1,
            "{error}"
        );
        // The error is that of the last attempt.
        assert_eq!(error.status(), (expected > 1).then_some(503), "{error:?}");
    }
}

#[tokio::test]
async fn a_refused_connection_counts_as_an_attempt() {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
        .port();
    let client = build(builder(format!("http://127.0.0.1:{port}"), attempts(3)));
    let error = list(&client, "refused")
        .await
        .expect_err("a connection error");
    assert_eq!((error.is_connection(), error.attempts()), (true, 3));
}

#[tokio::test]
async fn returns_the_error_if_the_backoff_would_end_after_the_call_timeout() {
    let hour = "3600";
    let date = "Mon, 01 Jan 2035 00:00:00 GMT";
    let maximum = "18446744073709551615";
    for (retry_after, initial_backoff) in [
        (Some(hour), Duration::ZERO),
        (Some(date), Duration::ZERO),
        (Some(maximum), Duration::ZERO),
        (None, seconds(3600)),
    ] {
        let case = format!("{retry_after:?} {initial_backoff:?}");
        let headers: Vec<_> = retry_after
            .map(|time| ("retry-after", time))
            .into_iter()
            .collect();
        let server =
            ScriptedServer::scripts(vec![response(503, &headers, ""), json_response("[]")]);
        let retry = RetryPolicy::default()
            .initial_backoff(initial_backoff)
            .max_backoff(initial_backoff);
        // Longer than the 60 seconds after which the test would fail.
        let client = build(builder(server.url(), retry).call_timeout(seconds(600)));
        let error = list(&client, &case).await.expect_err(&case);
        assert_eq!((error.status(), error.attempts()), (Some(503), 1), "{case}");
        assert!(!error.is_timeout() && error.is_retryable(), "{case}");
        assert_eq!(
            error.retry_after().is_some(),
            retry_after.is_some(),
            "{case}"
        );
        assert_eq!(server.requests().len(), 1, "{case}");
    }
}

#[tokio::test]
async fn the_call_timeout_ends_a_call_with_the_error_of_the_last_attempt() {
    let stalls = |head: &str| vec![send(head), Stall];
    let partial = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n[";
    let forbidden = "HTTP/1.1 403 No\r\ncontent-length: 9\r\n\r\nNo";
    let cases: Vec<Case> = vec![
        ("no response", vec![stalls("")], None, 1, None),
        ("endless body", vec![stalls(partial)], Some(200), 1, None),
        (
            "503, then no response",
            vec![empty(503), stalls("")],
            None,
            2,
            Some(503),
        ),
        (
            "500, then an endless body",
            vec![empty(500), stalls(partial)],
            Some(200),
            2,
            Some(500),
        ),
        (
            "500, then 403",
            vec![empty(500), stalls(forbidden)],
            Some(403),
            2,
            Some(500),
        ),
    ];
    let cases: Vec<_> = cases
        .into_iter()
        .map(|case| tokio::spawn(check_call_timeout(case)))
        .collect();
    for case in cases {
        case.await.expect("the case passes");
    }
}

/// The name, the scripts of the server, and the expected status code, number of attempts and status code of the previous error.
type Case = (&'static str, Vec<Vec<Step>>, Option<u16>, u32, Option<u16>);

async fn check_call_timeout((name, scripts, status, expected_attempts, previous): Case) {
    let server = ScriptedServer::scripts(scripts);
    let client = build(builder(server.url(), attempts(5)).call_timeout(SHORT));
    let error = list(&client, name).await.expect_err(name);
    assert_eq!(error.status(), status, "{name}: {error:?}");
    assert_eq!(error.attempts(), expected_attempts, "{name}: {error:?}");
    assert_eq!(error.is_timeout(), status != Some(403), "{name}: {error:?}");
    let has_timeout_message = error.to_string().contains("the call timed out after 1 s");
    assert_eq!(has_timeout_message, status != Some(403), "{name}: {error}");
    let source = error.source().and_then(|source| source.downcast_ref());
    assert_eq!(
        source.and_then(Error::status),
        previous,
        "{name}: {error:?}"
    );
}

#[tokio::test]
async fn waits_for_retry_after_if_it_is_longer_than_the_backoff() {
    let initial_backoff = Duration::from_millis(100);
    for (retry_after, minimum) in [
        // Longer than the backoff of the policy.
        (Some("1"), seconds(1)),
        // Shorter than the backoff, in the past or invalid: the backoff applies.
        (Some("0"), initial_backoff),
        (Some("Fri, 01 Jan 2010 00:00:00 GMT"), initial_backoff),
        (Some("soon"), initial_backoff),
        (None, initial_backoff),
    ] {
        for status in [429, 503] {
            let case = format!("{status} {retry_after:?}");
            let headers: Vec<_> = retry_after
                .map(|time| ("retry-after", time))
                .into_iter()
                .collect();
            let server =
                ScriptedServer::scripts(vec![response(status, &headers, ""), json_response("[]")]);
            let client = client(
                &server,
                RetryPolicy::default().initial_backoff(initial_backoff),
            );
            assert_eq!(list(&client, &case).await.expect("a list"), 2, "{case}");
            let waited = intervals(&server)[0];
            assert!(waited >= minimum, "{case}: waited only {waited:?}");
        }
    }
}

/// Returns the intervals between consecutive requests.
fn intervals(server: &ScriptedServer) -> Vec<Duration> {
    let times: Vec<Instant> = server
        .requests()
        .iter()
        .map(|request| request.when)
        .collect();
    times.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[tokio::test]
async fn waits_for_a_retry_after_date() {
    let date = Arc::new(OnceLock::new());
    let early = Arc::new(AtomicUsize::new(0));
    let server = {
        let (date, early) = (Arc::clone(&date), Arc::clone(&early));
        ScriptedServer::start(move |request| {
            if request.number == 0 {
                // A date has a resolution of one second, so this date is between one and two seconds in the future.
                let text = httpdate::fmt_http_date(SystemTime::now() + seconds(2));
                let sent = httpdate::parse_http_date(&text).expect("a date");
                date.set(sent).expect("the first request");
                return response(429, &[("retry-after", &text)], "");
            }
            if date.get().is_none_or(|date| SystemTime::now() < *date) {
                early.fetch_add(1, Ordering::SeqCst);
            }
            json_response("[]")
        })
    };
    assert_eq!(
        list(&client(&server, attempts(3)), "date")
            .await
            .expect("a list"),
        2
    );
    assert_eq!(
        early.load(Ordering::SeqCst),
        0,
        "a request was sent before the date"
    );
}

#[tokio::test]
async fn the_backoff_doubles_up_to_the_maximum_backoff() {
    let server = ScriptedServer::scripts(vec![empty(500)]);
    let policy = RetryPolicy::default()
        .max_attempts(5)
        .initial_backoff(Duration::from_millis(50))
        .max_backoff(Duration::from_millis(150));
    let error = list(&client(&server, policy), "backoff").await;
    assert_eq!(error.map_err(|error| error.attempts()), Err(5));
    let intervals = intervals(&server);
    for (interval, minimum) in intervals.iter().zip([50, 100, 150, 150]) {
        assert!(*interval >= Duration::from_millis(minimum), "{intervals:?}");
    }
}

#[tokio::test]
async fn the_backoff_is_never_longer_than_the_maximum_backoff() {
    let server = ScriptedServer::scripts(vec![empty(500), json_response("[]")]);
    let policy = RetryPolicy::default()
        .initial_backoff(seconds(3600))
        .max_backoff(Duration::from_millis(10));
    assert_eq!(
        list(&client(&server, policy), "maximum backoff")
            .await
            .expect("a list"),
        2
    );
}
