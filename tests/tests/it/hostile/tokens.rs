//! Tokens that a server sends back, and such that can't be sent.

use std::time::Duration;

use cloud_partner_portal::Credential;

use super::rows::{BROKEN, Failure, LIMIT, Row, begin, build, client, list, play_with, row, send};
use crate::support::TOKEN;
use crate::support::error_checks::{
    all_text, check_displayed_text, long_token, predicates, with_timeout,
};
use crate::support::scripted_server::{ScriptedServer, json_response, response};

/// Whatever a server makes of the token that it was sent, nobody sees it in an error.
#[tokio::test]
async fn a_token_that_comes_back_is_not_shown() {
    for token in [TOKEN, &long_token()] {
        let rows = rows_that_send_it_back(token);
        play_with(rows, Duration::from_secs(20), token).await;
    }
}

#[expect(
    clippy::too_many_lines,
    reason = "one list of where a token can come back"
)]
fn rows_that_send_it_back(token: &str) -> Vec<Row> {
    let escaped = token
        .chars()
        .map(u32::from)
        .fold(String::new(), |text, number| {
            text + &format!("\\u{number:04x}")
        });
    let html = [("content-type", "text/html")];
    let id = "x-ms-correlation-request-id";
    let error = |message: &str| format!(r#"{{"error":{{"code":"Bad","message":"{message}"}}}}"#);
    let status = |says| Failure(Some(400), &[], says);
    let decode = |says| Failure(Some(200), &["decode"], says);
    vec![
        row(
            "message",
            response(400, &[], error(&format!("The token {token} is bad."))),
            status("The token [redacted] is bad."),
        ),
        row(
            "code",
            response(400, &[], format!(r#"{{"error":{{"code":"{token}"}}}}"#)),
            status("code [redacted]"),
        ),
        row(
            "text",
            response(400, &[], format!("Authorization: Bearer {token}")),
            status("Authorization: Bearer [redacted]"),
        ),
        row(
            "escaped in JSON",
            response(400, &[], error(&format!("The token {escaped} is bad."))),
            status("The token [redacted]"),
        ),
        row(
            "beginning only",
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
        row(
            "cut at the longest message",
            response(400, &[], error(&format!("{}{token}", "x".repeat(300)))),
            status("xxx[redacted]"),
        ),
        row(
            "cut at the end of what is read",
            response(
                400,
                &[],
                format!("No.\n{}{token}", "x".repeat(64 * 1024 - 500)),
            ),
            status("400 Bad Request: No."),
        ),
        row(
            "cut off by the server",
            [send(format!(
                "HTTP/1.1 400 \r\ncontent-length: 9000\r\n\r\nNo.\n{}",
                &token[..token.len().min(900)]
            ))],
            status("400 Bad Request: No."),
        ),
        row(
            "page's title",
            response(400, &html, format!("<html><title>{token}</title>")),
            status("[redacted]"),
        ),
        row(
            "page of a success",
            response(200, &html, format!("<html><title>{token}</title>")),
            decode("the response is text/html"),
        ),
        row(
            "kind of content",
            response(200, &[("content-type", &format!("text/{token}"))], "x"),
            decode("the response is text/[redacted] where JSON was expected"),
        ),
        row(
            "request's id",
            response(400, &[(id, token)], ""),
            status("request [redacted]"),
        ),
        row(
            "request's id of a success that can't be decoded",
            response(200, &[(id, token)], "{"),
            decode("request [redacted]"),
        ),
        row(
            "request's id of an answer that is too large",
            response(200, &[(id, token)], " ".repeat(LIMIT + 1)),
            Failure(Some(200), &["too large"], "request [redacted]"),
        ),
        row(
            "request's id of an answer that breaks off",
            [begin(
                &format!("{id}: {token}\r\ncontent-length: 9\r\n"),
                "[",
            )],
            Failure(Some(200), BROKEN, "request [redacted]"),
        ),
        row(
            "redirect",
            response(
                302,
                &[("location", &format!("https://{token}.example.com/"))],
                token,
            ),
            Failure(Some(302), &[], "the service redirects to"),
        ),
        row(
            "JSON string for a list",
            json_response(format!("\"Bearer {token}\"")),
            decode("invalid type: string \"Bearer [redacted]"),
        ),
        row(
            "escaped JSON string for a list",
            json_response(format!("\"{escaped}\"")),
            decode("invalid type: string \"[redacted]"),
        ),
        row(
            "member of an answer that can't be decoded",
            json_response(format!(r#"[{{"id":"a","lockStatus":"{token}"}},{{}}]"#)),
            decode("$[1]: missing field `id`"),
        ),
        row(
            "member's name",
            json_response(format!(r#"[{{"{token}":tru}}]"#)),
            decode("$[0].[redacted]"),
        ),
        row(
            "status that isn't a success",
            response(202, &[], token),
            Failure(Some(202), &["decode"], "202 Accepted"),
        ),
    ]
}

#[tokio::test]
async fn an_answer_that_names_the_token_as_its_id_shows_none() {
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

/// A token that can't be sent is refused before anything is, and not shown while it is.
#[tokio::test]
async fn tokens_that_cant_be_sent() {
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
