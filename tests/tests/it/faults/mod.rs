//! Faulty and malicious servers. The tables contain what the server sends and the expected result of the call.

use std::net::Ipv4Addr;
use std::time::{Duration, SystemTime};

use cloud_partner_portal::{AccessToken, Client, ClientBuilder, Credential, Error, RetryPolicy};
use serde::Deserialize;

use crate::support::error_checks::{
    SECRET, all_text, check_displayed_text, long_token, predicates, with_timeout,
};
use crate::support::script::{Script, table};
use crate::support::scripted_server::{ScriptedServer, json_response, response};
use crate::support::{TOKEN, refused_endpoint};

/// A case: what the server sends, and either the number of offers or the expected error.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    server: Script,
    offers: Option<usize>,
    /// The predicates of the error that are true. If `retryable` is one of them, the call makes two attempts, otherwise one.
    #[serde(default)]
    error: Vec<String>,
    /// The error's status code. It defaults to that of a complete response.
    status: Option<u16>,
    /// A part of the error's message.
    message: Option<String>,
}

impl Case {
    /// Returns the check of the case: a call with two attempts. The server and the client are started before the check, so that
    /// the timeouts of concurrent cases measure nothing else.
    fn check(self, token: &str) -> impl Future<Output = ()> + use<> {
        let steps = self.server.steps();
        let server = ScriptedServer::start(move |_| steps.clone());
        let seconds = if self.server.is_endless() { 1 } else { 20 };
        let retry = RetryPolicy::default().initial_backoff(Duration::ZERO);
        let client = client(server.url(), token)
            .attempt_timeout(Duration::from_secs(seconds))
            .retry(retry.max_attempts(2));
        let client = build(client);
        async move {
            let case = &*self.name;
            let result = list(&client, case).await;
            match (&result, self.offers) {
                (Err(error), None) => self.check_error(error),
                (Ok(offers), Some(expected)) => assert_eq!(*offers, expected, "{case}"),
                _ => panic!("{case}: {result:?}"),
            }
            assert_eq!(server.requests().len(), self.attempts() as usize, "{case}");
        }
    }

    fn attempts(&self) -> u32 {
        let is_retryable = self.error.iter().any(|predicate| predicate == "retryable");
        if is_retryable { 2 } else { 1 }
    }

    fn check_error(&self, error: &Error) {
        let case = &*self.name;
        let complete = self
            .server
            .status
            .or(self.server.json.is_some().then_some(200));
        assert_eq!(
            error.status(),
            self.status.or(complete),
            "{case}: {error:?}"
        );
        assert_eq!(predicates(error), self.error, "{case}: {error:?}");
        let message = self.message.as_deref().expect("an expected message");
        assert!(error.to_string().contains(message), "{case}: {error}");
        assert_eq!(error.attempts(), self.attempts(), "{case}");
        assert_eq!(error.operation(), Some("listOffers"), "{case}");
        check_displayed_text(case, error);
    }
}

fn client(endpoint: impl Into<String>, token: &str) -> ClientBuilder {
    Client::builder()
        .endpoint(endpoint)
        .credential(Credential::token(token).expect("a valid token"))
        .response_limit(100_000)
        .retry(RetryPolicy::disabled())
}

fn build(builder: ClientBuilder) -> Client {
    builder.build().expect("a valid configuration")
}

async fn list(client: &Client, case: &str) -> Result<usize, Error> {
    let offers = with_timeout(case, client.list_offers("contoso")).await?;
    Ok(offers.len())
}

