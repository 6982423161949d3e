//! Tests how the SDK fetches, caches, renews and discards tokens. A token provider is a function of the SDK's user that returns tokens.
//! The provider of these tests counts its calls. The server stores the tokens that it receives.

use std::error::Error as _;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cloud_partner_portal::{AccessToken, Client, ClientBuilder, Credential, Error};
use serde::Deserialize;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::support::error_checks::{SECRET, check_displayed_text, predicates, with_timeout};
use crate::support::retry;
use crate::support::script::table;
use crate::support::scripted_server::{
    ReceivedRequest, ScriptedServer, Step, json_response, response,
};

/// What a token provider does in one call.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Behaviour {
    /// Returns a token without an expiry.
    Forever,
    /// Returns a token with a lifetime of an hour.
    Hour,
    /// Returns a token with a lifetime of two minutes. The next call renews this token, because it expires in less than five minutes.
    Soon,
    /// Returns a token that expires at once.
    Now,
    /// Returns token 0, with a lifetime of an hour.
    Same,
    /// Waits until `Provider::gate` has a permit, then returns a token without an expiry.
    Wait,
    Fail,
}

/// A token provider that numbers its tokens from 0 and counts its calls.
#[derive(Clone)]
struct Provider {
    behaviours: Vec<Behaviour>,
    calls: Arc<AtomicUsize>,
    gate: Arc<Semaphore>,
}

impl Provider {
    /// Returns a provider and a credential that calls it. Each call has the next behaviour. The last behaviour repeats.
    fn new(behaviours: &[Behaviour]) -> (Self, Credential) {
        let provider = Self {
            behaviours: behaviours.to_vec(),
            calls: Arc::default(),
            gate: Arc::new(Semaphore::new(0)),
        };
        let this = provider.clone();
        let credential = Credential::provider(move || this.clone().call());
        (provider, credential)
    }

