//! Tests calls to faulty and malicious servers, and retries. Most cases are in YAML tables. A case contains what the server sends, and the
//! expected result of the call.

mod case;

use std::net::Ipv4Addr;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use case::check_table;
use cloud_partner_portal::{AccessToken, Client, Credential, RetryPolicy};

use crate::support::error_checks::{
    SECRET, all_text, check_displayed_text, long_token, predicates, sources, with_timeout,
};
use crate::support::scripted_server::{ScriptedServer, json_response, response};
use crate::support::{TOKEN, build, client, refused_endpoint, retry, with_credential};

#[tokio::test]
async fn a_broken_or_slow_or_too_large_response_is_an_error() {
    check_table(include_str!("connections.yaml"), &long_token()).await;
}

#[tokio::test]
async fn a_response_other_than_2xx_is_an_error_with_its_status_code() {
    let other = ScriptedServer::scripts(vec![json_response("[]")]);
    let table = include_str!("error_responses.yaml").replace("<other server>", &other.url());
    check_table(&table, &long_token()).await;
    assert_eq!(other.requests().len(), 0, "a redirect was followed");
}

#[tokio::test]
async fn only_a_valid_body_is_decoded() {
    check_table(include_str!("successful_responses.yaml"), &long_token()).await;
}

#[tokio::test]
async fn the_maximum_number_of_attempts_and_the_call_timeout_limit_the_retries() {
    check_table(include_str!("retries.yaml"), &long_token()).await;
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
    let headers = [("x-ms-correlation-request-id", TOKEN)];
    let server = ScriptedServer::scripts(vec![response(200, &headers, "[]")]);
    let offers = client(server.url()).list_offers("contoso").await;
    let offers = offers.expect("a list");
    assert_eq!(offers.correlation_id(), Some("[redacted]"));
    assert!(!format!("{offers:?}").contains(SECRET));
}

#[tokio::test]
async fn a_token_that_is_invalid_in_a_header_is_an_error_before_any_request() {
    let server = ScriptedServer::scripts(vec![json_response("[]")]);
    let evil = "s3c\r\nx-evil: s3cret";
    for token in ["s3cret\n", " s3cret", evil, "s3cret\0", "s3cret-ü", ""] {
        let error = Credential::token(token).expect_err(token);
        assert_eq!(predicates(&error), ["invalid argument"], "{token:?}");
        check_displayed_text(token, &error);

        let credential = Credential::provider(move || async move { Ok(AccessToken::new(token)) });
        let client = with_credential(server.url(), credential);
        let error = client.list_offers("contoso").await.expect_err(token);
        assert_eq!(predicates(&error), ["credential"], "{token:?}: {error:?}");
        assert_eq!((error.status(), error.attempts()), (None, 0), "{token:?}");
        assert!(all_text(&error).contains("the token that was fetched"));
        check_displayed_text(token, &error);
    }
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn an_invalid_optional_string_is_decoded_as_none() {
    let body = r#"{"status":null,"notificationEmails":"x\ud83d","steps":[{"id":"a","stepName":"\ud83d"}]}"#;
    let server = ScriptedServer::scripts(vec![json_response(body)]);
    let report = client(server.url()).get_offer_status("contoso", "a").await;
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
        let error = client(server.url()).list_offers("contoso").await;
        let error = error.expect_err("a 429");
        let actual = error.retry_after().map(|wait| wait.as_secs());
        let is_expected = match seconds {
            Some(expected) => actual.is_some_and(|actual| expected.contains(&actual)),
            None => actual.is_none(),
        };
        assert!(is_expected, "{value}: {actual:?}");
        check_displayed_text(value, &error);
    }
}

#[tokio::test]
async fn a_call_waits_for_a_retry_after_date() {
    let date = OnceLock::new();
    let server = ScriptedServer::start(move |request| {
        if request.number > 0 {
            let is_early = date.get().is_none_or(|date| SystemTime::now() < *date);
            return json_response(if is_early { "too early" } else { "[]" });
        }
        // An HTTP date has no fraction of a second. Therefore, this date is between one and two seconds in the future.
        let text = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(2));
        let sent = httpdate::parse_http_date(&text).expect("a date");
        date.set(sent).expect("the first request");
        response(429, &[("retry-after", &text)], "")
    });
    let client = build(Client::builder().endpoint(server.url()));
    let offers = with_timeout("date", client.list_offers("contoso")).await;
    assert_eq!(offers.expect("a list").attempts(), 2);
}

#[tokio::test]
async fn the_sources_of_a_connection_error_contain_the_cause() {
    // By RFC 6761, no host has a name that ends with `.invalid`.
    let no_address = "https://nonexistent.invalid".to_owned();
    for (endpoint, cause) in [
        (refused_endpoint(), "Connection refused"),
        (no_address, "failed to lookup address"),
    ] {
        let http = reqwest::Client::builder().no_proxy();
        let client = Client::builder()
            .endpoint(endpoint)
            .http_client(http.build().expect("an HTTP client"))
            .retry(retry(2));
        let client = build(client);
        let error = with_timeout(cause, client.list_offers("contoso")).await;
        let error = error.expect_err("no server");
        assert_eq!(predicates(&error), ["connection", "retryable"], "{error:?}");
        assert_eq!((error.status(), error.attempts()), (None, 2));
        check_displayed_text(cause, &error);
        // The message doesn't repeat the messages of the sources.
        let message = error.to_string();
        let sources: Vec<_> = sources(&error).map(ToString::to_string).collect();
        let has_cause = sources.iter().any(|source| source.contains(cause));
        assert!(has_cause, "{sources:?}");
        let is_repeated = sources.iter().any(|source| message.contains(source));
        assert!(!is_repeated, "{message}: {sources:?}");
    }
}

/// The test fills the listener's queue. The operating system then leaves the client's connection attempt unanswered.
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
    let client = Client::builder()
        .endpoint(format!("http://{address}"))
        .connect_timeout(timeout)
        .retry(RetryPolicy::disabled());
    let error = with_timeout("full queue", build(client).list_offers("contoso")).await;
    let error = error.expect_err("no connection");
    assert_eq!(predicates(&error), ["connection", "retryable"], "{error:?}");
    assert_eq!((error.status(), error.attempts()), (None, 1));
}
