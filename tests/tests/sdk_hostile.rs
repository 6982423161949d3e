//! Servers that do what they shouldn't, over real sockets: each a row of what is done and what the caller gets.

mod support;

use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, SystemTime};

use cloud_partner_portal::{Client, ClientBuilder, Credential, Error, RetryPolicy};
use support::TOKEN;
use support::outcome::{check_what_is_shown, everything, guarded, long_token, predicates};
use support::raw::Step::{Repeat, Reset, Send, Stall, Wait};
use support::raw::{Raw, Step, answer, json};

/// The largest answer that the tests' clients take.
const LIMIT: usize = 100_000;
/// For rows whose server never ends; all others end by themselves.
const SHORT: Duration = Duration::from_secs(1);

struct Row {
    name: &'static str,
    does: Vec<Step>,
    gets: Gets,
}

#[derive(Clone, Copy)]
enum Gets {
    /// So many offers.
    Offers(usize),
    /// An error: its status, its predicates that are true, and what it says among other things.
    Failure(Option<u16>, &'static [&'static str], &'static str),
}
use Gets::{Failure, Offers};

fn row(name: &'static str, does: impl Into<Vec<Step>>, gets: Gets) -> Row {
    Row {
        name,
        does: does.into(),
        gets,
    }
}

fn send(bytes: impl AsRef<[u8]>) -> Step {
    Send(bytes.as_ref().to_vec())
}

/// 200 with JSON, of which these headers and this beginning of a body are sent.
fn begin(headers: &str, body: impl AsRef<[u8]>) -> Step {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{headers}\r\n");
    send([head.as_bytes(), body.as_ref()].concat())
}

fn client(endpoint: impl Into<String>, token: &str) -> ClientBuilder {
    Client::builder()
        .endpoint(endpoint)
        .credential(Credential::token(token).expect("a good token"))
        .attempt_timeout(Duration::from_secs(20))
        .response_limit(LIMIT)
        .retry(RetryPolicy::never())
}

fn build(builder: ClientBuilder) -> Client {
    builder.build().expect("a good configuration")
}

async fn list(client: &Client, said: &str) -> Result<usize, Error> {
    let offers = guarded(said, client.list_offers("contoso")).await?;
    Ok(offers.len())
}

fn check(row: &Row, outcome: Result<usize, Error>) {
    let name = row.name;
    match (row.gets, outcome) {
        (Offers(expected), Ok(offers)) => assert_eq!(offers, expected, "{name}"),
        (Offers(_), Err(error)) => panic!("{name}: {error:?}"),
        (Failure(..), Ok(offers)) => panic!("{name}: {offers} offers"),
        (Failure(status, is, says), Err(error)) => {
            assert_eq!(error.status(), status, "{name}: {error:?}");
            assert_eq!(predicates(&error), is, "{name}: {error:?}");
            let line = error.to_string();
            assert!(line.contains(says), "{name}: {line}");
            assert_eq!(error.attempts(), 1, "{name}");
            assert_eq!(error.operation(), Some("listOffers"), "{name}");
            check_what_is_shown(name, &error);
        }
    }
}

/// Plays each row to a client with this time for an attempt; all at once, and tells of each that fails.
async fn play(rows: Vec<Row>, attempt_timeout: Duration) {
    play_with(rows, attempt_timeout, &long_token()).await;
}

