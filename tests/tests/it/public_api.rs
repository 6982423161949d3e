//! Tests of the public API: auto traits, sources of errors, `Client::get` and the number of attempts.

use std::error::Error as _;
use std::time::Duration;

use crate::support::scripted_server::{ScriptedServer, response};
use crate::support::{build, client, refused_endpoint};
use cloud_partner_portal::{
    AccessToken, Change, Client, ClientBuilder, Credential, CredentialError, CredentialSource,
    Error, Extensible, Identifier, InvalidIdentifier, Link, Outcome, PublisherWatch,
    PublisherWatchBuilder, PublisherWatchEvent, PublisherWatchResult, Response, RetryPolicy,
    StepChange, Timestamp, Until, Watch, WatchBuilder, WatchEvent, WatchResult, types,
};

#[test]
fn types_are_send_and_sync_and_errors_are_clone() {
    fn check<T: Send + Sync + 'static>() {}
    fn is_send<T: Send + 'static>() {}
    fn is_error<T: Clone + std::error::Error>() {}
    check::<(AccessToken, Client, ClientBuilder, RetryPolicy)>();
    check::<(Credential, CredentialError, CredentialSource, Error)>();
    check::<(Identifier, InvalidIdentifier, Link, Timestamp)>();
    check::<(Extensible<types::OfferStatus>, Outcome, Until)>();
    check::<Response<types::OfferStatusReport>>();
    check::<(Change, StepChange, WatchBuilder, WatchEvent, WatchResult)>();
    check::<(PublisherWatchBuilder, PublisherWatchEvent)>();
    check::<PublisherWatchResult>();
    // The futures of requests aren't `Sync`.
    is_send::<(PublisherWatch, Watch)>();
    is_error::<Error>();
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
    let retry = RetryPolicy::default().initial_backoff(Duration::from_millis(1));
    let client = build(Client::builder().endpoint(server.url()).retry(retry));
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
