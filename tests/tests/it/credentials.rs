//! When tokens are fetched, kept, refreshed and dropped, as a provider and a server see it.

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

/// What a provider does when it is called for the nth time.
#[derive(Clone, Copy)]
enum Does {
    /// Gives a token without an end.
    Gives,
    /// Gives a token that ends after this.
    GivesFor(Duration),
    /// Gives a token that lasts, but only when the gate is opened.
    Waits,
    Fails,
}

/// What the provider fails with.
#[derive(Debug, PartialEq)]
struct NoToken(u8);

impl fmt::Display for NoToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the vault is closed\n   at Vault.Open()")
    }
}

impl std::error::Error for NoToken {}

/// A provider of tokens that are numbered from 0, and what became of it.
struct Provider {
    calls: Arc<Mutex<usize>>,
    gate: Arc<Semaphore>,
}

impl Provider {
    /// Does the nth of these when it is called for the nth time, and the last one again and again.
    fn new(does: &'static [Does]) -> (Self, Credential) {
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
                // Whoever else would fetch too has the time for it.
                tokio::time::sleep(Duration::from_millis(20)).await;
                let token = AccessToken::new(token(number));
                match does[number.min(does.len() - 1)] {
                    Does::Gives => Ok(token),
                    Does::GivesFor(time) => Ok(token.expires_in(time)),
                    Does::Waits => {
                        let _open = gate.acquire().await?;
                        Ok(token)
                    }
                    Does::Fails => Err(NoToken(7).into()),
                }
            }
        });
        (provider, credential)
    }

    fn calls(&self) -> usize {
        *self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn called(&self, times: usize) {
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
        .expect("a good configuration")
}

/// How many attempts it took to succeed.
async fn list(client: &Client) -> Result<u32, Error> {
    let answer = with_timeout("list", client.list_offers("contoso")).await;
    if let Err(error) = &answer {
        check_displayed_text("list", error);
    }
    answer.map(|offers| offers.attempts())
}

/// The numbers of the tokens that arrived, in order.
fn tokens(server: &ScriptedServer) -> Vec<usize> {
    let number = |asked: ReceivedRequest| {
        let token = asked.token.expect("a token");
        let number = token.rsplit('-').next().map(str::parse);
        number.expect("a number").expect("a number")
    };
    server.requests().into_iter().map(number).collect()
}

/// Accepts the tokens from this number on.
fn accepts_from(first: usize) -> impl Fn(&ReceivedRequest) -> Vec<Step> + Send + Sync + 'static {
    move |asked| {
        let refused = (0..first).any(|number| asked.token == Some(token(number)));
        if refused {
            response(401, &[], r#"{"Message":"Authorization has been denied."}"#)
        } else {
            json_response("[]")
        }
    }
}

const LONG: Duration = Duration::from_secs(3600);
/// Less than the five minutes before a token's end in which it is refreshed.
const SOON: Duration = Duration::from_secs(120);
/// A token that has ended by the next call.
const NOW: Duration = Duration::ZERO;

#[tokio::test]
async fn a_token_is_fetched_once_for_many_calls() {
    for does in [&[Does::Gives], &[Does::GivesFor(LONG)]] {
        let (provider, credential) = Provider::new(does);
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
async fn nothing_is_fetched_before_the_first_call() {
    let (provider, credential) = Provider::new(&[Does::Gives]);
    let server = ScriptedServer::start(accepts_from(0));
    drop(client(&server, credential));
    assert_eq!(provider.calls(), 0);
}

#[tokio::test]
async fn calls_use_a_valid_token_while_it_is_renewed() {
    let (provider, credential) = Provider::new(&[Does::GivesFor(SOON), Does::Waits]);
    let server = ScriptedServer::start(accepts_from(0));
    let client = client(&server, credential);
    for _ in 0..7 {
        list(&client).await.expect("a list");
    }
    provider.called(2).await;
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

/// A provider that only has tokens which soon expire isn't called for each call.
#[tokio::test]
async fn a_renewal_isnt_repeated_at_once() {
    for does in [
        &[Does::GivesFor(SOON)] as &'static [Does],
        &[Does::GivesFor(SOON), Does::Fails],
    ] {
        let (provider, credential) = Provider::new(does);
        let server = ScriptedServer::start(accepts_from(0));
        let client = client(&server, credential);
        for _ in 0..2 {
            list(&client).await.expect("a list");
        }
        // The renewal takes 20 ms.
        provider.called(2).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        for _ in 0..5 {
            list(&client).await.expect("a list");
        }
        assert_eq!(provider.calls(), 2);
    }
}

#[tokio::test]
async fn clones_of_a_credential_share_its_token() {
    let (provider, credential) = Provider::new(&[Does::GivesFor(LONG)]);
    let server = ScriptedServer::start(accepts_from(0));
    for credential in [credential.clone(), credential] {
        list(&client(&server, credential)).await.expect("a list");
    }
    assert_eq!(provider.calls(), 1);
}

#[tokio::test]
async fn calls_that_wait_for_a_token_share_its_error() {
    let (provider, credential) = Provider::new(&[Does::Fails]);
    let server = ScriptedServer::start(accepts_from(0));
    let client = client(&server, credential);
    let (one, other) = tokio::join!(list(&client), list(&client));
    for result in [one, other] {
        let error = result.expect_err("there is no token");
        assert!(error.is_credential(), "{error:?}");
    }
    assert_eq!(provider.calls(), 1);
}

/// Such as a provider with a cache of its own.
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
async fn an_ended_token_isnt_sent() {
    let (provider, credential) = Provider::new(&[Does::GivesFor(NOW)]);
    let server = ScriptedServer::start(accepts_from(0));
    let client = client(&server, credential);
    for _ in 0..3 {
        list(&client).await.expect("a list");
    }
    // Each was used for the call that fetched it: the server knows better than the clock here.
    assert_eq!(tokens(&server), [0, 1, 2]);
    assert_eq!(provider.calls(), 3);
}

#[tokio::test]
async fn a_provider_that_fails_is_told_of() {
    for (does, before) in [
        (&[Does::Fails] as &'static [Does], 0),
        (&[Does::GivesFor(NOW), Does::Fails], 1),
    ] {
        let (provider, credential) = Provider::new(does);
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
async fn a_refused_token_is_dropped_and_the_call_tried_once_more() {
    let (provider, credential) = Provider::new(&[Does::GivesFor(LONG)]);
    let server = ScriptedServer::start(accepts_from(1));
    let client = client(&server, credential);
    assert_eq!(list(&client).await.expect("a list"), 2);
    assert_eq!(list(&client).await.expect("a list"), 1);
    assert_eq!(tokens(&server), [0, 1, 1]);
    assert_eq!(provider.calls(), 2);
}

#[tokio::test]
async fn many_calls_drop_a_refused_token_once() {
    let (provider, credential) = Provider::new(&[Does::GivesFor(LONG)]);
    // Some refusals come when others have long fetched the next token.
    let accepts = accepts_from(1);
    let server = ScriptedServer::start(move |asked| {
        let late = Duration::from_millis(if asked.number % 2 == 0 { 0 } else { 200 });
        [vec![Step::Wait(late)], accepts(asked)].concat()
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
async fn a_second_refusal_is_the_end() {
    let (provider, credential) = Provider::new(&[Does::Gives]);
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
async fn a_refusal_is_beside_the_retries() {
    let (_, credential) = Provider::new(&[Does::Gives]);
    let server = ScriptedServer::start(|asked| match asked.number {
        0 | 2 => response(503, &[], ""),
        1 => response(401, &[], ""),
        _ => json_response("[]"),
    });
    assert_eq!(list(&client(&server, credential)).await.expect("a list"), 4);
    assert_eq!(tokens(&server), [0, 0, 1, 1]);
}

#[tokio::test]
async fn a_refusal_without_another_token_is_told_of() {
    let (_, credential) = Provider::new(&[Does::Gives, Does::Fails]);
    let server = ScriptedServer::start(accepts_from(1));
    let error = list(&client(&server, credential))
        .await
        .expect_err("there is no other");
    assert!(error.is_credential(), "{error:?}");
    assert_eq!(error.attempts(), 1);
    // Both are reported: why there is no new token, and the rejection of the old one.
    assert!(error.to_string().contains("the vault is closed"), "{error}");
    let source = error.source().and_then(|source| source.downcast_ref());
    assert_eq!(source.and_then(Error::status), Some(401), "{error:?}");
}

#[tokio::test]
async fn a_fixed_token_is_sent_once() {
    let server = ScriptedServer::start(accepts_from(1));
    let credential = Credential::token(token(0)).expect("a good token");
    let error = list(&client(&server, credential))
        .await
        .expect_err("refused");
    assert!(error.is_unauthorized(), "{error:?}");
    assert_eq!(error.attempts(), 1);
    assert_eq!(tokens(&server), [0]);
}

#[tokio::test]
async fn a_call_that_is_given_up_while_it_fetches_harms_nobody() {
    let (provider, credential) = Provider::new(&[Does::Waits, Does::Gives]);
    let server = ScriptedServer::start(accepts_from(0));
    let client = client(&server, credential);
    let first = {
        let client = client.clone();
        tokio::spawn(async move { list(&client).await })
    };
    provider.called(1).await;
    first.abort();
    assert!(first.await.is_err_and(|error| error.is_cancelled()));
    list(&client).await.expect("a list");
    assert_eq!(tokens(&server), [1]);
}

#[tokio::test]
async fn a_provider_that_hangs_doesnt_hang_the_call() {
    let (_, credential) = Provider::new(&[Does::Waits]);
    let server = ScriptedServer::start(accepts_from(0));
    let client = Client::builder()
        .endpoint(server.url())
        .credential(credential)
        .call_timeout(Duration::from_secs(1))
        .build()
        .expect("a good configuration");
    let error = list(&client).await.expect_err("there is no token");
    assert!(error.is_timeout(), "{error:?}");
    assert_eq!(error.attempts(), 0);
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn nothing_shows_a_token() {
    let fixed = Credential::token(token(0)).expect("a good token");
    let (_, provided) = Provider::new(&[Does::GivesFor(LONG)]);
    let server = ScriptedServer::start(accepts_from(0));
    let mut shown = vec![
        format!("{:?}", AccessToken::new(token(0)).expires_in(LONG)),
        format!("{fixed:?} {fixed:#?} {provided:?}"),
        format!("{:?}", Client::builder().credential(provided)),
    ];
    let client = client(&server, fixed);
    list(&client).await.expect("a list");
    shown.push(format!("{client:?} {client:#?}"));
    for shown in shown {
        assert!(!shown.contains(SECRET), "{shown}");
    }
}

/// A token would be there to read for everybody on the way.
#[tokio::test]
async fn no_token_leaves_this_machine_in_plain_text() {
    for endpoint in [
        "http://cloudpartner.azure.com",
        "http://192.0.2.1",
        "http://0.0.0.0:8080",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://[2001:db8::1]",
        "HTTP://EXAMPLE.COM",
    ] {
        for own in [None, Some(reqwest::Client::new())] {
            let (provider, credential) = Provider::new(&[Does::Gives]);
            let mut builder = Client::builder().endpoint(endpoint).credential(credential);
            if let Some(own) = own {
                builder = builder.http_client(own);
            }
            let error = builder.build().expect_err(endpoint);
            assert!(error.is_invalid_argument(), "{endpoint}: {error:?}");
            assert!(error.to_string().contains("https"), "{error}");
            assert_eq!(provider.calls(), 0, "{endpoint}");
        }
    }
}