async fn play_with(rows: Vec<Row>, attempt_timeout: Duration, token: &str) {
    let rows: Vec<_> = rows
        .into_iter()
        .map(|row| {
            let token = token.to_owned();
            (
                row.name,
                tokio::spawn(play_one(row, attempt_timeout, token)),
            )
        })
        .collect();
    let mut failed = Vec::new();
    for (name, row) in rows {
        if row.await.is_err() {
            failed.push(name);
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

async fn play_one(row: Row, attempt_timeout: Duration, token: String) {
    let does = row.does.clone();
    let server = Raw::start(move |_| does.clone());
    let client = build(client(server.url(), &token).attempt_timeout(attempt_timeout));
    let outcome = list(&client, row.name).await;
    check(&row, outcome);
    assert_eq!(server.asked().len(), 1, "{}", row.name);
}

const BROKEN: &[&str] = &["retryable"];
const LATE: &[&str] = &["retryable", "timeout"];
const BROKE: &str = "the connection broke before the answer was complete";
const UNANSWERED: &str = "the service didn't answer within 1 s";

#[tokio::test]
async fn connections_that_break() {
    let cut = Failure(Some(200), BROKEN, BROKE);
    let nothing = Failure(None, BROKEN, BROKE);
    let rows = vec![
        row("reset before headers", [Reset], nothing),
        row("closed before headers", [], nothing),
        row("another protocol", [send("SSH-2.0-OpenSSH_9\r\n")], nothing),
        row("TLS alert", [send([0x15, 3, 3, 0, 2, 2, 40])], nothing),
        row(
            "reset in the headers",
            [
                send("HTTP/1.1 200 OK\r\nx-"),
                Wait(Duration::from_millis(20)),
                Reset,
            ],
            nothing,
        ),
        row(
            "headers without end",
            [
                send("HTTP/1.1 200 OK\r\n"),
                Repeat(b"x-more: and more\r\n".repeat(100), Duration::ZERO),
            ],
            nothing,
        ),
        row(
            "one header without end",
            [
                send("HTTP/1.1 200 OK\r\nx-long: "),
                Repeat(vec![b'x'; 16 * 1024], Duration::ZERO),
            ],
            nothing,
        ),
        row(
            "reset in the body",
            [
                begin("content-length: 100\r\n", "[{\"id\":"),
                Wait(Duration::from_millis(20)),
                Reset,
            ],
            cut,
        ),
        row(
            "body cut short",
            [begin("content-length: 100\r\n", "[{\"id\":\"a\"}]")],
            cut,
        ),
        row(
            "chunks without the last",
            [begin("transfer-encoding: chunked\r\n", "2\r\n[]\r\n")],
            cut,
        ),
        row(
            "a chunk whose length is nonsense",
            [begin("transfer-encoding: chunked\r\n", "zz\r\n[]\r\n")],
            cut,
        ),
        row(
            "a chunk whose length doesn't fit 64 bits",
            [begin(
                "transfer-encoding: chunked\r\n",
                "1ffffffffffffffff\r\n[]\r\n",
            )],
            cut,
        ),
        row(
            "body that ends with the connection",
            [begin("", "[{\"id\":\"a\"}]")],
            Offers(1),
        ),
        row(
            "hint before the answer",
            [
                send("HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"),
                begin("content-length: 2\r\n", "[]"),
            ],
            Offers(0),
        ),
        row(
            "failure that is reset in its body",
            [
                send("HTTP/1.1 404 Not Found\r\ncontent-length: 100\r\n\r\nNo such"),
                Wait(Duration::from_millis(20)),
                Reset,
            ],
            Failure(Some(404), &["not found"], "404 Not Found: No such"),
        ),
    ];
    play(rows, Duration::from_secs(20)).await;
}

#[tokio::test]
async fn content_lengths_that_lie() {
    let rows = vec![
        row(
            "too large",
            [begin("content-length: 1000000\r\n", "[]")],
            Failure(Some(200), BROKEN, BROKE),
        ),
        row(
            "larger than any memory",
            [begin("content-length: 4611686018427387904\r\n", "[]")],
            Failure(Some(200), BROKEN, BROKE),
        ),
        row(
            "larger than any number",
            [begin("content-length: 99999999999999999999\r\n", "[]")],
            Failure(None, BROKEN, BROKE),
        ),
        row(
            "too small",
            [begin("content-length: 5\r\n", "[{\"id\":\"a\"}]")],
            Failure(Some(200), &["decode"], "$[0].?: EOF while parsing"),
        ),
        row(
            "nothing, and there is something",
            [begin("content-length: 0\r\n", "[{\"id\":\"a\"}]")],
            Failure(
                Some(200),
                &["decode"],
                "the answer is empty where JSON was expected",
            ),
        ),
        row(
            "twice the same",
            [begin("content-length: 2\r\ncontent-length: 2\r\n", "[]")],
            Offers(0),
        ),
        row(
            "twice and not the same",
            [begin(
                "content-length: 2\r\ncontent-length: 12\r\n",
                "[{\"id\":\"a\"}]",
            )],
            Failure(None, BROKEN, BROKE),
        ),
        row(
            "not a number",
            [begin("content-length: two\r\n", "[]")],
            Failure(None, BROKEN, BROKE),
        ),
        row(
            "negative",
            [begin("content-length: -2\r\n", "[]")],
            Failure(None, BROKEN, BROKE),
        ),
        row(
            "beside chunks, which count",
            [begin(
                "content-length: 3\r\ntransfer-encoding: chunked\r\n",
                "2\r\n[]\r\n0\r\n\r\n",
            )],
            Offers(0),
        ),
    ];
    play(rows, Duration::from_secs(20)).await;
}

#[tokio::test]
async fn servers_that_take_too_long() {
    let slowly = Duration::from_millis(20);
    let rows = vec![
        row("no answer", [Stall], Failure(None, LATE, UNANSWERED)),
        row(
            "headers that trickle",
            [
                send("HTTP/1.1 200 OK\r\nx-slow: "),
                Repeat(vec![b'x'], slowly),
            ],
            Failure(None, LATE, UNANSWERED),
        ),
        row(
            "to be continued without end",
            [Repeat(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec(), slowly)],
            Failure(None, LATE, UNANSWERED),
        ),
        row(
            "body that stalls",
            [begin("content-length: 100\r\n", "[{\"id\":"), Stall],
            Failure(Some(200), LATE, UNANSWERED),
        ),
        row(
            "body that trickles",
            [
                begin("content-length: 90000\r\n", "["),
                Repeat(vec![b' '], slowly),
            ],
            Failure(Some(200), LATE, UNANSWERED),
        ),
        row(
            "chunks that trickle",
            [
                begin("transfer-encoding: chunked\r\n", "1\r\n[\r\n"),
                Repeat(b"1\r\n \r\n".to_vec(), slowly),
            ],
            Failure(Some(200), LATE, UNANSWERED),
        ),
        // What is known of a failure is better than that it took long: a 404 isn't tried again.
        row(
            "failure whose body stalls",
            [
                send("HTTP/1.1 404 Not Found\r\ncontent-length: 100\r\n\r\nNo such offer"),
                Stall,
            ],
            Failure(Some(404), &["not found"], "404 Not Found: No such offer"),
        ),
        row(
            "redirect whose body trickles",
            [
                send("HTTP/1.1 302 Found\r\ncontent-length: 90000\r\n\r\n"),
                Repeat(vec![b' '], slowly),
            ],
            Failure(Some(302), &[], "the service redirects"),
        ),
    ];
    play(rows, SHORT).await;
}

#[tokio::test]
async fn answers_that_are_too_large() {
    let too_large = Failure(
        Some(200),
        &["too large"],
        "the answer is larger than the limit of 100000 bytes",
    );
    let gzip = "content-encoding: gzip\r\n";
    let spaces = |count: usize| [b"[".as_slice(), &vec![b' '; count - 2], b"]"].concat();
    let bomb = compressed(&spaces(20_000_000));
    assert!(bomb.len() < LIMIT / 2, "{} bytes", bomb.len());
    let rows = vec![
        row("exactly the limit", json(spaces(LIMIT)), Offers(0)),
        row("one byte more", json(spaces(LIMIT + 1)), too_large),
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
            answer(200, &[("content-type", "text/html; charset=utf-8")], html),
            decode("200 OK: the answer is text/html; charset=utf-8 where JSON was expected"),
        ),
        row(
            "HTML that claims to be JSON",
            json(html),
            decode("$: expected value at line 1 column 1"),
        ),
        row(
            "HTML that claims nothing",
            answer(200, &[], html),
            decode("$: expected value at line 1 column 1"),
        ),
        row(
            "JSON that claims nothing",
            answer(200, &[], "[{\"id\":\"a\"}]"),
            Offers(1),
        ),
        row(
            "object for a list",
            json(r#"{"value":[{"id":"a"}]}"#),
            decode("$: invalid type: map, expected a sequence"),
        ),
        row(
            "string for a list",
            json(r#""please wait""#),
            decode("$: invalid type: string \"please wait\", expected a sequence"),
        ),
        row(
            "null for a list",
            json("null"),
            decode("$: invalid type: null"),
        ),
        row(
            "list of strings",
            json(r#"["a"]"#),
            decode("$[0]: invalid type: string \"a\", expected struct OfferSummary"),
        ),
        row(
            "a number for an id",
            json(r#"[{"id":"a"},{"id":7}]"#),
            decode("$[1].id: invalid type: integer `7`, expected a string"),
        ),
        row(
            "no id",
            json(r#"[{"id":"a"},{"Id":"b"}]"#),
            decode("$[1]: missing field `id`"),
        ),
        row(
            "a very long string for a list",
            json(format!("\"{}\"", "long ".repeat(10_000))),
            decode("$: invalid type: string \"long long"),
        ),
        row(
            "invalid UTF-8",
            json(b"[{\"id\":\"\xff\xfe\"}]"),
            decode("$[0].id: invalid unicode code point"),
        ),
        row(
            "half of a surrogate pair",
            json(r#"[{"id":"\ud800"}]"#),
            decode("$[0].id: "),
        ),
        row(
            "UTF-16",
            json(b"\xff\xfe[\0]\0"),
            decode("$: expected value"),
        ),
        row(
            "nested 10,000 deep",
            json(nested(10_000)),
            decode("$[0]: invalid length 2, expected struct OfferSummary"),
        ),
        row(
            "nested 10,000 deep in a member that nobody knows",
            json(beside(&nested(10_000))),
            Offers(1),
        ),
        row(
            "nested 10,000 deep in a member that is known",
            json(
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
            json("[{\"offerTypeVersionsOverride\":{\"a\":".to_owned() + &"[{\"a\":".repeat(10_000)),
            decode("recursion limit exceeded"),
        ),
        row(
            "cut off where the length says so",
            json("[{\"id\":\"a\"},{\"id\""),
            decode("$[1]"),
        ),
        row("two values", json("[]\n[]"), decode("trailing characters")),
        row("zeros", json([0; 100]), decode("$: expected value")),
        row(
            "a terminal's colours in a member's name",
            json("[{\"\\u001b[31mred\\n\":tru}]"),
            decode("$[0].[31mred"),
        ),
        row(
            "byte order mark",
            json("\u{feff}[{\"id\":\"a\"}]"),
            Offers(1),
        ),
        row(
            "empty",
            json(""),
            decode("the answer is empty where JSON was expected"),
        ),
        row(
            "empty HTML",
            answer(200, &[("content-type", "text/html")], ""),
            decode("the answer is empty where JSON was expected"),
        ),
        row("white space", json(" \r\n"), decode("$: EOF while parsing")),
        row(
            "201",
            answer(201, &[("content-type", "application/json")], "[]"),
            Failure(
                Some(201),
                &["decode"],
                "201 Created: the contract doesn't name this status as a success",
            ),
        ),
        row(
            "204",
            [send("HTTP/1.1 204 No Content\r\n\r\n")],
            Failure(
                Some(204),
                &["decode"],
                "204 No Content: the contract doesn't name",
            ),
        ),
        row(
            "206",
            answer(206, &[("content-type", "application/json")], "[]"),
            Failure(
                Some(206),
                &["decode"],
                "206 Partial Content: the contract doesn't",
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
async fn a_list_for_an_object_is_a_decoding_error_too() {
    let server = Raw::scripts(vec![json(r#"[{"status":"running"}]"#)]);
    let client = build(client(server.url(), &long_token()));
    let error = guarded("list", client.get_offer_status("contoso", "a"))
        .await
        .expect_err("it is a list");
    assert_eq!((error.status(), error.is_decode()), (Some(200), true));
    check_what_is_shown("list for an object", &error);
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one list of odd failures")]
async fn failures_of_all_kinds() {
    let text = [("content-type", "text/plain")];
    let trace = r#"{"Product": {"serviceName": "Product", "error": "Retry is OK.\r\n   at Contoso.Product.Get() in C:\\a.cs:line 7\r\n   at Contoso.Main()", "exceptionCode": "E7", "httpStatusCode": "InternalServerError"}}"#;
    let gateway = "<!DOCTYPE html>\r\n<html>\r\n<head><title>503 Service Temporarily\r\n Unavailable</title></head><body>…</body></html>";
    let rows = vec![
        row(
            "stack trace",
            answer(500, &[("content-type", "application/json")], trace),
            Failure(
                Some(500),
                &["retryable"],
                "listOffers: 500 Internal Server Error: Retry is OK. (code E7)",
            ),
        ),
        row(
            "gateway's page",
            answer(503, &[("content-type", "text/html")], gateway),
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
            answer(502, &[], ""),
            Failure(Some(502), &["retryable"], "listOffers: 502 Bad Gateway"),
        ),
        row(
            "a terminal's colours",
            answer(
                500,
                &text,
                "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31mred\u{8}\u{7f}",
            ),
            Failure(Some(500), &["retryable"], "[2J]0;owned31mred"),
        ),
        row(
            "a terminal's colours in JSON",
            answer(
                400,
                &[],
                r#"{"error":{"code":"\u001b[31mC\r\n","message":"\r\n\u0000\u001b[2Jno\nyes"}}"#,
            ),
            Failure(Some(400), &[], "400 Bad Request: [2Jno (code [31mC)"),
        ),
        row(
            "text without end in one line",
            answer(500, &text, "x".repeat(90_000)),
            Failure(Some(500), &["retryable"], "xxx…"),
        ),
        row(
            "nested 10,000 deep",
            answer(500, &[], "{\"error\":".repeat(10_000)),
            Failure(Some(500), &["retryable"], "500 Internal Server Error"),
        ),
        row(
            "invalid UTF-8",
            answer(500, &text, b"Stra\xdfe"),
            Failure(Some(500), &["retryable"], "Stra\u{fffd}e"),
        ),
        row(
            "list where an error was expected",
            answer(400, &[], "[]"),
            Failure(Some(400), &[], "400 Bad Request"),
        ),
        row(
            "a status that nobody knows",
            answer(999, &text, "odd"),
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
            answer(401, &[], r#"{"Message":"Authorization has been denied."}"#),
            Failure(
                Some(401),
                &["unauthorized"],
                "Authorization has been denied.",
            ),
        ),
        row(
            "forbidden",
            answer(403, &[], r#"{"error":{"code":"Forbidden","message":""}}"#),
            Failure(Some(403), &["forbidden"], "403 Forbidden (code Forbidden)"),
        ),
        row(
            "header that isn't ASCII",
            answer(404, &[("x-ms-correlation-request-id", "größe")], ""),
            Failure(Some(404), &["not found"], "listOffers: 404 Not Found"),
        ),
    ];
    play(rows, Duration::from_secs(20)).await;
}

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
            answer(400, &[], error(&format!("The token {token} is bad."))),
            status("The token [redacted] is bad."),
        ),
        row(
            "code",
            answer(400, &[], format!(r#"{{"error":{{"code":"{token}"}}}}"#)),
            status("code [redacted]"),
        ),
        row(
            "text",
            answer(400, &[], format!("Authorization: Bearer {token}")),
            status("Authorization: Bearer [redacted]"),
        ),
        row(
            "escaped in JSON",
            answer(400, &[], error(&format!("The token {escaped} is bad."))),
            status("The token [redacted]"),
        ),
        row(
            "beginning only",
            answer(
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
            answer(400, &[], error(&format!("{}{token}", "x".repeat(300)))),
            status("xxx[redacted]"),
        ),
        row(
            "cut at the end of what is read",
            answer(
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
            answer(400, &html, format!("<html><title>{token}</title>")),
            status("[redacted]"),
        ),
        row(
            "page of a success",
            answer(200, &html, format!("<html><title>{token}</title>")),
            decode("the answer is text/html"),
        ),
        row(
            "kind of content",
            answer(200, &[("content-type", &format!("text/{token}"))], "x"),
            decode("the answer is text/[redacted] where JSON was expected"),
        ),
        row(
            "request's id",
            answer(400, &[(id, token)], ""),
            status("request [redacted]"),
        ),
        row(
            "request's id of a success that can't be decoded",
            answer(200, &[(id, token)], "{"),
            decode("request [redacted]"),
        ),
        row(
            "request's id of an answer that is too large",
            answer(200, &[(id, token)], " ".repeat(LIMIT + 1)),
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
            answer(
                302,
                &[("location", &format!("https://{token}.example.com/"))],
                token,
            ),
            Failure(Some(302), &[], "the service redirects to"),
        ),
        row(
            "JSON string for a list",
            json(format!("\"Bearer {token}\"")),
            decode("invalid type: string \"Bearer [redacted]"),
        ),
        row(
            "escaped JSON string for a list",
            json(format!("\"{escaped}\"")),
            decode("invalid type: string \"[redacted]"),
        ),
        row(
            "member of an answer that can't be decoded",
            json(format!(r#"[{{"id":"a","lockStatus":"{token}"}},{{}}]"#)),
            decode("$[1]: missing field `id`"),
        ),
        row(
            "member's name",
            json(format!(r#"[{{"{token}":tru}}]"#)),
            decode("$[0].[redacted]"),
        ),
        row(
            "status that isn't a success",
            answer(202, &[], token),
            Failure(Some(202), &["decode"], "202 Accepted"),
        ),
    ]
}

#[tokio::test]
async fn an_answer_that_names_the_token_as_its_id_shows_none() {
    let token = long_token();
    let server = Raw::scripts(vec![answer(
        200,
        &[("x-ms-correlation-request-id", &token)],
        "[]",
    )]);
    let client = build(client(server.url(), &token));
    let offers = guarded("list", client.list_offers("contoso"))
        .await
        .expect("a list");
    assert_eq!(offers.correlation_id(), Some("[redacted]"));
    assert!(!format!("{offers:?}").contains(support::outcome::SECRET));
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
        let server = Raw::scripts(vec![answer(429, &[("retry-after", &value)], "")]);
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
        check_what_is_shown(&value, &error);
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let other = Raw::scripts(vec![json("[]")]);
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
        let server = Raw::start(move |_| answer(status, &[("location", &place)], ""));
        let client = build(client(server.url(), &long_token()).retry(RetryPolicy::default()));
        let error = list(&client, &said).await.expect_err("it is a redirect");
        assert_eq!(error.status(), Some(status), "{said}");
        assert_eq!(predicates(&error), [""; 0], "{said}: {error:?}");
        assert!(error.to_string().contains("isn't followed"), "{error}");
        assert_eq!(server.asked().len(), 1, "{said}");
        check_what_is_shown(&said, &error);
    }
    assert_eq!(other.asked().len(), 0, "somebody followed");
}

#[tokio::test]
async fn nobody_listens() {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .expect("a port on this machine")
        .port();
    let client = build(client(format!("http://127.0.0.1:{port}"), &long_token()));
    let error = list(&client, "refused").await.expect_err("nobody listens");
    assert_eq!(predicates(&error), ["connect", "retryable"], "{error:?}");
    assert_eq!((error.status(), error.attempts()), (None, 1));
    assert!(error.to_string().contains("Connection refused"), "{error}");
    check_what_is_shown("refused", &error);
}

/// A listener whose queue is full: the connection is neither made nor refused.
#[tokio::test]
async fn connections_that_never_open() {
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket
        .bind((Ipv4Addr::LOCALHOST, 0).into())
        .expect("a port on this machine");
    let address = socket.local_addr().expect("an address");
    let _listener = socket.listen(1).expect("a listener");
    let mut queue = Vec::new();
    while let Ok(stream) =
        std::net::TcpStream::connect_timeout(&address, Duration::from_millis(200))
    {
        queue.push(stream);
        assert!(queue.len() < 100, "the queue is never full");
    }
    let client = build(
        client(format!("http://{address}"), &long_token())
            .connect_timeout(Duration::from_millis(500)),
    );
    let error = list(&client, "never").await.expect_err("it never opens");
    assert_eq!(predicates(&error), ["connect", "retryable"], "{error:?}");
    assert_eq!((error.status(), error.attempts()), (None, 1));
    check_what_is_shown("never", &error);
}

/// A token that can't be sent is refused before anything is, and not shown while it is.
#[tokio::test]
async fn tokens_that_cant_be_sent() {
    let server = Raw::scripts(vec![json("[]")]);
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
        check_what_is_shown(token, &error);

        let owned = token.to_owned();
        let credential = Credential::provider(move || {
            let token = cloud_partner_portal::AccessToken::new(owned.clone());
            async { Ok(token) }
        });
        let client = build(client(server.url(), "another").credential(credential));
        let error = list(&client, token).await.expect_err(token);
        assert_eq!(predicates(&error), ["credential"], "{token:?}: {error:?}");
        assert_eq!((error.status(), error.attempts()), (None, 0), "{token:?}");
        assert!(everything(&error).contains("the token that was fetched"));
        check_what_is_shown(token, &error);
    }
    assert_eq!(server.asked().len(), 0);
}
