//! Connections that break, stall or never open, and responses with wrong lengths.

use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use super::cases::{
    CONNECTION_BROKE, ExpectedError, NO_RESPONSE, Offers, RETRYABLE, RETRYABLE_TIMEOUT,
    SHORT_TIMEOUT, build, case, check_cases, client, list, partial_response, send,
};
use crate::support::error_checks::{all_text, check_displayed_text, long_token, predicates};
use crate::support::scripted_server::Step::{Repeat, Reset, Stall, Wait};

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one table of cases")]
async fn a_broken_connection_is_a_retryable_error() {
    let broken_body = ExpectedError(Some(200), RETRYABLE, CONNECTION_BROKE);
    let no_response = ExpectedError(None, RETRYABLE, CONNECTION_BROKE);
    let cases = vec![
        case("reset before headers", [Reset], no_response),
        case("closed before headers", [], no_response),
        case(
            "another protocol",
            [send("SSH-2.0-OpenSSH_9\r\n")],
            no_response,
        ),
        case("TLS alert", [send([0x15, 3, 3, 0, 2, 2, 40])], no_response),
        case(
            "reset in the headers",
            [
                send("HTTP/1.1 200 OK\r\nx-"),
                Wait(Duration::from_millis(20)),
                Reset,
            ],
            no_response,
        ),
        case(
            "endless headers",
            [
                send("HTTP/1.1 200 OK\r\n"),
                Repeat(b"x-more: and more\r\n".repeat(100), Duration::ZERO),
            ],
            no_response,
        ),
        case(
            "one endless header",
            [
                send("HTTP/1.1 200 OK\r\nx-long: "),
                Repeat(vec![b'x'; 16 * 1024], Duration::ZERO),
            ],
            no_response,
        ),
        case(
            "reset in the body",
            [
                partial_response("content-length: 100\r\n", "[{\"id\":"),
                Wait(Duration::from_millis(20)),
                Reset,
            ],
            broken_body,
        ),
        case(
            "truncated body",
            [partial_response(
                "content-length: 100\r\n",
                "[{\"id\":\"a\"}]",
            )],
            broken_body,
        ),
        case(
            "chunks without the last chunk",
            [partial_response(
                "transfer-encoding: chunked\r\n",
                "2\r\n[]\r\n",
            )],
            broken_body,
        ),
        case(
            "chunk with an invalid length",
            [partial_response(
                "transfer-encoding: chunked\r\n",
                "zz\r\n[]\r\n",
            )],
            broken_body,
        ),
        case(
            "chunk length over 64 bits",
            [partial_response(
                "transfer-encoding: chunked\r\n",
                "1ffffffffffffffff\r\n[]\r\n",
            )],
            broken_body,
        ),
        case(
            "body delimited by the end of the connection",
            [partial_response("", "[{\"id\":\"a\"}]")],
            Offers(1),
        ),
        case(
            "early hints before the response",
            [
                send("HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"),
                partial_response("content-length: 2\r\n", "[]"),
            ],
            Offers(0),
        ),
        case(
            "error response that is reset in its body",
            [
                send("HTTP/1.1 404 Not Found\r\ncontent-length: 100\r\n\r\nNo such"),
                Wait(Duration::from_millis(20)),
                Reset,
            ],
            ExpectedError(Some(404), &["not found"], "404 Not Found: No such"),
        ),
    ];
    check_cases(cases, Duration::from_secs(20)).await;
}

#[tokio::test]
async fn a_wrong_content_length_is_an_error() {
    let cases = vec![
        case(
            "too large",
            [partial_response("content-length: 1000000\r\n", "[]")],
            ExpectedError(Some(200), RETRYABLE, CONNECTION_BROKE),
        ),
        case(
            "larger than the memory",
            [partial_response(
                "content-length: 4611686018427387904\r\n",
                "[]",
            )],
            ExpectedError(Some(200), RETRYABLE, CONNECTION_BROKE),
        ),
        case(
            "larger than 64 bits",
            [partial_response(
                "content-length: 99999999999999999999\r\n",
                "[]",
            )],
            ExpectedError(None, RETRYABLE, CONNECTION_BROKE),
        ),
        case(
            "too small",
            [partial_response(
                "content-length: 5\r\n",
                "[{\"id\":\"a\"}]",
            )],
            ExpectedError(Some(200), &["decode"], "$[0].?: EOF while parsing"),
        ),
        case(
            "zero with a non-empty body",
            [partial_response(
                "content-length: 0\r\n",
                "[{\"id\":\"a\"}]",
            )],
            ExpectedError(
                Some(200),
                &["decode"],
                "the response is empty where JSON was expected",
            ),
        ),
        case(
            "two equal values",
            [partial_response(
                "content-length: 2\r\ncontent-length: 2\r\n",
                "[]",
            )],
            Offers(0),
        ),
        case(
            "two different values",
            [partial_response(
                "content-length: 2\r\ncontent-length: 12\r\n",
                "[{\"id\":\"a\"}]",
            )],
            ExpectedError(None, RETRYABLE, CONNECTION_BROKE),
        ),
        case(
            "not a number",
            [partial_response("content-length: two\r\n", "[]")],
            ExpectedError(None, RETRYABLE, CONNECTION_BROKE),
        ),
        case(
            "negative",
            [partial_response("content-length: -2\r\n", "[]")],
            ExpectedError(None, RETRYABLE, CONNECTION_BROKE),
        ),
        case(
            "with chunked encoding, which takes precedence",
            [partial_response(
                "content-length: 3\r\ntransfer-encoding: chunked\r\n",
                "2\r\n[]\r\n0\r\n\r\n",
            )],
            Offers(0),
        ),
    ];
    check_cases(cases, Duration::from_secs(20)).await;
}

