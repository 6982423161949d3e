//! When tokens are fetched, cached, renewed and discarded, as observed by a provider and a server.

use std::error::Error as _;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::support::error_checks::{SECRET, check_displayed_text, with_timeout};
use crate::support::scripted_server::{
    ReceivedRequest, ScriptedServer, Step, json_response, response,
};
use cloud_partner_portal::{AccessToken, Client, Credential, Error, RetryPolicy};
use tokio::sync::Semaphore;

/// The behaviour of a provider in one call.
#[derive(Clone, Copy)]
enum Behaviour {
    /// Returns a token without an expiry.
    Return,
    /// Returns a token with this lifetime.
    ReturnFor(Duration),
    /// Waits for the gate, then returns a token without an expiry.
    Wait,
    /// Returns an error.
    Fail,
}

/// The error of the provider.
#[derive(Debug, PartialEq)]
struct NoToken(u8);

impl fmt::Display for NoToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the vault is closed\n   at Vault.Open()")
    }
}

impl std::error::Error for NoToken {}

/// A provider of numbered tokens, starting with 0, and the number of its calls.
struct Provider {
    calls: Arc<Mutex<usize>>,
    gate: Arc<Semaphore>,
}

impl Provider {
    /// Uses the nth behaviour in the nth call, and the last behaviour in all later calls.
    fn new(behaviours: &'static [Behaviour]) -> (Self, Credential) {
        let calls = Arc::new(Mutex::new(0));
        let gate = Arc::new(Semaphore::new(0));
        let provider = Self {
            calls: Arc::clone(&calls),
            gate: Arc::clone(&gate),
        };
        let credential = Credential::provider(move || {
            let mut calls = calls.lock().unwrap_or_else(PoisonError::into_inner);
            let number = *calls;
            *calls += 1;
            let gate = Arc::clone(&gate);
            async move {
                // Leaves time for a concurrent call to fetch a token too.
                tokio::time::sleep(Duration::from_millis(20)).await;
                let token = AccessToken::new(token(number));
                match behaviours[number.min(behaviours.len() - 1)] {
                    Behaviour::Return => Ok(token),
                    Behaviour::ReturnFor(time) => Ok(token.expires_in(time)),
                    Behaviour::Wait => {
                        let _open = gate.acquire().await?;
                        Ok(token)
                    }
                    Behaviour::Fail => Err(NoToken(7).into()),
                }
            }
        });
        (provider, credential)
    }