/// Runs all cases of a table concurrently, and panics with the names of the cases that failed.
async fn check_table(yaml: &str, token: &str) {
    let cases: Vec<_> = table::<Case>(yaml)
        .into_iter()
        .map(|case| {
            let name = case.name.clone();
            (name, tokio::spawn(case.check(token)))
        })
        .collect();
    let mut failed = Vec::new();
    for (name, case) in cases {
        if case.await.is_err() {
            failed.push(name);
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

#[tokio::test]
async fn a_response_that_breaks_stalls_or_is_too_large_is_an_error() {
    check_table(include_str!("connections.yaml"), &long_token()).await;
}

#[tokio::test]
async fn an_error_response_keeps_its_status_code_and_a_redirect_is_not_followed() {
    let other = ScriptedServer::scripts(vec![json_response("[]")]);
    let table = include_str!("error_responses.yaml").replace("<other server>", &other.url());
    check_table(&table, &long_token()).await;
    assert_eq!(other.requests().len(), 0, "a redirect was followed");
}

#[tokio::test]
async fn a_successful_response_without_a_valid_list_is_a_decode_error() {
    check_table(include_str!("successful_responses.yaml"), &long_token()).await;
}

#[tokio::test]
async fn an_error_redacts_a_token_that_the_server_echoes() {
    for token in [TOKEN, &long_token()] {
        let escaped = token.chars().fold(String::new(), |text, letter| {
            text + &format!("\\u{:04x}", u32::from(letter))
        });
        let table = include_str!("tokens.yaml")
            .replace("<token>", token)
            .replace("<escaped token>", &escaped)
            .replace("<start of token>", &token[..token.len().min(40)]);
        check_table(&table, token).await;
    }
}

#[tokio::test]
async fn the_correlation_id_of_a_response_is_redacted_if_it_contains_the_token() {
    let token = long_token();
    let headers = [("x-ms-correlation-request-id", &*token)];
    let server = ScriptedServer::scripts(vec![response(200, &headers, "[]")]);
    let client = build(client(server.url(), &token));
    let offers = with_timeout("list", client.list_offers("contoso")).await;
    let offers = offers.expect("a list");
    assert_eq!(offers.correlation_id(), Some("[redacted]"));
    assert!(!format!("{offers:?}").contains(SECRET));
}

#[tokio::test]
async fn a_token_that_cant_be_sent_is_an_error_before_the_request() {
    let server = ScriptedServer::scripts(vec![json_response("[]")]);
    for token in [
        "s3cret\n",
        " s3cret",
        "s3c\r\nx-evil: s3cret",
        "s3cret\0",
        "s3cret-ü",
        "",
    ] {
        let error = Credential::token(token).expect_err(token);
        assert_eq!(predicates(&error), ["invalid argument"], "{token:?}");
        check_displayed_text(token, &error);

        let credential = Credential::provider(move || async move { Ok(AccessToken::new(token)) });
        let client = build(client(server.url(), "another").credential(credential));
        let error = list(&client, token).await.expect_err(token);
        assert_eq!(predicates(&error), ["credential"], "{token:?}: {error:?}");
        assert_eq!((error.status(), error.attempts()), (None, 0), "{token:?}");
        assert!(all_text(&error).contains("the token that was fetched"));
        check_displayed_text(token, &error);
    }
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn an_invalid_optional_string_is_none_and_the_other_properties_are_decoded() {
    let body = r#"{"status":null,"notificationEmails":"x\ud83d","steps":[{"id":"a","stepName":"\ud83d"}]}"#;
    let server = ScriptedServer::scripts(vec![json_response(body)]);
    let client = build(client(server.url(), TOKEN));
    let report = with_timeout("report", client.get_offer_status("contoso", "a")).await;
    let report = report.expect("a report");
    assert_eq!((report.status.as_str(), report.status.known()), ("", None));
    assert_eq!(report.notification_emails, None);
    let steps = report.steps();
    assert_eq!((steps.len(), steps[0].id.as_deref()), (1, Some("a")));
    assert_eq!(steps[0].step_name, None);
    // The raw body is unchanged, and `json` returns valid JSON.
    assert_eq!(report.raw_body(), body.as_bytes());
    let json = report.json().expect("JSON");
    assert_eq!(json["notificationEmails"], serde_json::Value::Null);
    assert_eq!(json["steps"][0]["id"], "a");
}

#[tokio::test]
async fn retry_after_is_parsed_in_every_format_that_http_allows() {
    let in_10_minutes = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(600));
    let years = 1..=40 * 365 * 24 * 3600;
    let maximum = u64::MAX..=u64::MAX;
    for (value, seconds) in [
        ("0", Some(0..=0)),
        ("120", Some(120..=120)),
        (&in_10_minutes, Some(540..=600)),
        ("Mon, 01 Jan 2018 00:00:00 GMT", Some(0..=0)),
        ("Mon, 01 Jan 2035 00:00:00 GMT", Some(years.clone())),
        ("Monday, 01-Jan-35 00:00:00 GMT", Some(years.clone())),
        ("Mon Jan  1 00:00:00 2035", Some(years)),
        ("18446744073709551615", Some(maximum.clone())),
        ("99999999999999999999999", Some(maximum)),
        ("-1", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        ("größer", None),
    ] {
        let server = ScriptedServer::scripts(vec![response(429, &[("retry-after", value)], "")]);
        let client = build(client(server.url(), TOKEN));
        let error = list(&client, value).await.expect_err("a 429");
        match (error.retry_after(), seconds) {
            (Some(actual), Some(expected)) => {
                assert!(expected.contains(&actual.as_secs()), "{value}: {actual:?}");
            }
            (actual, expected) => assert_eq!(actual.is_some(), expected.is_some(), "{value}"),
        }
        check_displayed_text(value, &error);
    }
}

#[tokio::test]
async fn a_refused_connection_is_a_connection_error() {
    let client = build(client(refused_endpoint(), &long_token()));
    let error = list(&client, "refused").await.expect_err("no server");
    assert_eq!(predicates(&error), ["connection", "retryable"], "{error:?}");
    assert_eq!((error.status(), error.attempts()), (None, 1));
    assert!(all_text(&error).contains("Connection refused"), "{error}");
    check_displayed_text("refused", &error);
}

/// The listener's queue is full, so the connection is neither accepted nor refused.
#[tokio::test]
async fn the_connect_timeout_ends_a_connection_attempt() {
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    let any_port = (Ipv4Addr::LOCALHOST, 0).into();
    socket.bind(any_port).expect("a free port");
    let address = socket.local_addr().expect("an address");
    let _listener = socket.listen(1).expect("a listener");
    let mut queue = Vec::new();
    let timeout = Duration::from_millis(200);
    while let Ok(stream) = std::net::TcpStream::connect_timeout(&address, timeout) {
        queue.push(stream);
        assert!(queue.len() < 100, "the listener's queue never becomes full");
    }
    let client = client(format!("http://{address}"), &long_token()).connect_timeout(timeout);
    let error = list(&build(client), "full queue")
        .await
        .expect_err("no connection");
    assert_eq!(predicates(&error), ["connection", "retryable"], "{error:?}");
    assert_eq!((error.status(), error.attempts()), (None, 1));
    check_displayed_text("full queue", &error);
}
