//! Successes that are too large, or none.

use std::io::Write as _;
use std::time::Duration;

use super::rows::{BROKE, BROKEN, Failure, LIMIT, Offers, begin, build, client, play, row, send};
use crate::support::error_checks::{check_displayed_text, long_token, with_timeout};
use crate::support::scripted_server::Step::Repeat;
use crate::support::scripted_server::{ScriptedServer, json_response, response};

#[tokio::test]
async fn answers_that_are_too_large() {
    let too_large = Failure(
        Some(200),
        &["too large"],
        "the response is larger than the limit of 100000 bytes",
    );
    let gzip = "content-encoding: gzip\r\n";
    let spaces = |count: usize| [b"[".as_slice(), &vec![b' '; count - 2], b"]"].concat();
    let bomb = compressed(&spaces(20_000_000));
    assert!(bomb.len() < LIMIT / 2, "{} bytes", bomb.len());
    let rows = vec![
        row("exactly the limit", json_response(spaces(LIMIT)), Offers(0)),
        row("one byte more", json_response(spaces(LIMIT + 1)), too_large),
        row(
            "without end",
            [begin("", "["), Repeat(vec![b' '; 10_000], Duration::ZERO)],
            too_large,
        ),
        row(
            "chunks without end",
            [
                begin("transfer-encoding: chunked\r\n", ""),
                Repeat(b"5\r\n     \r\n".repeat(1000), Duration::ZERO),
            ],
            too_large,
        ),
        row(
            "compressed, exactly the limit",
            [begin(gzip, compressed(&spaces(LIMIT)))],
            Offers(0),
        ),
        row(
            "compressed, one byte more",
            [begin(gzip, compressed(&spaces(LIMIT + 1)))],
            too_large,
        ),
        row(
            "compressed, 200 times the limit",
            [begin(gzip, bomb)],
            too_large,
        ),
        row(
            "failure without end",
            [
                send("HTTP/1.1 500 Oh\r\ncontent-type: text/plain\r\n\r\nAll is lost\n"),
                Repeat(b"   at Contoso.Lost()\r\n".repeat(1000), Duration::ZERO),
            ],
            Failure(
                Some(500),
                &["retryable"],
                "listOffers: 500 Internal Server Error: All is lost",
            ),
        ),
    ];
    play(rows, Duration::from_secs(20)).await;
}

fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one list of odd successes")]
async fn successes_that_are_none() {
    let decode = |says| Failure(Some(200), &["decode"], says);
    let html = "<html><head><title>Sign in</title></head></html>";
    let nested = |depth: usize| [vec![b'['; depth], vec![b']'; depth]].concat();
    let beside = |value: &[u8]| [b"[{\"id\":\"a\",\"new\":", value, b"}]"].concat();
    let gzip = "content-encoding: gzip\r\n";
    let whole = compressed(b"[{\"id\":\"a\"}]");
    let rows = vec![
        row(
            "HTML",
            response(200, &[("content-type", "text/html; charset=utf-8")], html),
            decode("200 OK: the response is text/html; charset=utf-8 where JSON was expected"),
        ),
        row(
            "HTML that claims to be JSON",
            json_response(html),
            decode("$: expected value at line 1 column 1"),
        ),
        row(
            "HTML that claims nothing",
            response(200, &[], html),
            decode("$: expected value at line 1 column 1"),
        ),
        row(
            "JSON that claims nothing",
            response(200, &[], "[{\"id\":\"a\"}]"),
            Offers(1),
        ),
        row(
            "object for a list",
            json_response(r#"{"value":[{"id":"a"}]}"#),
            decode("$: invalid type: map, expected a sequence"),
        ),
        row(
            "string for a list",
            json_response(r#""please wait""#),
            decode("$: invalid type: string \"please wait\", expected a sequence"),
        ),
        row(
            "null for a list",
            json_response("null"),
            decode("$: invalid type: null"),
        ),
        row(
            "list of strings",
            json_response(r#"["a"]"#),
            decode("$[0]: invalid type: string \"a\", expected an object"),
        ),
        row(
            "a number for an id",
            json_response(r#"[{"id":"a"},{"id":7}]"#),
            decode("$[1].id: invalid type: integer `7`, expected a string"),
        ),
        row(
            "no id",
            json_response(r#"[{"id":"a"},{"Id":"b"}]"#),
            decode("$[1]: missing field `id`"),
        ),
        row(
            "a very long string for a list",
            json_response(format!("\"{}\"", "long ".repeat(10_000))),
            decode("$: invalid type: string \"long long"),
        ),
        row(
            "invalid UTF-8",
            json_response(b"[{\"id\":\"\xff\xfe\"}]"),
            decode("$[0].id: invalid unicode code point"),
        ),
        row(
            "half of a surrogate pair",
            json_response(r#"[{"id":"\ud800"}]"#),
            decode("$[0].id: "),
        ),
        row(
            "half of a surrogate pair in an optional text",
            json_response(r#"[{"id":"a","offerTypeId":"x\ud83d","status":"\ude00"}]"#),
            Offers(1),
        ),
        row(
            "invalid UTF-8 in an optional text",
            json_response(b"[{\"id\":\"a\",\"offerTypeId\":\"\xff\"}]"),
            Offers(1),
        ),
        row(
            "invalid UTF-8 in the name of a property",
            json_response(b"[{\"id\":\"a\",\"\xff\":1}]"),
            Offers(1),
        ),
        row(
            "an optional property twice",
            json_response(r#"[{"id":"a","version":1,"version":2}]"#),
            Offers(1),
        ),
        row(
            "an id twice",
            json_response(r#"[{"id":"a","id":"b"}]"#),
            decode("duplicate field `id`"),
        ),
        row(
            "an odd optional text, and no id in another offer",
            json_response(r#"[{"id":"a","offerTypeId":"x\ud83d"},{"version":1}]"#),
            decode("$[1]: missing field `id`"),
        ),
        row(
            "an array for an offer",
            json_response(r#"[[null,null,"a"]]"#),
            decode("$[0]: invalid type: sequence, expected an object"),
        ),
        row(
            "a number that overflows in an optional property",
            json_response(r#"[{"id":"a","version":1e999}]"#),
            decode("number out of range"),
        ),
        row(
            "a number that overflows in a property that the spec doesn't name",
            json_response(r#"[{"id":"a","new":1e999}]"#),
            Offers(1),
        ),
        row(
            "UTF-16",
            json_response(b"\xff\xfe[\0]\0"),
            decode("$: expected value"),
        ),
        row(
            "nested 10,000 deep",
            json_response(nested(10_000)),
            decode("$[0]: invalid type: sequence, expected an object"),
        ),
        row(
            "nested 10,000 deep in a member that nobody knows",
            json_response(beside(&nested(10_000))),
            Offers(1),
        ),
        row(
            "nested 10,000 deep in a member that is known",
            json_response(
                [
                    b"[{\"id\":\"a\",\"offerTypeChanges\":".as_slice(),
                    &nested(10_000),
                    b"}]",
                ]
                .concat(),
            ),
            decode("recursion limit exceeded"),
        ),
        row(
            "objects nested 10,000 deep without an end",
            json_response(
                "[{\"offerTypeVersionsOverride\":{\"a\":".to_owned() + &"[{\"a\":".repeat(10_000),
            ),
            decode("recursion limit exceeded"),
        ),
        row(
            "cut off where the length says so",
            json_response("[{\"id\":\"a\"},{\"id\""),
            decode("$[1]"),
        ),
        row(
            "two values",
            json_response("[]\n[]"),
            decode("trailing characters"),
        ),
        row(
            "zeros",
            json_response([0; 100]),
            decode("$: expected value"),
        ),
        row(
            "a terminal's colours in a member's name",
            json_response("[{\"\\u001b[31mred\\n\":tru}]"),
            decode("$[0].[31mred"),
        ),
        row(
            "byte order mark",
            json_response("\u{feff}[{\"id\":\"a\"}]"),
            Offers(1),
        ),
        row(
            "empty",
            json_response(""),
            decode("the response is empty where JSON was expected"),
        ),
        row(
            "empty HTML",
            response(200, &[("content-type", "text/html")], ""),
            decode("the response is empty where JSON was expected"),
        ),
        row(
            "white space",
            json_response(" \r\n"),
            decode("$: EOF while parsing"),
        ),
        row(
            "201",
            response(201, &[("content-type", "application/json")], "[]"),
            Failure(
                Some(201),
                &["decode"],
                "201 Created: the spec doesn't name this status code as a success",
            ),
        ),
        row(
            "204",
            [send("HTTP/1.1 204 No Content\r\n\r\n")],
            Failure(
                Some(204),
                &["decode"],
                "204 No Content: the spec doesn't name",
            ),
        ),
        row(
            "206",
            response(206, &[("content-type", "application/json")], "[]"),
            Failure(
                Some(206),
                &["decode"],
                "206 Partial Content: the spec doesn't",
            ),
        ),
        row("compressed", [begin(gzip, &whole)], Offers(1)),
        row(
            "compressed and cut short",
            [begin(gzip, &whole[..whole.len() - 10])],
            Failure(Some(200), BROKEN, BROKE),
        ),
        row(
            "said to be compressed, and isn't",
            [begin(gzip, "[]")],
            Failure(Some(200), BROKEN, BROKE),
        ),
    ];
    play(rows, Duration::from_secs(20)).await;
}

#[tokio::test]
async fn an_odd_optional_text_costs_only_itself() {
    let body = r#"{"status":null,"notificationEmails":"x\ud83d","steps":[{"id":"a","stepName":"\ud83d"}]}"#;
    let server = ScriptedServer::scripts(vec![json_response(body)]);
    let client = build(client(server.url(), &long_token()));
    let report = with_timeout("report", client.get_offer_status("contoso", "a"))
        .await
        .expect("a report");
    assert_eq!((report.status.as_str(), report.status.known()), ("", None));
    assert_eq!(report.notification_emails, None);
    let [step] = report.steps() else {
        panic!("{:?}", report.steps());
    };
    assert_eq!(
        (step.id.as_deref(), step.step_name.as_deref()),
        (Some("a"), None)
    );
    // The text is kept as it came, and valid JSON can be had of it.
    assert_eq!(report.raw_body(), body.as_bytes());
    let json = report.json().expect("JSON");
    assert_eq!(json["notificationEmails"], serde_json::Value::Null);
    assert_eq!(json["steps"][0]["id"], "a");
}

#[tokio::test]
async fn a_list_for_an_object_is_a_decoding_error_too() {
    let server = ScriptedServer::scripts(vec![json_response(r#"[{"status":"running"}]"#)]);
    let client = build(client(server.url(), &long_token()));
    let error = with_timeout("list", client.get_offer_status("contoso", "a"))
        .await
        .expect_err("it is a list");
    assert_eq!((error.status(), error.is_decode()), (Some(200), true));
    check_displayed_text("list for an object", &error);
}