#[tokio::test]
async fn a_slow_response_times_out() {
    let slowly = Duration::from_millis(20);
    let cases = vec![
        case(
            "no response",
            [Stall],
            ExpectedError(None, RETRYABLE_TIMEOUT, NO_RESPONSE),
        ),
        case(
            "slow headers",
            [
                send("HTTP/1.1 200 OK\r\nx-slow: "),
                Repeat(vec![b'x'], slowly),
            ],
            ExpectedError(None, RETRYABLE_TIMEOUT, NO_RESPONSE),
        ),
        case(
            "endless 100 Continue",
            [Repeat(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec(), slowly)],
            ExpectedError(None, RETRYABLE_TIMEOUT, NO_RESPONSE),
        ),
        case(
            "stalled body",
            [
                partial_response("content-length: 100\r\n", "[{\"id\":"),
                Stall,
            ],
            ExpectedError(Some(200), RETRYABLE_TIMEOUT, NO_RESPONSE),
        ),
        case(
            "slow body",
            [
                partial_response("content-length: 90000\r\n", "["),
                Repeat(vec![b' '], slowly),
            ],
            ExpectedError(Some(200), RETRYABLE_TIMEOUT, NO_RESPONSE),
        ),
        case(
            "slow chunks",
            [
                partial_response("transfer-encoding: chunked\r\n", "1\r\n[\r\n"),
                Repeat(b"1\r\n \r\n".to_vec(), slowly),
            ],
            ExpectedError(Some(200), RETRYABLE_TIMEOUT, NO_RESPONSE),
        ),
        // The error keeps the received status code instead of the timeout, so that a 404 isn't retried.
        case(
            "error response with a stalled body",
            [
                send("HTTP/1.1 404 Not Found\r\ncontent-length: 100\r\n\r\nNo such offer"),
                Stall,
            ],
            ExpectedError(Some(404), &["not found"], "404 Not Found: No such offer"),
        ),
        case(
            "redirect with a slow body",
            [
                send("HTTP/1.1 302 Found\r\ncontent-length: 90000\r\n\r\n"),
                Repeat(vec![b' '], slowly),
            ],
            ExpectedError(Some(302), &[], "the service redirects"),
        ),
    ];
    check_cases(cases, SHORT_TIMEOUT).await;
}

#[tokio::test]
async fn a_refused_connection_is_a_connection_error() {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
        .port();
    let client = build(client(format!("http://127.0.0.1:{port}"), &long_token()));
    let error = list(&client, "refused")
        .await
        .expect_err("a connection error");
    assert_eq!(predicates(&error), ["connection", "retryable"], "{error:?}");
    assert_eq!((error.status(), error.attempts()), (None, 1));
    assert!(all_text(&error).contains("Connection refused"), "{error}");
    check_displayed_text("refused", &error);
}

/// The listener's queue is full, so the connection is neither accepted nor refused.
#[tokio::test]
async fn the_connect_timeout_ends_a_connection_attempt() {
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket
        .bind((Ipv4Addr::LOCALHOST, 0).into())
        .expect("a free port");
    let address = socket.local_addr().expect("an address");
    let _listener = socket.listen(1).expect("a listener");
    let mut queue = Vec::new();
    while let Ok(stream) =
        std::net::TcpStream::connect_timeout(&address, Duration::from_millis(200))
    {
        queue.push(stream);
        assert!(queue.len() < 100, "the listener's queue never becomes full");
    }
    let client = build(
        client(format!("http://{address}"), &long_token())
            .connect_timeout(Duration::from_millis(500)),
    );
    let error = list(&client, "full queue")
        .await
        .expect_err("a connection error");
    assert_eq!(predicates(&error), ["connection", "retryable"], "{error:?}");
    assert_eq!((error.status(), error.attempts()), (None, 1));
    check_displayed_text("full queue", &error);
}