    fn calls(&self) -> usize {
        *self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn wait_for_calls(&self, times: usize) {
        with_timeout("provider", async {
            while self.calls() < times {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
    }
}

fn token(number: usize) -> String {
    format!("{SECRET}-token-{number}")
}

fn client(server: &ScriptedServer, credential: Credential) -> Client {
    Client::builder()
        .endpoint(server.url())
        .credential(credential)
        .attempt_timeout(Duration::from_secs(20))
        .retry(RetryPolicy::default().initial_backoff(Duration::from_millis(1)))
        .build()
        .expect("a valid configuration")
}

/// Lists the offers and returns the number of attempts.
async fn list(client: &Client) -> Result<u32, Error> {
    let response = with_timeout("list", client.list_offers("contoso")).await;
    if let Err(error) = &response {
        check_displayed_text("list", error);
    }
    response.map(|offers| offers.attempts())
}

/// Returns the numbers of the received tokens, in order.
fn tokens(server: &ScriptedServer) -> Vec<usize> {
    let number = |request: ReceivedRequest| {
        let token = request.token.expect("a token");
        let number = token.rsplit('-').next().map(str::parse);
        number.expect("a number").expect("a number")
    };
    server.requests().into_iter().map(number).collect()
}

/// Returns a script that accepts the tokens from this number on, and rejects the others with a 401.
fn accepts_from(first: usize) -> impl Fn(&ReceivedRequest) -> Vec<Step> + Send + Sync + 'static {
    move |request| {
        let rejected = (0..first).any(|number| request.token == Some(token(number)));
        if rejected {
            response(401, &[], r#"{"Message":"Authorization has been denied."}"#)
        } else {
            json_response("[]")
        }
    }
}

const LONG: Duration = Duration::from_secs(3600);
/// A lifetime shorter than five minutes, the time before the expiry at which a token is renewed.
const SOON: Duration = Duration::from_secs(120);
/// The lifetime of a token that has expired by the next call.
const NOW: Duration = Duration::ZERO;

#[tokio::test]
async fn a_token_is_fetched_once_for_many_calls() {
    for behaviours in [&[Behaviour::Return], &[Behaviour::ReturnFor(LONG)]] {
        let (provider, credential) = Provider::new(behaviours);
        let server = ScriptedServer::start(accepts_from(0));
        let client = client(&server, credential);
        let calls: Vec<_> = (0..20)
            .map(|_| {
                let client = client.clone();
                tokio::spawn(async move { list(&client).await })
            })
            .collect();
        for call in calls {
            assert_eq!(call.await.expect("no panic").expect("a list"), 1);
        }
        list(&client).await.expect("a list");
        assert_eq!(tokens(&server), [0; 21]);
        assert_eq!(provider.calls(), 1);
    }
}

#[tokio::test]
async fn no_token_is_fetched_before_the_first_call() {
    let (provider, credential) = Provider::new(&[Behaviour::Return]);
    let server = ScriptedServer::start(accepts_from(0));
    drop(client(&server, credential));
    assert_eq!(provider.calls(), 0);
}

#[tokio::test]
async fn calls_use_a_valid_token_while_it_is_renewed() {
    let (provider, credential) = Provider::new(&[Behaviour::ReturnFor(SOON), Behaviour::Wait]);
    let server = ScriptedServer::start(accepts_from(0));
    let client = client(&server, credential);
    for _ in 0..7 {
        list(&client).await.expect("a list");
    }
    provider.wait_for_calls(2).await;
    provider.gate.add_permits(1);
    with_timeout(
        "renewal",
        Box::pin(async {
            while tokens(&server).last() == Some(&0) {
                list(&client).await.expect("a list");
            }
        }),
    )
    .await;
    assert_eq!(tokens(&server)[..7], [0; 7]);
    assert_eq!(provider.calls(), 2);
}

/// The provider returns only tokens that expire soon.
#[tokio::test]
async fn a_renewal_isnt_repeated_for_each_call() {
    for behaviours in [
        &[Behaviour::ReturnFor(SOON)] as &'static [Behaviour],
        &[Behaviour::ReturnFor(SOON), Behaviour::Fail],
    ] {
        let (provider, credential) = Provider::new(behaviours);
        let server = ScriptedServer::start(accepts_from(0));
        let client = client(&server, credential);
        for _ in 0..2 {
            list(&client).await.expect("a list");
        }
        // The renewal takes 20 ms.
        provider.wait_for_calls(2).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        for _ in 0..5 {
            list(&client).await.expect("a list");
        }
        assert_eq!(provider.calls(), 2);
    }
}

#[tokio::test]
async fn clones_of_a_credential_share_its_token() {
    let (provider, credential) = Provider::new(&[Behaviour::ReturnFor(LONG)]);
    let server = ScriptedServer::start(accepts_from(0));
    for credential in [credential.clone(), credential] {
        list(&client(&server, credential)).await.expect("a list");
    }
    assert_eq!(provider.calls(), 1);
}

#[tokio::test]
async fn calls_that_wait_for_a_token_share_its_error() {
    let (provider, credential) = Provider::new(&[Behaviour::Fail]);
    let server = ScriptedServer::start(accepts_from(0));
    let client = client(&server, credential);
    let (one, other) = tokio::join!(list(&client), list(&client));
    for result in [one, other] {
        let error = result.expect_err("there is no token");
        assert!(error.is_credential(), "{error:?}");
    }
    assert_eq!(provider.calls(), 1);
}

/// A provider with its own cache behaves like this.
#[tokio::test]
async fn a_rejected_token_that_the_provider_returns_again_isnt_sent_again() {
    let credential =
        Credential::provider(|| async { Ok(AccessToken::new(token(0)).expires_in(LONG)) });
    let server = ScriptedServer::start(accepts_from(1));
    let error = list(&client(&server, credential))
        .await
        .expect_err("rejected");
    assert!(error.is_unauthorized(), "{error:?}");
    assert_eq!(error.attempts(), 1);
    assert_eq!(error.credential(), Some("provider"));
    let source = error.source().map(ToString::to_string).unwrap_or_default();
    assert!(
        source.contains("returned the rejected token again"),
        "{source}"
    );
    assert_eq!(tokens(&server), [0]);
}

#[tokio::test]
async fn a_token_file_is_read_again_when_its_token_is_rejected() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), format!("{}\n", token(0))).expect("a token");
    let credential = Credential::token_file(file.path()).expect("a file");
    let server = ScriptedServer::start(accepts_from(1));
    let client = client(&server, credential);
    let error = list(&client).await.expect_err("rejected");
    assert!(error.is_unauthorized(), "{error:?}");
    std::fs::write(file.path(), token(1)).expect("a token");
    assert_eq!(list(&client).await.expect("a list"), 2);
    assert_eq!(tokens(&server), [0, 0, 1]);

    let missing = Credential::token_file("/nonexistent/token").expect_err("no file");
    assert!(missing.is_invalid_argument(), "{missing:?}");
}

#[tokio::test]
async fn an_expired_token_isnt_sent_again() {
    let (provider, credential) = Provider::new(&[Behaviour::ReturnFor(NOW)]);
    let server = ScriptedServer::start(accepts_from(0));
    let client = client(&server, credential);
    for _ in 0..3 {
        list(&client).await.expect("a list");
    }
    // Each token is used for the call that fetched it, because only the server can decide whether it is still valid.
    assert_eq!(tokens(&server), [0, 1, 2]);
    assert_eq!(provider.calls(), 3);
}

#[tokio::test]
async fn a_provider_error_is_a_credential_error_with_its_source() {
    for (behaviours, before) in [
        (&[Behaviour::Fail] as &'static [Behaviour], 0),
        (&[Behaviour::ReturnFor(NOW), Behaviour::Fail], 1),
    ] {
        let (provider, credential) = Provider::new(behaviours);
        let server = ScriptedServer::start(accepts_from(0));
        let client = client(&server, credential);
        for _ in 0..before {
            list(&client).await.expect("a list");
        }
        let error = list(&client).await.expect_err("there is no token");
        assert!(error.is_credential() && !error.is_retryable(), "{error:?}");
        assert_eq!((error.status(), error.attempts()), (None, 0));
        assert_eq!(
            error.to_string(),
            "listOffers: no token could be fetched; credential: provider"
        );
        let source = error.source().and_then(|source| source.downcast_ref());
        assert_eq!(source, Some(&NoToken(7)));
        assert_eq!(server.requests().len(), before);
        assert_eq!(provider.calls(), before + 1);
    }
}

#[tokio::test]
async fn a_401_discards_the_token_and_retries_the_call_with_a_new_token() {
    let (provider, credential) = Provider::new(&[Behaviour::ReturnFor(LONG)]);
    let server = ScriptedServer::start(accepts_from(1));
    let client = client(&server, credential);
    assert_eq!(list(&client).await.expect("a list"), 2);
    assert_eq!(list(&client).await.expect("a list"), 1);
    assert_eq!(tokens(&server), [0, 1, 1]);
    assert_eq!(provider.calls(), 2);
}

#[tokio::test]
async fn concurrent_401s_fetch_one_new_token() {
    let (provider, credential) = Provider::new(&[Behaviour::ReturnFor(LONG)]);
    // Some 401 responses arrive after the new token was fetched.
    let accepts = accepts_from(1);
    let server = ScriptedServer::start(move |request| {
        let delay = Duration::from_millis(if request.number % 2 == 0 { 0 } else { 200 });
        [vec![Step::Wait(delay)], accepts(request)].concat()
    });
    let client = client(&server, credential);
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { list(&client).await })
        })
        .collect();
    for call in calls {
        call.await.expect("no panic").expect("a list");
    }
    assert_eq!(provider.calls(), 2);
    assert_eq!(
        tokens(&server).iter().filter(|token| **token == 1).count(),
        20
    );
}

