//! A test case of a faulty server, and the functions that run and check it.

use std::time::Duration;

use cloud_partner_portal::{Client, ClientBuilder, Credential, Error, RetryPolicy};

use crate::support::error_checks::{check_displayed_text, long_token, predicates, with_timeout};
use crate::support::scripted_server::Step::Send;
use crate::support::scripted_server::{ScriptedServer, Step};

/// The response limit of the tests' clients, in bytes.
pub const RESPONSE_LIMIT: usize = 100_000;
/// The attempt timeout of cases in which the server never completes the response.
pub const SHORT_TIMEOUT: Duration = Duration::from_secs(1);

pub struct Case {
    pub name: &'static str,
    pub script: Vec<Step>,
    pub expected: Expected,
}

#[derive(Clone, Copy)]
pub enum Expected {
    /// A list with this number of offers.
    Offers(usize),
    /// An error: its status code, its predicates that are true, and a part of its message.
    ExpectedError(Option<u16>, &'static [&'static str], &'static str),
}
pub use Expected::{ExpectedError, Offers};

pub fn case(name: &'static str, script: impl Into<Vec<Step>>, expected: Expected) -> Case {
    Case {
        name,
        script: script.into(),
        expected,
    }
}

pub fn send(bytes: impl AsRef<[u8]>) -> Step {
    Send(bytes.as_ref().to_vec())
}

/// Sends the head of a 200 response with these headers and the beginning of a JSON body.
pub fn partial_response(headers: &str, body: impl AsRef<[u8]>) -> Step {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{headers}\r\n");
    send([head.as_bytes(), body.as_ref()].concat())
}

pub fn client(endpoint: impl Into<String>, token: &str) -> ClientBuilder {
    Client::builder()
        .endpoint(endpoint)
        .credential(Credential::token(token).expect("a valid token"))
        .attempt_timeout(Duration::from_secs(20))
        .response_limit(RESPONSE_LIMIT)
        .retry(RetryPolicy::disabled())
}

pub fn build(builder: ClientBuilder) -> Client {
    builder.build().expect("a valid configuration")
}

pub async fn list(client: &Client, case: &str) -> Result<usize, Error> {
    let offers = with_timeout(case, client.list_offers("contoso")).await?;
    Ok(offers.len())
}

pub fn check(case: &Case, outcome: Result<usize, Error>) {
    let name = case.name;
    match (case.expected, outcome) {
        (Offers(expected), Ok(offers)) => assert_eq!(offers, expected, "{name}"),
        (Offers(_), Err(error)) => panic!("{name}: {error:?}"),
        (ExpectedError(..), Ok(offers)) => panic!("{name}: {offers} offers"),
        (ExpectedError(status, expected_predicates, message), Err(error)) => {
            assert_eq!(error.status(), status, "{name}: {error:?}");
            assert_eq!(predicates(&error), expected_predicates, "{name}: {error:?}");
            let line = error.to_string();
            assert!(line.contains(message), "{name}: {line}");
            assert_eq!(error.attempts(), 1, "{name}");
            assert_eq!(error.operation(), Some("listOffers"), "{name}");
            check_displayed_text(name, &error);
        }
    }
}

/// Runs all cases concurrently with this attempt timeout, and panics with the names of the cases that failed.
pub async fn check_cases(cases: Vec<Case>, attempt_timeout: Duration) {
    check_cases_with_token(cases, attempt_timeout, &long_token()).await;
}

pub async fn check_cases_with_token(cases: Vec<Case>, attempt_timeout: Duration, token: &str) {
    let cases: Vec<_> = cases
        .into_iter()
        .map(|case| {
            let token = token.to_owned();
            (
                case.name,
                tokio::spawn(run_case(case, attempt_timeout, token)),
            )
        })
        .collect();
    let mut failed = Vec::new();
    for (name, case) in cases {
        if case.await.is_err() {
            failed.push(name);
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

pub async fn run_case(case: Case, attempt_timeout: Duration, token: String) {
    let script = case.script.clone();
    let server = ScriptedServer::start(move |_| script.clone());
    let client = build(client(server.url(), &token).attempt_timeout(attempt_timeout));
    let outcome = list(&client, case.name).await;
    check(&case, outcome);
    assert_eq!(server.requests().len(), 1, "{}", case.name);
}

pub const RETRYABLE: &[&str] = &["retryable"];
pub const RETRYABLE_TIMEOUT: &[&str] = &["retryable", "timeout"];
pub const CONNECTION_BROKE: &str = "the connection broke before the response was complete";
pub const NO_RESPONSE: &str = "the service didn't respond within 1 s";
