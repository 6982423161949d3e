//! Failures of all kinds, when to come back, and redirects.

use std::time::{Duration, SystemTime};

use cloud_partner_portal::RetryPolicy;

use super::rows::{BROKE, BROKEN, Failure, build, client, list, play, row, send};
use crate::support::error_checks::{check_displayed_text, long_token, predicates};
use crate::support::scripted_server::{ScriptedServer, json_response, response};

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one list of odd failures")]
async fn failures_of_all_kinds() {
    let text = [("content-type", "text/plain")];
    let trace = r#"{"Product": {"serviceName": "Product", "error": "Retry is OK.\r\n   at Contoso.Product.Get() in C:\\a.cs:line 7\r\n   at Contoso.Main()", "exceptionCode": "E7", "httpStatusCode": "InternalServerError"}}"#;
    let gateway = "<!DOCTYPE html>\r\n<html>\r\n<head><title>503 Service Temporarily\r\n Unavailable</title></head><body>…</body></html>";
    let rows = vec![
        row(
            "stack trace",
            response(500, &[("content-type", "application/json")], trace),
            Failure(
                Some(500),
                &["retryable"],
                "listOffers: 500 Internal Server Error: Retry is OK. (code E7)",
            ),
        ),
        row(
            "gateway's page",
            response(503, &[("content-type", "text/html")], gateway),
            Failure(
                Some(503),
                &["retryable"],
                "503 Service Unavailable: 503 Service Temporarily",
            ),
        ),
        row(
            "gateway's page that is cut short",
            [send(format!(
                "HTTP/1.1 503 \r\ncontent-length: 9000\r\n\r\n{gateway}"
            ))],
            Failure(Some(503), &["retryable"], "503 Service Temporarily"),
        ),
        row(
            "empty",
            response(502, &[], ""),
            Failure(Some(502), &["retryable"], "listOffers: 502 Bad Gateway"),
        ),
        row(
            "a terminal's colours",
            response(
                500,
                &text,
                "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31mred\u{8}\u{7f}",
            ),
            Failure(Some(500), &["retryable"], "[2J]0;owned31mred"),
        ),
        row(
            "a terminal's colours in JSON",
            response(
                400,
                &[],
                r#"{"error":{"code":"\u001b[31mC\r\n","message":"\r\n\u0000\u001b[2Jno\nyes"}}"#,
            ),
            Failure(Some(400), &[], "400 Bad Request: [2Jno (code [31mC)"),
        ),
        row(
            "text without end in one line",
            response(500, &text, "x".repeat(90_000)),
            Failure(Some(500), &["retryable"], "xxx…"),
        ),
        row(
            "nested 10,000 deep",
            response(500, &[], "{\"error\":".repeat(10_000)),
            Failure(Some(500), &["retryable"], "500 Internal Server Error"),
        ),
        row(
            "invalid UTF-8",
            response(500, &text, b"Stra\xdfe"),
            Failure(Some(500), &["retryable"], "Stra\u{fffd}e"),
        ),
        row(
            "list where an error was expected",
            response(400, &[], "[]"),
            Failure(Some(400), &[], "400 Bad Request"),
        ),
        row(
            "a status that nobody knows",
            response(999, &text, "odd"),
            Failure(Some(999), &[], "listOffers: 999: odd"),
        ),
        row(
            "other protocol",
            [send(
                "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
            )],
            Failure(Some(101), &[], "101 Switching Protocols"),
        ),
        row(
            "a status that can't be",
            [send("HTTP/1.1 42 Oh\r\n\r\n")],
            Failure(None, BROKEN, BROKE),
        ),
        row(
            "token that is refused",
            response(401, &[], r#"{"Message":"Authorization has been denied."}"#),
            Failure(
                Some(401),
                &["unauthorized"],
                "Authorization has been denied.",
            ),
        ),
        row(
            "forbidden",
            response(403, &[], r#"{"error":{"code":"Forbidden","message":""}}"#),
            Failure(Some(403), &["forbidden"], "403 Forbidden (code Forbidden)"),
        ),
        row(
            "header that isn't ASCII",
            response(404, &[("x-ms-correlation-request-id", "größe")], ""),
            Failure(Some(404), &["not found"], "listOffers: 404 Not Found"),
        ),
    ];
    play(rows, Duration::from_secs(20)).await;
}

#[tokio::test]
async fn retry_after_is_read_in_each_form() {
    let now = SystemTime::now();
    let formatted = httpdate::fmt_http_date;
    let soon = now + Duration::from_secs(600);
    let past = now - Duration::from_secs(600);
    // Monday, 01 Jan 2035 00:00:00, in the three forms that HTTP has for a date.
    let far = |least: u64| Some((least, least + 40 * 365 * 24 * 3600));
    let rows: Vec<(String, Option<(u64, u64)>)> = vec![
        ("0".to_owned(), Some((0, 0))),
        ("120".to_owned(), Some((120, 120))),
        (formatted(soon), Some((540, 600))),
        (formatted(past), Some((0, 0))),
        ("Mon, 01 Jan 2035 00:00:00 GMT".to_owned(), far(1)),
        ("Monday, 01-Jan-35 00:00:00 GMT".to_owned(), far(1)),
        ("Mon Jan  1 00:00:00 2035".to_owned(), far(1)),
        (
            "18446744073709551615".to_owned(),
            Some((u64::MAX, u64::MAX)),
        ),
        (
            "99999999999999999999999".to_owned(),
            Some((u64::MAX, u64::MAX)),
        ),
        ("-1".to_owned(), None),
        ("1.5".to_owned(), None),
        ("soon".to_owned(), None),
        (String::new(), None),
        ("größer".to_owned(), None),
    ];
    for (value, expected) in rows {
        let server = ScriptedServer::scripts(vec![response(429, &[("retry-after", &value)], "")]);
        let client = build(client(server.url(), &long_token()));
        let error = list(&client, &value).await.expect_err("it is a 429");
        assert_eq!(predicates(&error), ["retryable", "throttled"], "{value}");
        let seconds = error.retry_after().map(|time| time.as_secs());
        match (seconds, expected) {
            (Some(seconds), Some((least, most))) => {
                assert!((least..=most).contains(&seconds), "{value}: {seconds} s");
            }
            (seconds, expected) => assert_eq!(seconds.is_some(), expected.is_some(), "{value}"),
        }
        check_displayed_text(&value, &error);
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let other = ScriptedServer::scripts(vec![json_response("[]")]);
    for (status, location) in [
        (301, format!("{}/elsewhere", other.url())),
        (302, format!("{}/elsewhere", other.url())),
        (303, other.url().replace("http:", "")),
        (307, other.url()),
        (308, other.url()),
        (302, "/api/publishers/contoso/offers".to_owned()),
        (302, "?again".to_owned()),
        (302, "file:///etc/passwd".to_owned()),
        (302, "\\\\nonsense".to_owned()),
        (300, String::new()),
        (304, String::new()),
    ] {
        let said = format!("{status} to {location:?}");
        let place = location.clone();
        // To itself, again and again, for whoever follows.
        let server = ScriptedServer::start(move |_| response(status, &[("location", &place)], ""));
        let client = build(client(server.url(), &long_token()).retry(RetryPolicy::default()));
        let error = list(&client, &said).await.expect_err("it is a redirect");
        assert_eq!(error.status(), Some(status), "{said}");
        assert_eq!(predicates(&error), [""; 0], "{said}: {error:?}");
        assert!(error.to_string().contains("isn't followed"), "{error}");
        assert_eq!(server.requests().len(), 1, "{said}");
        check_displayed_text(&said, &error);
    }
    assert_eq!(other.requests().len(), 0, "somebody followed");
}
