//! Connections that break, lie, stall, or never open.

use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use super::rows::{
    BROKE, BROKEN, Failure, LATE, Offers, SHORT, UNANSWERED, begin, build, client, list, play, row,
    send,
};
use crate::support::error_checks::{all_text, check_displayed_text, long_token, predicates};
use crate::support::scripted_server::Step::{Repeat, Reset, Stall, Wait};

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
                "the response is empty where JSON was expected",
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
async fn nobody_listens() {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .expect("a port on this machine")
        .port();
    let client = build(client(format!("http://127.0.0.1:{port}"), &long_token()));
    let error = list(&client, "refused").await.expect_err("nobody listens");
    assert_eq!(predicates(&error), ["connection", "retryable"], "{error:?}");
    assert_eq!((error.status(), error.attempts()), (None, 1));
    assert!(all_text(&error).contains("Connection refused"), "{error}");
    check_displayed_text("refused", &error);
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
    assert_eq!(predicates(&error), ["connection", "retryable"], "{error:?}");
    assert_eq!((error.status(), error.attempts()), (None, 1));
    check_displayed_text("never", &error);
}
