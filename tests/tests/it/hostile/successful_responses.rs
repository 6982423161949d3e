//! Responses with a success status code that are too large or can't be decoded.

use std::io::Write as _;
use std::time::Duration;

use super::cases::{
    CONNECTION_BROKE, ExpectedError, Offers, RESPONSE_LIMIT, RETRYABLE, build, case, check_cases,
    client, partial_response, send,
};
use crate::support::error_checks::{check_displayed_text, long_token, with_timeout};
use crate::support::scripted_server::Step::Repeat;
use crate::support::scripted_server::{ScriptedServer, json_response, response};

#[tokio::test]
async fn a_response_over_the_limit_is_an_error() {
    let too_large = ExpectedError(
        Some(200),
        &["too large"],
        "the response is larger than the limit of 100000 bytes",
    );
    let gzip = "content-encoding: gzip\r\n";
    let spaces = |count: usize| [b"[".as_slice(), &vec![b' '; count - 2], b"]"].concat();
    let bomb = compressed(&spaces(20_000_000));
    assert!(bomb.len() < RESPONSE_LIMIT / 2, "{} bytes", bomb.len());
    let cases = vec![
        case(
            "exactly the limit",
            json_response(spaces(RESPONSE_LIMIT)),
            Offers(0),
        ),
        case(
            "one byte more",
            json_response(spaces(RESPONSE_LIMIT + 1)),
            too_large,
        ),
        case(
            "endless body",
            [
                partial_response("", "["),
                Repeat(vec![b' '; 10_000], Duration::ZERO),
            ],
            too_large,
        ),
        case(
            "endless chunks",
            [
                partial_response("transfer-encoding: chunked\r\n", ""),
                Repeat(b"5\r\n     \r\n".repeat(1000), Duration::ZERO),
            ],
            too_large,
        ),
        case(
            "compressed, exactly the limit",
            [partial_response(gzip, compressed(&spaces(RESPONSE_LIMIT)))],
            Offers(0),
        ),
        case(
            "compressed, one byte more",
            [partial_response(
                gzip,
                compressed(&spaces(RESPONSE_LIMIT + 1)),
            )],
            too_large,
        ),
        case(
            "compressed, 200 times the limit",
            [partial_response(gzip, bomb)],
            too_large,
        ),
        case(
            "endless error response",
            [
                send("HTTP/1.1 500 Oh\r\ncontent-type: text/plain\r\n\r\nAll is lost\n"),
                Repeat(b"   at Contoso.Lost()\r\n".repeat(1000), Duration::ZERO),
            ],
            ExpectedError(
                Some(500),
                &["retryable"],
                "listOffers: 500 Internal Server Error: All is lost",
            ),
        ),
    ];
    check_cases(cases, Duration::from_secs(20)).await;
}

fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one table of cases")]
async fn a_successful_response_without_a_valid_list_is_a_decode_error() {
    let decode = |message| ExpectedError(Some(200), &["decode"], message);
    let html = "<html><head><title>Sign in</title></head></html>";
    let nested = |depth: usize| [vec![b'['; depth], vec![b']'; depth]].concat();
    let with_unknown_property = |value: &[u8]| [b"[{\"id\":\"a\",\"new\":", value, b"}]"].concat();
    let gzip = "content-encoding: gzip\r\n";
    let compressed_list = compressed(b"[{\"id\":\"a\"}]");
    let cases = vec![
        case(
            "HTML",
            response(200, &[("content-type", "text/html; charset=utf-8")], html),
            decode("200 OK: the response is text/html; charset=utf-8 where JSON was expected"),
        ),
        case(
            "HTML with the content type of JSON",
            json_response(html),
            decode("$: expected value at line 1 column 1"),
        ),
        case(
            "HTML without a content type",
            response(200, &[], html),
            decode("$: expected value at line 1 column 1"),
        ),
        case(
            "JSON without a content type",
            response(200, &[], "[{\"id\":\"a\"}]"),
            Offers(1),
        ),
        case(
            "object instead of a list",
            json_response(r#"{"value":[{"id":"a"}]}"#),
            decode("$: invalid type: map, expected a sequence"),
        ),
        case(
            "string instead of a list",
            json_response(r#""please wait""#),
            decode("$: invalid type: string \"please wait\", expected a sequence"),
        ),
        case(
            "null instead of a list",
            json_response("null"),
            decode("$: invalid type: null"),
        ),
        case(
            "list of strings",
            json_response(r#"["a"]"#),
            decode("$[0]: invalid type: string \"a\", expected an object"),
        ),
        case(
            "number instead of an id",
            json_response(r#"[{"id":"a"},{"id":7}]"#),
            decode("$[1].id: invalid type: integer `7`, expected a string"),
        ),
        case(
            "no id",
            json_response(r#"[{"id":"a"},{"Id":"b"}]"#),
            decode("$[1]: missing field `id`"),
        ),
        case(
            "very long string instead of a list",
            json_response(format!("\"{}\"", "long ".repeat(10_000))),
            decode("$: invalid type: string \"long long"),
        ),
        case(
            "invalid UTF-8",
            json_response(b"[{\"id\":\"\xff\xfe\"}]"),
            decode("$[0].id: invalid unicode code point"),
        ),
        case(
            "half of a surrogate pair",
            json_response(r#"[{"id":"\ud800"}]"#),
            decode("$[0].id: "),
        ),
        case(
            "half of a surrogate pair in an optional string",
            json_response(r#"[{"id":"a","offerTypeId":"x\ud83d","status":"\ude00"}]"#),
            Offers(1),
        ),
        case(
            "invalid UTF-8 in an optional string",
            json_response(b"[{\"id\":\"a\",\"offerTypeId\":\"\xff\"}]"),
            Offers(1),
        ),
        case(
            "invalid UTF-8 in the name of a property",
            json_response(b"[{\"id\":\"a\",\"\xff\":1}]"),
            Offers(1),
        ),
        case(
            "an optional property twice",
            json_response(r#"[{"id":"a","version":1,"version":2}]"#),
            Offers(1),
        ),
        case(
            "an id twice",
            json_response(r#"[{"id":"a","id":"b"}]"#),
            decode("duplicate field `id`"),
        ),
        case(
            "invalid optional string, and another offer without an id",
            json_response(r#"[{"id":"a","offerTypeId":"x\ud83d"},{"version":1}]"#),
            decode("$[1]: missing field `id`"),
        ),
        case(
            "array instead of an offer",
            json_response(r#"[[null,null,"a"]]"#),
            decode("$[0]: invalid type: sequence, expected an object"),
        ),
        case(
            "a number that overflows in an optional property",
            json_response(r#"[{"id":"a","version":1e999}]"#),
            decode("number out of range"),
        ),
        case(
            "a number that overflows in a property that the spec doesn't name",
            json_response(r#"[{"id":"a","new":1e999}]"#),
            Offers(1),
        ),
        case(
            "UTF-16",
            json_response(b"\xff\xfe[\0]\0"),
            decode("$: expected value"),
        ),
        case(
            "nested 10,000 deep",
            json_response(nested(10_000)),
            decode("$[0]: invalid type: sequence, expected an object"),
        ),
        case(
            "nested 10,000 deep in a property that the spec doesn't name",
            json_response(with_unknown_property(&nested(10_000))),
            Offers(1),
        ),
        case(
            "nested 10,000 deep in a property that the spec names",
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
        case(
            "truncated objects, nested 10,000 deep",
            json_response(
                "[{\"offerTypeVersionsOverride\":{\"a\":".to_owned() + &"[{\"a\":".repeat(10_000),
            ),
            decode("recursion limit exceeded"),
        ),
        case(
            "truncated JSON with a matching content-length",
            json_response("[{\"id\":\"a\"},{\"id\""),
            decode("$[1]"),
        ),
        case(
            "two values",
            json_response("[]\n[]"),
            decode("trailing characters"),
        ),
        case(
            "zero bytes",
            json_response([0; 100]),
            decode("$: expected value"),
        ),
        case(
            "terminal escape sequence in a property name",
            json_response("[{\"\\u001b[31mred\\n\":tru}]"),
            decode("$[0].[31mred"),
        ),
        case(
            "byte order mark",
            json_response("\u{feff}[{\"id\":\"a\"}]"),
            Offers(1),
        ),
        case(
            "empty",
            json_response(""),
            decode("the response is empty where JSON was expected"),
        ),
        case(
            "empty HTML",
            response(200, &[("content-type", "text/html")], ""),
            decode("the response is empty where JSON was expected"),
        ),
        case(
            "white space",
            json_response(" \r\n"),
            decode("$: EOF while parsing"),
        ),
        case(
            "201",
            response(201, &[("content-type", "application/json")], "[]"),
            ExpectedError(
                Some(201),
                &["decode"],
                "201 Created: the spec doesn't name this status code as a success",
            ),
        ),
        case(
            "204",
            [send("HTTP/1.1 204 No Content\r\n\r\n")],
            ExpectedError(
                Some(204),
                &["decode"],
                "204 No Content: the spec doesn't name",
            ),
        ),
        case(
            "206",
            response(206, &[("content-type", "application/json")], "[]"),
            ExpectedError(
                Some(206),
                &["decode"],
                "206 Partial Content: the spec doesn't",
            ),
        ),
        case(
            "compressed",
            [partial_response(gzip, &compressed_list)],
            Offers(1),
        ),
        case(
            "truncated gzip data",
            [partial_response(
                gzip,
                &compressed_list[..compressed_list.len() - 10],
            )],
            ExpectedError(Some(200), RETRYABLE, CONNECTION_BROKE),
        ),
        case(
            "uncompressed body with content-encoding gzip",
            [partial_response(gzip, "[]")],
            ExpectedError(Some(200), RETRYABLE, CONNECTION_BROKE),
        ),
    ];
    check_cases(cases, Duration::from_secs(20)).await;
}

#[tokio::test]
async fn an_invalid_optional_string_is_none_and_the_other_properties_are_decoded() {
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
    // The raw body is unchanged, and `json` returns valid JSON.
    assert_eq!(report.raw_body(), body.as_bytes());
    let json = report.json().expect("JSON");
    assert_eq!(json["notificationEmails"], serde_json::Value::Null);
    assert_eq!(json["steps"][0]["id"], "a");
}

#[tokio::test]
async fn a_list_instead_of_an_object_is_a_decode_error() {
    let server = ScriptedServer::scripts(vec![json_response(r#"[{"status":"running"}]"#)]);
    let client = build(client(server.url(), &long_token()));
    let error = with_timeout("list", client.get_offer_status("contoso", "a"))
        .await
        .expect_err("a decode error");
    assert_eq!((error.status(), error.is_decode()), (Some(200), true));
    check_displayed_text("list instead of an object", &error);
}
