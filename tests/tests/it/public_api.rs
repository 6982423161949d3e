//! Properties of the public API that hold for every user: which types are `Send`, `Sync` and `Clone`, and how errors nest.

use std::error::Error as _;
use std::net::{Ipv4Addr, TcpListener};

use cloud_partner_portal::{
    AccessToken, Client, ClientBuilder, Credential, Error, Link, Outcome, Response, RetryPolicy,
    Timestamp, types,
};

#[test]
fn types_are_send_and_sync() {
    fn check<T: Send + Sync + 'static>() {}
    check::<AccessToken>();
    check::<Client>();
    check::<ClientBuilder>();
    check::<Credential>();
    check::<Error>();
    check::<Link>();
    check::<Outcome>();
    check::<Response<types::OfferStatusReport>>();
    check::<RetryPolicy>();
    check::<Timestamp>();
}

#[test]
fn errors_are_clone() {
    fn check<T: Clone + std::error::Error>() {}
    check::<Error>();
}

#[tokio::test]
async fn an_error_does_not_repeat_its_source() {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
        .port();
    let client = Client::builder()
        .endpoint(format!("http://127.0.0.1:{port}"))
        .credential(Credential::token("t0ken").expect("a valid token"))
        .retry(RetryPolicy::disabled())
        .build()
        .expect("a client");
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
