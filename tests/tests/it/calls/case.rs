//! Runs the cases of the YAML tables in this folder. Each case makes one call of `listOffers`. The case contains what the server sends, and
//! the expected result of the call.

use std::time::Duration;

use cloud_partner_portal::{Client, Credential, Error};
use serde::Deserialize;

use crate::support::error_checks::{check_displayed_text, predicates, sources, with_timeout};
use crate::support::retry;
use crate::support::script::{Script, table};
use crate::support::scripted_server::ScriptedServer;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Case {
    name: String,
    /// One script for each request of the call, in order. The last script also runs for all later requests.
    server: Vec<Script>,
    /// The maximum number of attempts, by default 3.
    attempts: Option<u32>,
    /// The initial backoff, by default 1 ms.
    backoff_ms: Option<u64>,
    max_backoff_ms: Option<u64>,
    /// The call timeout in seconds, by default 60.
    call_timeout: Option<u64>,
    /// The expected number of requests. The default is 3 if `error` contains `retryable`, and 1 otherwise.
    requests: Option<u32>,
    /// The expected number of offers. By default, any number.
    offers: Option<usize>,
    /// The `is_…` methods of the error that must return true. For example, `retryable` stands for `Error::is_retryable`. Without this
    /// property, the call must succeed.
    error: Option<Vec<String>>,
    /// The error's status code. By default, it is the `status` of the last script. If that script has no `status`, the default is 200 for
    /// a script with `json`, and no status code for any other script.
    error_status: Option<u16>,
    /// A text that the error's message must contain.
    message: String,
    /// The errors of earlier attempts, latest first. An error is left out if a later error has the same status code, code and message.
    /// Each error is written as its correlation id. An error without a correlation id is written as its status code or `no status`.
    sources: Vec<String>,
    /// The minimum times between the first and the second request, the second and the third request, and so on.
    waits_ms: Vec<u64>,
}

/// Runs all cases of a table concurrently, and panics with the names of the cases that failed.
pub async fn check_table(yaml: &str, token: &str) {
    let start = |case: Case| (case.name.clone(), tokio::spawn(case.check(token)));
    // This line starts the servers of all cases. The runtime has one thread, so the calls begin later, at the first `await` below.
    // Therefore, a call's timeout doesn't include the time to start the servers.
    let checks: Vec<_> = table(yaml).into_iter().map(start).collect();
    let mut failed = Vec::new();
    for (name, check) in checks {
        failed.extend(check.await.is_err().then_some(name));
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

impl Case {
    /// Starts a server, and returns a future that makes the call and checks the result.
    fn check(self, token: &str) -> impl Future<Output = ()> + use<> {
        let milliseconds = Duration::from_millis;
        let mut policy = retry(self.attempts.unwrap_or(3));
        if let Some(initial) = self.backoff_ms {
            policy = policy.initial_backoff(milliseconds(initial));
        }
        if let Some(maximum) = self.max_backoff_ms {
            policy = policy.max_backoff(milliseconds(maximum));
        }
        let server = ScriptedServer::scripts(self.server.iter().map(Script::steps).collect());
        let never_completes = self.server.iter().any(Script::never_completes);
        let client = Client::builder()
            .endpoint(server.url())
            .credential(Credential::token(token).expect("a valid token"))
            .response_limit(100_000)
            .attempt_timeout(Duration::from_secs(if never_completes { 1 } else { 20 }))
            .call_timeout(Duration::from_secs(self.call_timeout.unwrap_or(60)))
            .retry(policy)
            .build()
            .expect("a valid configuration");
        async move {
            let name = &*self.name;
            let result = with_timeout(name, client.list_offers("contoso")).await;
            match (&result, &self.error) {
                (Ok(offers), None) => {
                    assert_eq!(offers.attempts(), self.expected_requests(), "{name}");
                    let expected = self.offers.unwrap_or(offers.len());
                    assert_eq!(offers.len(), expected, "{name}");
                }
                (Err(error), Some(expected)) => {
                    assert_eq!(predicates(error), *expected, "{name}: {error:?}");
                    self.check_error(error);
                }
                _ => panic!("{name}: {result:?}"),
            }
            let requests = server.requests();
            assert_eq!(requests.len(), self.expected_requests() as usize, "{name}");
            for (pair, minimum) in requests.windows(2).zip(&self.waits_ms) {
                let wait = pair[1].when - pair[0].when;
                assert!(wait >= milliseconds(*minimum), "{name}: {wait:?}");
            }
        }
    }

    fn expected_requests(&self) -> u32 {
        let mut predicates = self.error.iter().flatten();
        let is_retryable = predicates.any(|predicate| predicate == "retryable");
        self.requests.unwrap_or(if is_retryable { 3 } else { 1 })
    }

    fn check_error(&self, error: &Error) {
        let (name, requests) = (&*self.name, self.expected_requests());
        check_displayed_text(name, error);
        let last_status = self.server.last().and_then(Script::complete_status);
        assert_eq!(
            error.status(),
            self.error_status.or(last_status),
            "{name}: {error:?}"
        );
        assert_eq!(error.attempts(), requests, "{name}: {error:?}");
        assert_eq!(error.operation(), Some("listOffers"), "{name}");
        let credential = (error.is_forbidden() || error.is_unauthorized()).then_some("token");
        assert_eq!(error.credential(), credential, "{name}");
        let message = error.to_string();
        assert!(message.contains(&self.message), "{name}: {message}");
        let names_attempts = message.contains(&format!("after {requests} attempts"));
        assert_eq!(names_attempts, requests > 1, "{name}: {message}");
        let sources = sources(error)
            .map_while(|source| source.downcast_ref::<Error>())
            .map(|error| match (error.correlation_id(), error.status()) {
                (Some(id), _) => id.to_owned(),
                (None, Some(status)) => status.to_string(),
                (None, None) => "no status".to_owned(),
            });
        let sources: Vec<_> = sources.collect();
        assert_eq!(sources, self.sources, "{name}: {error:?}");
    }
}
