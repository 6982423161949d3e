//! Tests of the public API: auto traits, sources of errors, `Client::get` and the number of attempts.

use std::error::Error as _;
use std::time::Duration;

use crate::support::scripted_server::{ScriptedServer, response};
use crate::support::{client, refused_endpoint};
use cloud_partner_portal::{
    AccessToken, Change, Client, ClientBuilder, Credential, CredentialError, CredentialSource,
    Error, Extensible, Identifier, InvalidIdentifier, Link, Outcome, PublisherWatch,
    PublisherWatchBuilder, PublisherWatchEvent, PublisherWatchResult, Response, RetryPolicy,
    StepChange, Timestamp, Until, Watch, WatchBuilder, WatchEvent, WatchResult, types,
};

#[test]
fn types_are_send_and_sync() {
    fn check<T: Send + Sync + 'static>() {}
    check::<AccessToken>();
    check::<Change>();
    check::<Client>();
    check::<ClientBuilder>();
    check::<Credential>();
    check::<CredentialError>();
    check::<CredentialSource>();
    check::<Error>();
    check::<Extensible<types::OfferStatus>>();
    check::<Identifier>();
    check::<InvalidIdentifier>();
    check::<Link>();
    check::<Outcome>();
    check::<PublisherWatchBuilder>();
    check::<PublisherWatchEvent>();
    check::<PublisherWatchResult>();
    check::<Response<types::OfferStatusReport>>();
    check::<RetryPolicy>();
    check::<StepChange>();
    check::<Timestamp>();
    check::<Until>();
    check::<WatchBuilder>();
    check::<WatchEvent>();
    check::<WatchResult>();
    // The futures of requests aren't `Sync`.
    fn is_send<T: Send + 'static>() {}
    is_send::<PublisherWatch>();
    is_send::<Watch>();
}

#[test]
fn errors_are_clone() {
    fn check<T: Clone + std::error::Error>() {}
    check::<Error>();
}

#[tokio::test]
async fn the_message_of_an_error_does_not_contain_the_messages_of_its_sources() {
    let client = client(refused_endpoint());
    let error = client.list_offers("contoso").await.expect_err("no server");
    let message = error.to_string();
    let mut sources = 0;
    let mut source = error.source();
    while let Some(error) = source {
        assert!(!message.contains(&error.to_string()), "{message}: {error}");
        sources += 1;
        source = error.source();
    }
    assert!(sources > 0, "{error:?}");
    assert_eq!(error.clone().to_string(), message);
}

#[tokio::test]
async fn get_calls_an_operation_that_the_spec_does_not_name() {
    let server = ScriptedServer::start(|request| match request.number {
        0 => response(503, &[], ""),
        _ => response(200, &[("x-test", "a")], r#"{"any":["thing"]}"#),
    });
    let client = builder(&server).build().expect("a client");
    assert_eq!(client.endpoint(), server.url());
    let response = client
        .get("/api/publishers/contoso/offers/test-vm?x=1")
        .await
        .expect("JSON");
    assert_eq!(response["any"][0], "thing");
    assert_eq!((response.attempts(), response.status()), (2, 200));
    let header = response.headers().get("x-test");
    assert_eq!(header.and_then(|value| value.to_str().ok()), Some("a"));
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    assert!(requests.iter().all(|request| request.token.is_some()));

    for path in ["api", "/../x", "/a b", "https://evil.example/"] {
        let error = client.get(path).await.expect_err(path);
        assert!(error.is_invalid_argument(), "{path}: {error:?}");
    }
    assert_eq!(server.requests().len(), 2);
}

/// Returns a builder of a client with a maximum of four attempts per call.
fn builder(server: &ScriptedServer) -> ClientBuilder {
    let retry = RetryPolicy::default()
        .max_attempts(4)
        .initial_backoff(Duration::from_millis(1));
    Client::builder()
        .endpoint(server.url())
        .credential(Credential::token("t0ken").expect("a valid token"))
        .retry(retry)
}
