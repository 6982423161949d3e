//! Endpoints with a password, a token provider that never returns, and the attempt after a 401.

use std::future::pending;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cloud_partner_portal::{AccessToken, Client, ClientBuilder, Credential, RetryPolicy};

use crate::support::TOKEN;
use crate::support::scripted_server::{ScriptedServer, json_response, response};

fn builder(server: &ScriptedServer) -> ClientBuilder {
    Client::builder()
        .endpoint(server.url())
        .credential(Credential::token(TOKEN).expect("a valid token"))
        .retry(RetryPolicy::disabled())
}

#[test]
fn an_endpoint_with_a_password_is_an_error_and_the_password_is_never_shown() {
    let builder = Client::builder()
        .endpoint("https://user:s3cret@example.com")
        .credential(Credential::token(TOKEN).expect("a valid token"));
    let debug = format!("{builder:?}");
    let error = builder.build().expect_err("an endpoint with a password");
    assert!(error.is_invalid_argument(), "{error:?}");
    for text in [debug, format!("{error} {error:?}")] {
        assert!(text.contains("a user name or a password"), "{text}");
        assert!(!text.contains("s3cret"), "{text}");
    }
}

#[tokio::test]
async fn a_call_that_times_out_while_it_waits_for_a_token_is_a_credential_error() {
    let server = ScriptedServer::start(|_| json_response("[]"));
    let client = builder(&server)
        .credential(Credential::provider(pending))
        .call_timeout(Duration::from_millis(50))
        .build()
        .expect("a client");
    let error = client.list_offers("contoso").await.expect_err("no token");
    assert!(error.is_credential() && error.is_timeout(), "{error:?}");
    assert_eq!(
        error.to_string(),
        "listOffers: the call timed out after 0.05 s while the credential fetched a token; credential: provider"
    );
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn a_401_is_followed_by_one_attempt_with_a_new_token_even_without_retries() {
    for second in [200, 401, 503] {
        let server = ScriptedServer::start(move |request| match request.number {
            0 => response(401, &[], ""),
            _ if second == 200 => json_response("[]"),
            _ => response(second, &[], ""),
        });
        let number = AtomicU32::new(0);
        let credential = Credential::provider(move || {
            let number = number.fetch_add(1, Ordering::Relaxed);
            async move { Ok(AccessToken::new(format!("t0ken-{number}"))) }
        });
        let client = builder(&server).credential(credential);
        let client = client.build().expect("a client");
        let attempts = match client.list_offers("contoso").await {
            Ok(response) => response.attempts(),
            Err(error) => error.attempts(),
        };
        assert_eq!(attempts, 2, "{second}");
        assert_eq!(server.requests().len(), 2, "{second}");
    }
}
