//! What is tried again, how often and when, as the server sees it.

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
        .credential(Credential::token(TOKEN).expect("a good token"))
        .attempt_timeout(Duration::from_secs(20))
        .response_limit(100_000)
        .retry(retry)
}

fn client(server: &ScriptedServer, retry: RetryPolicy) -> Client {
    build(builder(server.url(), retry))
}

fn build(builder: ClientBuilder) -> Client {
    builder.build().expect("a good configuration")
}

/// So many attempts, without a pause that would be felt.
fn attempts(number: u32) -> RetryPolicy {
    RetryPolicy::default()
        .max_attempts(number)
        .initial_backoff(Duration::from_millis(1))
}

/// How many attempts it took to succeed.
async fn list(client: &Client, said: &str) -> Result<u32, Error> {
    let answer = with_timeout(said, client.list_offers("contoso")).await;
    if let Err(error) = &answer {
        check_displayed_text(said, error);
    }
    answer.map(|offers| offers.attempts())
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

/// What takes longer than the time that these tests give an attempt.
const SHORT: Duration = Duration::from_secs(1);

#[tokio::test]
async fn what_can_pass_is_tried_again() {
    let slowly = Duration::from_millis(20);
    let rows: Vec<(&str, Vec<Step>)> = vec![
        ("408", empty(408)),
        ("429", empty(429)),
        (
            "429 with a time",
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
                Wait(slowly),
                Reset,
            ],
        ),
        (
            "cut short",
            vec![send("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n[")],
        ),
        ("nonsense", vec![send("nonsense\r\n\r\n")]),
        ("no answer", vec![Stall]),
        (
            "no end",
            vec![
                send("HTTP/1.1 200 OK\r\ncontent-length: 99999\r\n\r\n["),
                Repeat(vec![b' '], slowly),
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
async fn nothing_else_is_tried_again() {
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
            "400 that says when",
            response(400, &[("retry-after", "0")], ""),
            Some(400),
        ),
        ("301", response(301, &[("location", "/")], ""), Some(301)),
        ("307", response(307, &[("location", "/")], ""), Some(307)),
        ("600", empty(600), Some(600)),
        ("204", vec![send("HTTP/1.1 204 No\r\n\r\n")], Some(204)),
        ("HTML", response(200, &html, "<html>"), Some(200)),
        ("object for a list", json_response("{}"), Some(200)),
        ("no JSON", json_response("["), Some(200)),
        ("empty", json_response(""), Some(200)),
        ("too large", json_response(" ".repeat(100_001)), Some(200)),
        (
            "404 without an end",
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
async fn one_fault_after_the_other_is_survived() {
    let server = ScriptedServer::scripts(vec![
        empty(503),
        vec![Reset],
        empty(429),
        vec![Stall],
        empty(500),
        json_response("[]"),
    ]);
    let client = build(builder(server.url(), attempts(6)).attempt_timeout(SHORT));
    assert_eq!(list(&client, "faults").await.expect("it ends well"), 6);
    assert_eq!(server.requests().len(), 6);
}

#[tokio::test]
async fn the_number_of_attempts_is_bounded() {
    for (policy, expected) in [
        (attempts(4), 4),
        (attempts(1), 1),
        (attempts(0), 1),
        (RetryPolicy::disabled(), 1),
    ] {
        let server = ScriptedServer::scripts(vec![vec![Reset], empty(503)]);
        let error = list(&client(&server, policy), "bounded")
            .await
            .expect_err("it never ends well");
        assert_eq!(error.attempts(), expected);
        assert_eq!(server.requests().len(), expected as usize);
        let told = format!("after {expected} attempts");
        assert_eq!(error.to_string().contains(&told), expected > 1, "{error}");
        // The last failure counts, not the first.
        assert_eq!(error.status(), (expected > 1).then_some(503), "{error:?}");
    }
}

#[tokio::test]
async fn a_connection_that_is_refused_is_an_attempt() {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .expect("a port on this machine")
        .port();
    let client = build(builder(format!("http://127.0.0.1:{port}"), attempts(3)));
    let error = list(&client, "refused").await.expect_err("nobody listens");
    assert_eq!((error.is_connection(), error.attempts()), (true, 3));
}

/// When the next attempt would begin after the call's time, there is no use in waiting for it.
#[tokio::test]
async fn a_pause_that_is_longer_than_the_call_isnt_begun() {
    let hour = "3600";
    let date = "Mon, 01 Jan 2035 00:00:00 GMT";
    let for_ever = "18446744073709551615";
    for (retry_after, first_pause) in [
        (Some(hour), Duration::ZERO),
        (Some(date), Duration::ZERO),
        (Some(for_ever), Duration::ZERO),
        (None, seconds(3600)),
    ] {
        let said = format!("{retry_after:?} {first_pause:?}");
        let headers: Vec<_> = retry_after
            .map(|time| ("retry-after", time))
            .into_iter()
            .collect();
        let server =
            ScriptedServer::scripts(vec![response(503, &headers, ""), json_response("[]")]);
        let retry = RetryPolicy::default()
            .initial_backoff(first_pause)
            .max_backoff(first_pause);
        // Much longer than the guard.
        let client = build(builder(server.url(), retry).call_timeout(seconds(600)));
        let error = list(&client, &said).await.expect_err(&said);
        assert_eq!((error.status(), error.attempts()), (Some(503), 1), "{said}");
        assert!(!error.is_timeout() && error.is_retryable(), "{said}");
        assert_eq!(
            error.retry_after().is_some(),
            retry_after.is_some(),
            "{said}"
        );
        assert_eq!(server.requests().len(), 1, "{said}");
    }
}

#[tokio::test]
async fn the_time_of_a_call_is_bounded() {
    let stalls = |head: &str| vec![send(head), Stall];
    let begun = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n[";
    let refused = "HTTP/1.1 403 No\r\ncontent-length: 9\r\n\r\nNo";
    let rows: Vec<Bounded> = vec![
        ("no answer", vec![stalls("")], None, 1, None),
        ("no end", vec![stalls(begun)], Some(200), 1, None),
        (
            "no answer any more",
            vec![empty(503), stalls("")],
            None,
            2,
            Some(503),
        ),
        (
            "no end any more",
            vec![empty(500), stalls(begun)],
            Some(200),
            2,
            Some(500),
        ),
        (
            "refused at last",
            vec![empty(500), stalls(refused)],
            Some(403),
            2,
            Some(500),
        ),
    ];
    let rows: Vec<_> = rows
        .into_iter()
        .map(|row| tokio::spawn(bounded(row)))
        .collect();
    for row in rows {
        row.await.expect("the row holds");
    }
}

/// What the server does; the status, the attempts, and the status of the failure before the last.
type Bounded = (&'static str, Vec<Vec<Step>>, Option<u16>, u32, Option<u16>);

async fn bounded((name, scripts, status, attempted, before): Bounded) {
    let server = ScriptedServer::scripts(scripts);
    let client = build(builder(server.url(), attempts(5)).call_timeout(SHORT));
    let error = list(&client, name).await.expect_err(name);
    assert_eq!(error.status(), status, "{name}: {error:?}");
    assert_eq!(error.attempts(), attempted, "{name}: {error:?}");
    assert_eq!(error.is_timeout(), status != Some(403), "{name}: {error:?}");
    let said = error.to_string().contains("the call timed out after 1 s");
    assert_eq!(said, status != Some(403), "{name}: {error}");
    let source = error.source().and_then(|source| source.downcast_ref());
    assert_eq!(source.and_then(Error::status), before, "{name}: {error:?}");
}

#[tokio::test]
async fn the_service_says_when() {
    let first_pause = Duration::from_millis(100);
    for (retry_after, least) in [
        // Longer than the pause that the policy makes.
        (Some("1"), seconds(1)),
        // Shorter, past, or nonsense: the policy's own.
        (Some("0"), first_pause),
        (Some("Fri, 01 Jan 2010 00:00:00 GMT"), first_pause),
        (Some("soon"), first_pause),
        (None, first_pause),
    ] {
        for status in [429, 503] {
            let said = format!("{status} {retry_after:?}");
            let headers: Vec<_> = retry_after
                .map(|time| ("retry-after", time))
                .into_iter()
                .collect();
            let server =
                ScriptedServer::scripts(vec![response(status, &headers, ""), json_response("[]")]);
            let client = client(&server, RetryPolicy::default().initial_backoff(first_pause));
            assert_eq!(
                list(&client, &said).await.expect("it ends well"),
                2,
                "{said}"
            );
            let waited = pauses(&server)[0];
            assert!(waited >= least, "{said}: only {waited:?}");
        }
    }
}

/// The time between each request and the one before.
fn pauses(server: &ScriptedServer) -> Vec<Duration> {
    let times: Vec<Instant> = server.requests().iter().map(|asked| asked.when).collect();
    times.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[tokio::test]
async fn a_date_is_waited_for() {
    let date = Arc::new(OnceLock::new());
    let early = Arc::new(AtomicUsize::new(0));
    let server = {
        let (date, early) = (Arc::clone(&date), Arc::clone(&early));
        ScriptedServer::start(move |asked| {
            if asked.number == 0 {
                // Dates have whole seconds, so this is in one second at least, and in two at most.
                let text = httpdate::fmt_http_date(SystemTime::now() + seconds(2));
                let told = httpdate::parse_http_date(&text).expect("a date");
                date.set(told).expect("the first request");
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
    assert_eq!(early.load(Ordering::SeqCst), 0, "asked before the date");
}

#[tokio::test]
async fn pauses_double_up_to_the_longest() {
    let server = ScriptedServer::scripts(vec![empty(500)]);
    let policy = RetryPolicy::default()
        .max_attempts(5)
        .initial_backoff(Duration::from_millis(50))
        .max_backoff(Duration::from_millis(150));
    let error = list(&client(&server, policy), "pauses").await;
    assert_eq!(error.map_err(|error| error.attempts()), Err(5));
    let pauses = pauses(&server);
    for (pause, least) in pauses.iter().zip([50, 100, 150, 150]) {
        assert!(*pause >= Duration::from_millis(least), "{pauses:?}");
    }
}

#[tokio::test]
async fn no_pause_is_longer_than_the_longest() {
    let server = ScriptedServer::scripts(vec![empty(500), json_response("[]")]);
    let policy = RetryPolicy::default()
        .initial_backoff(seconds(3600))
        .max_backoff(Duration::from_millis(10));
    assert_eq!(
        list(&client(&server, policy), "longest")
            .await
            .expect("a list"),
        2
    );
}
