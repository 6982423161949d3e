//! Tokens that a server echoes, and tokens that can't be sent in a header.

use std::time::Duration;

use cloud_partner_portal::Credential;

use super::cases::{
    Case, ExpectedError, RESPONSE_LIMIT, RETRYABLE, build, case, check_cases_with_token, client,
    list, partial_response, send,
};
use crate::support::TOKEN;
use crate::support::error_checks::{
    all_text, check_displayed_text, long_token, predicates, with_timeout,
};
use crate::support::scripted_server::{ScriptedServer, json_response, response};

#[tokio::test]
async fn an_error_redacts_a_token_that_the_server_echoes() {
    for token in [TOKEN, &long_token()] {
        let cases = cases_with_echoed_token(token);
        check_cases_with_token(cases, Duration::from_secs(20), token).await;
    }
}

#[expect(clippy::too_many_lines, reason = "one table of cases")]
fn cases_with_echoed_token(token: &str) -> Vec<Case> {
    let escaped = token
        .chars()
        .map(u32::from)
        .fold(String::new(), |text, number| {
            text + &format!("\\u{number:04x}")
        });
    let html = [("content-type", "text/html")];
    let id = "x-ms-correlation-request-id";
    let error = |message: &str| format!(r#"{{"error":{{"code":"Bad","message":"{message}"}}}}"#);
    let status = |message| ExpectedError(Some(400), &[], message);
    let decode = |message| ExpectedError(Some(200), &["decode"], message);
    vec![
        case(
            "message",
            response(400, &[], error(&format!("The token {token} is bad."))),
            status("The token [redacted] is bad."),
        ),
        case(
            "code",
            response(400, &[], format!(r#"{{"error":{{"code":"{token}"}}}}"#)),
            status("code [redacted]"),
        ),
        case(
            "text",
            response(400, &[], format!("Authorization: Bearer {token}")),
            status("Authorization: Bearer [redacted]"),
        ),
        case(
            "escaped in JSON",
            response(400, &[], error(&format!("The token {escaped} is bad."))),
            status("The token [redacted]"),
        ),
        case(
            "prefix of the token",
            response(
                400,
                &[],
                error(&format!(
                    "The token {}… is bad.",
                    &token[..token.len().min(40)]
                )),
            ),
            status("The token [redacted]… is bad."),
        ),
        case(
            "truncated at the maximum length of a message",
            response(400, &[], error(&format!("{}{token}", "x".repeat(300)))),
            status("xxx[redacted]"),
        ),
        case(
            "truncated at the maximum length of an error body",
            response(
                400,
                &[],
                format!("No.\n{}{token}", "x".repeat(64 * 1024 - 500)),
            ),
            status("400 Bad Request: No."),
        ),
        case(
            "truncated by the server",
            [send(format!(
                "HTTP/1.1 400 \r\ncontent-length: 9000\r\n\r\nNo.\n{}",
                &token[..token.len().min(900)]
            ))],
            status("400 Bad Request: No."),
        ),
        case(
            "title of an HTML page",
            response(400, &html, format!("<html><title>{token}</title>")),
            status("[redacted]"),
        ),
        case(
            "HTML page with status code 200",
            response(200, &html, format!("<html><title>{token}</title>")),
            decode("the response is text/html"),
        ),
        case(
            "content type",
            response(200, &[("content-type", &format!("text/{token}"))], "x"),
            decode("the response is text/[redacted] where JSON was expected"),
        ),
        case(
            "correlation id",
            response(400, &[(id, token)], ""),
            status("request [redacted]"),
        ),
        case(
            "correlation id of a response that can't be decoded",
            response(200, &[(id, token)], "{"),
            decode("request [redacted]"),
        ),
        case(
            "correlation id of a response that is too large",
            response(200, &[(id, token)], " ".repeat(RESPONSE_LIMIT + 1)),
            ExpectedError(Some(200), &["too large"], "request [redacted]"),
        ),
        case(
            "correlation id of a truncated response",
            [partial_response(
                &format!("{id}: {token}\r\ncontent-length: 9\r\n"),
                "[",
            )],
            ExpectedError(Some(200), RETRYABLE, "request [redacted]"),
        ),
        case(
            "redirect",
            response(
                302,
                &[("location", &format!("https://{token}.example.com/"))],
                token,
            ),
            ExpectedError(Some(302), &[], "the service redirects to"),
        ),
        case(
            "JSON string instead of a list",
            json_response(format!("\"Bearer {token}\"")),
            decode("invalid type: string \"Bearer [redacted]"),
        ),
        case(
            "escaped JSON string instead of a list",
            json_response(format!("\"{escaped}\"")),
            decode("invalid type: string \"[redacted]"),
        ),
        case(
            "property of a response that can't be decoded",
            json_response(format!(r#"[{{"id":"a","lockStatus":"{token}"}},{{}}]"#)),
            decode("$[1]: missing field `id`"),
        ),
        case(
            "property name",
            json_response(format!(r#"[{{"{token}":tru}}]"#)),
            decode("$[0].[redacted]"),
        ),
        case(
            "status code that the spec doesn't name",
            response(202, &[], token),
            ExpectedError(Some(202), &["decode"], "202 Accepted"),
        ),
    ]
}

#[tokio::test]
async fn the_correlation_id_of_a_response_is_redacted_if_it_contains_the_token() {
    let token = long_token();
    let server = ScriptedServer::scripts(vec![response(
        200,
        &[("x-ms-correlation-request-id", &token)],
        "[]",
    )]);
    let client = build(client(server.url(), &token));
    let offers = with_timeout("list", client.list_offers("contoso"))
        .await
        .expect("a list");
    assert_eq!(offers.correlation_id(), Some("[redacted]"));
    assert!(!format!("{offers:?}").contains(crate::support::error_checks::SECRET));
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

        let owned = token.to_owned();
        let credential = Credential::provider(move || {
            let token = cloud_partner_portal::AccessToken::new(owned.clone());
            async { Ok(token) }
        });
        let client = build(client(server.url(), "another").credential(credential));
        let error = list(&client, token).await.expect_err(token);
        assert_eq!(predicates(&error), ["credential"], "{token:?}: {error:?}");
        assert_eq!((error.status(), error.attempts()), (None, 0), "{token:?}");
        assert!(all_text(&error).contains("the token that was fetched"));
        check_displayed_text(token, &error);
    }
    assert_eq!(server.requests().len(), 0);
}
