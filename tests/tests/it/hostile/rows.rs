//! What a server does, what the caller gets, and how the two are played.

use std::time::Duration;

use cloud_partner_portal::{Client, ClientBuilder, Credential, Error, RetryPolicy};

use crate::support::error_checks::{check_displayed_text, long_token, predicates, with_timeout};
use crate::support::scripted_server::Step::Send;
use crate::support::scripted_server::{ScriptedServer, Step};

/// The largest answer that the tests' clients take.
pub const LIMIT: usize = 100_000;
/// For rows whose server never ends; all others end by themselves.
pub const SHORT: Duration = Duration::from_secs(1);

pub struct Row {
    pub name: &'static str,
    pub does: Vec<Step>,
    pub gets: Gets,
}

#[derive(Clone, Copy)]
pub enum Gets {
    /// So many offers.
    Offers(usize),
    /// An error: its status, its predicates that are true, and what it says among other things.
    Failure(Option<u16>, &'static [&'static str], &'static str),
}
pub use Gets::{Failure, Offers};

pub fn row(name: &'static str, does: impl Into<Vec<Step>>, gets: Gets) -> Row {
    Row {
        name,
        does: does.into(),
        gets,
    }
}

pub fn send(bytes: impl AsRef<[u8]>) -> Step {
    Send(bytes.as_ref().to_vec())
}

/// 200 with JSON, of which these headers and this beginning of a body are sent.
pub fn begin(headers: &str, body: impl AsRef<[u8]>) -> Step {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{headers}\r\n");
    send([head.as_bytes(), body.as_ref()].concat())
}

pub fn client(endpoint: impl Into<String>, token: &str) -> ClientBuilder {
    Client::builder()
        .endpoint(endpoint)
        .credential(Credential::token(token).expect("a good token"))
        .attempt_timeout(Duration::from_secs(20))
        .response_limit(LIMIT)
        .retry(RetryPolicy::disabled())
}

pub fn build(builder: ClientBuilder) -> Client {
    builder.build().expect("a good configuration")
}

pub async fn list(client: &Client, said: &str) -> Result<usize, Error> {
    let offers = with_timeout(said, client.list_offers("contoso")).await?;
    Ok(offers.len())
}

pub fn check(row: &Row, outcome: Result<usize, Error>) {
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
            check_displayed_text(name, &error);
        }
    }
}

/// Plays each row to a client with this time for an attempt; all at once, and tells of each that fails.
pub async fn play(rows: Vec<Row>, attempt_timeout: Duration) {
    play_with(rows, attempt_timeout, &long_token()).await;
}

pub async fn play_with(rows: Vec<Row>, attempt_timeout: Duration, token: &str) {
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

pub async fn play_one(row: Row, attempt_timeout: Duration, token: String) {
    let does = row.does.clone();
    let server = ScriptedServer::start(move |_| does.clone());
    let client = build(client(server.url(), &token).attempt_timeout(attempt_timeout));
    let outcome = list(&client, row.name).await;
    check(&row, outcome);
    assert_eq!(server.requests().len(), 1, "{}", row.name);
}

pub const BROKEN: &[&str] = &["retryable"];
pub const LATE: &[&str] = &["retryable", "timeout"];
pub const BROKE: &str = "the connection broke before the response was complete";
pub const UNANSWERED: &str = "the service didn't respond within 1 s";