    async fn call(self) -> Result<AccessToken, Box<dyn std::error::Error + Send + Sync>> {
        let mut number = self.calls.fetch_add(1, Ordering::SeqCst);
        let behaviour = self.behaviours[number.min(self.behaviours.len() - 1)];
        // The delay lets concurrent calls overlap. If they didn't share a token, each of them would fetch its own.
        tokio::time::sleep(Duration::from_millis(20)).await;
        let seconds = match behaviour {
            Behaviour::Forever => return Ok(AccessToken::new(token(number))),
            Behaviour::Wait => {
                let _open = self.gate.acquire().await?;
                return Ok(AccessToken::new(token(number)));
            }
            Behaviour::Fail => {
                let text = "the vault is closed\n   at Vault.Open()";
                return Err(io::Error::other(text).into());
            }
            Behaviour::Hour => 3600,
            Behaviour::Soon => 120,
            Behaviour::Now => 0,
            Behaviour::Same => {
                number = 0;
                3600
            }
        };
        Ok(AccessToken::new(token(number)).expires_in(Duration::from_secs(seconds)))
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
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

fn builder(server: &ScriptedServer, credential: Credential) -> ClientBuilder {
    Client::builder()
        .endpoint(server.url())
        .credential(credential)
        .attempt_timeout(Duration::from_secs(20))
        .retry(retry(4))
}

fn client(server: &ScriptedServer, credential: Credential) -> Client {
    let client = builder(server, credential).build();
    client.expect("a valid configuration")
}

/// Lists the offers and returns the number of attempts.
async fn list(client: &Client) -> Result<u32, Error> {
    let response = with_timeout("list", client.list_offers("contoso")).await;
    if let Err(error) = &response {
        check_displayed_text("list", error);
    }
    response.map(|offers| offers.attempts())
}

fn calls_at_once(client: &Client, number: usize) -> Vec<JoinHandle<Result<u32, Error>>> {
    let call = |client: Client| tokio::spawn(async move { list(&client).await });
    (0..number).map(|_| call(client.clone())).collect()
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

/// Returns a script for the server. The server sends a 401 for a token with a number below `limit`, and an empty list for any other token.
fn rejects(limit: usize) -> impl Fn(&ReceivedRequest) -> Vec<Step> + Send + Sync + 'static {
    move |request| {
        if (0..limit).any(|number| request.token == Some(token(number))) {
            response(401, &[], r#"{"Message":"It was denied."}"#)
        } else {
            json_response("[]")
        }
    }
}

/// A case of `credentials.yaml`. The first lines of that file describe the properties.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Case {
    name: String,
    provider: Vec<Behaviour>,
    rejects: usize,
    statuses: Vec<u16>,
    max_attempts: Option<u32>,
    at_once: usize,
    calls: Vec<u32>,
    error: Option<Vec<String>>,
    status: Option<u16>,
    attempts: u32,
    message: String,
    /// A text that the message of the error's source must contain.
    source: String,
    tokens: Vec<usize>,
    fetches: usize,
}

impl Case {
    async fn check(&self) {
        let name = &*self.name;
        let (provider, mut credential) = Provider::new(&self.provider);
        if self.provider.is_empty() {
            credential = Credential::token(token(0)).expect("a valid token");
        }
        let server = if self.statuses.is_empty() {
            ScriptedServer::start(rejects(self.rejects))
        } else {
            let script = |status: &u16| response(*status, &[], "[]");
            ScriptedServer::scripts(self.statuses.iter().map(script).collect())
        };
        let maximum = self.max_attempts.unwrap_or(4);
        let cloned = client(&server, credential.clone());
        for call in calls_at_once(&cloned, self.at_once) {
            let error = call.await.expect("no panic").err();
            let actual = error.as_ref().map(predicates);
            assert_eq!(format!("{actual:?}"), format!("{:?}", self.error), "{name}");
        }
        let client = builder(&server, credential).retry(retry(maximum)).build();
        let client = client.expect("a valid configuration");
        for attempts in &self.calls {
            assert_eq!(list(&client).await.ok(), Some(*attempts), "{name}");
        }
        if let Some(expected) = &self.error {
            let error = list(&client).await.expect_err(name);
            assert_eq!(predicates(&error), *expected, "{name}: {error:?}");
            let (status, attempts) = (error.status(), error.attempts());
            assert_eq!((status, attempts), (self.status, self.attempts), "{name}");
            assert!(error.to_string().contains(&self.message), "{name}: {error}");
            let source = error.source();
            let text = source.map(ToString::to_string).unwrap_or_default();
            assert!(text.contains(&self.source), "{name}: {text}");
            // The source can be downcast to the provider's error.
            let vault_error = source.and_then(|source| source.downcast_ref::<io::Error>());
            assert_eq!(vault_error.is_some(), text.contains("the vault"), "{name}");
        }
        assert_eq!(tokens(&server), self.tokens, "{name}");
        assert_eq!(provider.calls(), self.fetches, "{name}");
    }
}

#[tokio::test]
async fn a_token_is_cached_until_it_expires_or_the_server_rejects_it() {
    for case in table::<Case>(include_str!("credentials.yaml")) {
        case.check().await;
    }
}

#[tokio::test]
async fn concurrent_401s_fetch_one_new_token() {
    let (provider, credential) = Provider::new(&[Behaviour::Hour]);
    // Some 401 responses arrive after the new token was fetched.
    let script = rejects(1);
    let server = ScriptedServer::start(move |request| {
        let delay = Duration::from_millis(if request.number % 2 == 0 { 0 } else { 200 });
        [vec![Step::Wait(delay)], script(request)].concat()
    });
    for call in calls_at_once(&client(&server, credential), 20) {
        call.await.expect("no panic").expect("a list");
    }
    assert_eq!(provider.calls(), 2);
    let tokens = tokens(&server);
    assert_eq!(tokens.iter().filter(|token| **token == 1).count(), 20);
}

#[tokio::test]
async fn calls_use_a_valid_token_while_it_is_renewed() {
    let (provider, credential) = Provider::new(&[Behaviour::Soon, Behaviour::Wait]);
    let server = ScriptedServer::start(rejects(0));
    let client = client(&server, credential);
    for _ in 0..7 {
        list(&client).await.expect("a list");
    }
    provider.wait_for_calls(2).await;
    provider.gate.add_permits(1);
    let renewed = async {
        while tokens(&server).last() == Some(&0) {
            list(&client).await.expect("a list");
        }
    };
    with_timeout("renewal", Box::pin(renewed)).await;
    assert_eq!(tokens(&server)[..7], [0; 7]);
    assert_eq!(provider.calls(), 2);
}

/// The first token expires soon. Its renewal returns another token that expires soon, or an error.
#[tokio::test]
async fn a_renewal_isnt_repeated_for_each_call() {
    for behaviours in [&[Behaviour::Soon][..], &[Behaviour::Soon, Behaviour::Fail]] {
        let (provider, credential) = Provider::new(behaviours);
        let server = ScriptedServer::start(rejects(0));
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
async fn a_token_file_is_read_again_when_its_token_is_rejected() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), format!("{}\n", token(0))).expect("a token");
    let credential = Credential::token_file(file.path()).expect("a file");
    let server = ScriptedServer::start(rejects(1));
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
async fn a_call_that_is_aborted_while_it_fetches_a_token_doesnt_affect_other_calls() {
    let (provider, credential) = Provider::new(&[Behaviour::Wait, Behaviour::Forever]);
    let server = ScriptedServer::start(rejects(0));
    let client = client(&server, credential);
    let first = calls_at_once(&client, 1).remove(0);
    provider.wait_for_calls(1).await;
    first.abort();
    assert!(first.await.is_err_and(|error| error.is_cancelled()));
    list(&client).await.expect("a list");
    assert_eq!(tokens(&server), [1]);
}

#[tokio::test]
async fn a_call_that_times_out_while_it_waits_for_a_token_is_a_credential_error() {
    let (_, credential) = Provider::new(&[Behaviour::Wait]);
    let server = ScriptedServer::start(rejects(0));
    let client = builder(&server, credential).call_timeout(Duration::from_millis(500));
    let client = client.build().expect("a valid configuration");
    let error = list(&client).await.expect_err("there is no token");
    assert!(error.is_credential() && error.is_timeout(), "{error:?}");
    assert_eq!(
        error.to_string(),
        "listOffers: the call timed out after 0.5 s while the credential fetched a token; check why the function that returns \
         tokens doesn't end; credential: provider"
    );
    assert_eq!((error.attempts(), server.requests().len()), (0, 0));
}

#[tokio::test]
async fn debug_output_contains_no_token() {
    let fixed = Credential::token(token(0)).expect("a valid token");
    let (_, provided) = Provider::new(&[Behaviour::Hour]);
    let server = ScriptedServer::start(rejects(0));
    let token = AccessToken::new(token(0)).expires_in(Duration::from_secs(3600));
    let mut headers = reqwest::header::HeaderMap::new();
    headers.insert("x-api-key", SECRET.parse().expect("a header"));
    let http = reqwest::Client::builder().default_headers(headers);
    let with_headers = Client::builder()
        .credential(fixed.clone())
        .http_client(http.build().expect("an HTTP client"));
    let client = client(&server, fixed.clone());
    list(&client).await.expect("a list");
    for output in [
        format!("{token:?}"),
        format!("{fixed:?} {fixed:#?} {provided:?}"),
        format!("{:?}", Client::builder().credential(provided)),
        format!("{with_headers:?} {:?}", with_headers.clone().build()),
        format!("{client:?} {client:#?}"),
    ] {
        assert!(!output.contains(SECRET), "{output}");
    }
}