#[tokio::test]
async fn a_second_401_is_returned() {
    let (provider, credential) = Provider::new(&[Behaviour::Return]);
    let server = ScriptedServer::start(accepts_from(usize::MAX));
    let client = client(&server, credential);
    let error = list(&client).await.expect_err("no token is good");
    assert!(
        error.is_unauthorized() && !error.is_credential(),
        "{error:?}"
    );
    assert_eq!((error.status(), error.attempts()), (Some(401), 2));
    assert_eq!(error.message(), "Authorization has been denied.");
    assert_eq!(tokens(&server), [0, 1]);
    assert_eq!(provider.calls(), 2);
}

#[tokio::test]
async fn a_401_between_retries_gets_a_new_token() {
    let (_, credential) = Provider::new(&[Behaviour::Return]);
    let server = ScriptedServer::start(|request| match request.number {
        0 | 2 => response(503, &[], ""),
        1 => response(401, &[], ""),
        _ => json_response("[]"),
    });
    assert_eq!(list(&client(&server, credential)).await.expect("a list"), 4);
    assert_eq!(tokens(&server), [0, 0, 1, 1]);
}

#[tokio::test]
async fn an_error_contains_the_401_and_why_no_new_token_was_fetched() {
    let (_, credential) = Provider::new(&[Behaviour::Return, Behaviour::Fail]);
    let server = ScriptedServer::start(accepts_from(1));
    let error = list(&client(&server, credential))
        .await
        .expect_err("a credential error");
    assert!(error.is_credential(), "{error:?}");
    assert_eq!(error.attempts(), 1);
    // Both are reported: why there is no new token, and the rejection of the old one.
    assert!(error.to_string().contains("the vault is closed"), "{error}");
    let source = error.source().and_then(|source| source.downcast_ref());
    assert_eq!(source.and_then(Error::status), Some(401), "{error:?}");
}

