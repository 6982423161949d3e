//! Error responses, `Retry-After` headers and redirects.

use std::time::{Duration, SystemTime};

use cloud_partner_portal::RetryPolicy;

use super::cases::{
    CONNECTION_BROKE, ExpectedError, RETRYABLE, build, case, check_cases, client, list, send,
};
use crate::support::error_checks::{check_displayed_text, long_token, predicates};
use crate::support::scripted_server::{ScriptedServer, json_response, response};

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one table of cases")]
async fn an_error_response_keeps_its_status_code_and_shows_one_line() {
    let text = [("content-type", "text/plain")];
    let trace = r#"{"Product": {"serviceName": "Product", "error": "Retry is OK.\r\n   at Contoso.Product.Get() in C:\\a.cs:line 7\r\n   at Contoso.Main()", "exceptionCode": "E7", "httpStatusCode": "InternalServerError"}}"#;
    let gateway = "<!DOCTYPE html>\r\n<html>\r\n<head><title>503 Service Temporarily\r\n Unavailable</title></head><body>…</body></html>";
    let cases = vec![
        case(
            "stack trace",
            response(500, &[("content-type", "application/json")], trace),
            ExpectedError(
                Some(500),
                &["retryable"],
                "listOffers: 500 Internal Server Error: Retry is OK. (code E7)",
            ),
        ),
        case(
            "HTML page of a gateway",
            response(503, &[("content-type", "text/html")], gateway),
            ExpectedError(
                Some(503),
                &["retryable"],
                "503 Service Unavailable: 503 Service Temporarily",
            ),
        ),
        case(
            "truncated HTML page of a gateway",
            [send(format!(
                "HTTP/1.1 503 \r\ncontent-length: 9000\r\n\r\n{gateway}"
            ))],
            ExpectedError(Some(503), &["retryable"], "503 Service Temporarily"),
        ),
        case(
            "empty",
            response(502, &[], ""),
            ExpectedError(Some(502), &["retryable"], "listOffers: 502 Bad Gateway"),
        ),
        case(
            "terminal escape sequences",
            response(
                500,
                &text,
                "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31mred\u{8}\u{7f}",
            ),
            ExpectedError(Some(500), &["retryable"], "[2J]0;owned31mred"),
        ),
        case(
            "terminal escape sequences in JSON",
            response(
                400,
                &[],
                r#"{"error":{"code":"\u001b[31mC\r\n","message":"\r\n\u0000\u001b[2Jno\nyes"}}"#,
            ),
            ExpectedError(Some(400), &[], "400 Bad Request: [2Jno (code [31mC)"),
        ),
        case(
            "very long line of text",
            response(500, &text, "x".repeat(90_000)),
            ExpectedError(Some(500), &["retryable"], "xxx…"),
        ),
        case(
            "nested 10,000 deep",
            response(500, &[], "{\"error\":".repeat(10_000)),
            ExpectedError(Some(500), &["retryable"], "500 Internal Server Error"),
        ),
        case(
            "invalid UTF-8",
            response(500, &text, b"Stra\xdfe"),
            ExpectedError(Some(500), &["retryable"], "Stra\u{fffd}e"),
        ),
        case(
            "list instead of an error object",
            response(400, &[], "[]"),
            ExpectedError(Some(400), &[], "400 Bad Request"),
        ),
        case(
            "unknown status code",
            response(999, &text, "odd"),
            ExpectedError(Some(999), &[], "listOffers: 999: odd"),
        ),
        case(
            "other protocol",
            [send(
                "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
            )],
            ExpectedError(Some(101), &[], "101 Switching Protocols"),
        ),
        case(
            "a status that can't be",
            [send("HTTP/1.1 42 Oh\r\n\r\n")],
            ExpectedError(None, RETRYABLE, CONNECTION_BROKE),
        ),
        case(
            "rejected token",
            response(401, &[], r#"{"Message":"Authorization has been denied."}"#),
            ExpectedError(
                Some(401),
                &["unauthorized"],
                "Authorization has been denied.",
            ),
        ),
        case(
            "forbidden",
            response(403, &[], r#"{"error":{"code":"Forbidden","message":""}}"#),
            ExpectedError(Some(403), &["forbidden"], "403 Forbidden (code Forbidden)"),
        ),
        case(
            "header that isn't ASCII",
            response(404, &[("x-ms-correlation-request-id", "größe")], ""),
            ExpectedError(Some(404), &["not found"], "listOffers: 404 Not Found"),
        ),
    ];
    check_cases(cases, Duration::from_secs(20)).await;
}

#[tokio::test]
async fn retry_after_is_parsed_in_every_format_that_http_allows() {
    let now = SystemTime::now();
    let formatted = httpdate::fmt_http_date;
    let soon = now + Duration::from_secs(600);
    let past = now - Duration::from_secs(600);
    // The same date in the three formats that HTTP allows.
    let far = |minimum: u64| Some((minimum, minimum + 40 * 365 * 24 * 3600));
    let cases: Vec<(String, Option<(u64, u64)>)> = vec![
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
    for (value, expected) in cases {
        let server = ScriptedServer::scripts(vec![response(429, &[("retry-after", &value)], "")]);
        let client = build(client(server.url(), &long_token()));
        let error = list(&client, &value).await.expect_err("a 429");
        assert_eq!(predicates(&error), ["retryable", "throttled"], "{value}");
        let seconds = error.retry_after().map(|time| time.as_secs());
        match (seconds, expected) {
            (Some(seconds), Some((minimum, maximum))) => {
                assert!(
                    (minimum..=maximum).contains(&seconds),
                    "{value}: {seconds} s"
                );
            }
            (seconds, expected) => assert_eq!(seconds.is_some(), expected.is_some(), "{value}"),
        }
        check_displayed_text(&value, &error);
    }
}

#[tokio::test]
async fn a_redirect_is_an_error_and_is_not_followed() {
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
        let case = format!("{status} to {location:?}");
        let place = location.clone();
        // A client that follows the redirect would be redirected again and again.
        let server = ScriptedServer::start(move |_| response(status, &[("location", &place)], ""));
        let client = build(client(server.url(), &long_token()).retry(RetryPolicy::default()));
        let error = list(&client, &case).await.expect_err("a redirect");
        assert_eq!(error.status(), Some(status), "{case}");
        assert_eq!(predicates(&error), [""; 0], "{case}: {error:?}");
        assert!(error.to_string().contains("isn't followed"), "{error}");
        assert_eq!(server.requests().len(), 1, "{case}");
        check_displayed_text(&case, &error);
    }
    assert_eq!(other.requests().len(), 0, "a redirect was followed");
}