#[tokio::test]
async fn a_rejected_fixed_token_isnt_sent_again() {
    let server = ScriptedServer::start(accepts_from(1));
    let credential = Credential::token(token(0)).expect("a valid token");
    let error = list(&client(&server, credential))
        .await
        .expect_err("rejected");
    assert!(error.is_unauthorized(), "{error:?}");
    assert_eq!(error.attempts(), 1);
    assert_eq!(tokens(&server), [0]);
}

#[tokio::test]
async fn a_call_that_is_aborted_while_it_fetches_a_token_doesnt_affect_other_calls() {
    let (provider, credential) = Provider::new(&[Behaviour::Wait, Behaviour::Return]);
    let server = ScriptedServer::start(accepts_from(0));
    let client = client(&server, credential);
    let first = {
        let client = client.clone();
        tokio::spawn(async move { list(&client).await })
    };
    provider.wait_for_calls(1).await;
    first.abort();
    assert!(first.await.is_err_and(|error| error.is_cancelled()));
    list(&client).await.expect("a list");
    assert_eq!(tokens(&server), [1]);
}

#[tokio::test]
async fn the_call_timeout_applies_to_the_token_provider() {
    let (_, credential) = Provider::new(&[Behaviour::Wait]);
    let server = ScriptedServer::start(accepts_from(0));
    let client = Client::builder()
        .endpoint(server.url())
        .credential(credential)
        .call_timeout(Duration::from_secs(1))
        .build()
        .expect("a valid configuration");
    let error = list(&client).await.expect_err("there is no token");
    assert!(error.is_timeout(), "{error:?}");
    assert_eq!(error.attempts(), 0);
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn debug_output_contains_no_token() {
    let fixed = Credential::token(token(0)).expect("a valid token");
    let (_, provided) = Provider::new(&[Behaviour::ReturnFor(LONG)]);
    let server = ScriptedServer::start(accepts_from(0));
    let mut outputs = vec![
        format!("{:?}", AccessToken::new(token(0)).expires_in(LONG)),
        format!("{fixed:?} {fixed:#?} {provided:?}"),
        format!("{:?}", Client::builder().credential(provided)),
    ];
    let client = client(&server, fixed);
    list(&client).await.expect("a list");
    outputs.push(format!("{client:?} {client:#?}"));
    for output in outputs {
        assert!(!output.contains(SECRET), "{output}");
    }
}

#[tokio::test]
async fn a_remote_endpoint_without_tls_is_an_error() {
    for endpoint in [
        "http://cloudpartner.azure.com",
        "http://192.0.2.1",
        "http://0.0.0.0:8080",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://[2001:db8::1]",
        "HTTP://EXAMPLE.COM",
    ] {
        for http_client in [None, Some(reqwest::Client::new())] {
            let (provider, credential) = Provider::new(&[Behaviour::Return]);
            let mut builder = Client::builder().endpoint(endpoint).credential(credential);
            if let Some(http_client) = http_client {
                builder = builder.http_client(http_client);
            }
            let error = builder.build().expect_err(endpoint);
            assert!(error.is_invalid_argument(), "{endpoint}: {error:?}");
            assert!(error.to_string().contains("https"), "{error}");
            assert_eq!(provider.calls(), 0, "{endpoint}");
        }
    }
}
