//! How often and when a call is retried, as observed by the server.

use std::error::Error as _;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use cloud_partner_portal::{Client, Credential, Error, RetryPolicy};
use serde::Deserialize;

use crate::support::error_checks::{check_displayed_text, predicates, with_timeout};
use crate::support::script::{Script, table};
use crate::support::scripted_server::{ScriptedServer, json_response, response};
use crate::support::{TOKEN, refused_endpoint};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// The maximum number of attempts.
    #[serde(default = "three")]
    attempts: u32,
    /// The initial backoff; 1 ms if it is absent.
    backoff_ms: Option<u64>,
    max_backoff_ms: Option<u64>,
    /// The call timeout in seconds.
    call_timeout: Option<u64>,
    server: Vec<Script>,
    /// The expected number of requests.
    requests: u32,
    /// The predicates of the expected error that are true; absent if the call succeeds.
    error: Option<Vec<String>>,
    status: Option<u16>,
    /// A part of the error's message.
    #[serde(default)]
    message: String,
    /// The correlation ids or else the status codes of the errors of earlier attempts, latest first.
    #[serde(default)]
    sources: Vec<String>,
    /// The minimum times between the requests.
    #[serde(default)]
    waits_ms: Vec<u64>,
}

fn three() -> u32 {
    3
}

fn client(endpoint: String, policy: RetryPolicy, call_timeout: Duration) -> Client {
    Client::builder()
        .endpoint(endpoint)
        .credential(Credential::token(TOKEN).expect("a valid token"))
        .attempt_timeout(Duration::from_secs(1))
        .call_timeout(call_timeout)
        .retry(policy)
        .build()
        .expect("a valid configuration")
}

impl Case {
    /// Returns the check of the case. The server and the client are started before the check, so that the timeouts of concurrent
    /// cases measure nothing else.
    fn check(self) -> impl Future<Output = ()> {
        let milliseconds = Duration::from_millis;
        let mut policy = RetryPolicy::default()
            .max_attempts(self.attempts)
            .initial_backoff(milliseconds(self.backoff_ms.unwrap_or(1)));
        if let Some(maximum) = self.max_backoff_ms {
            policy = policy.max_backoff(milliseconds(maximum));
        }
        let server = ScriptedServer::scripts(self.server.iter().map(Script::steps).collect());
        let call_timeout = Duration::from_secs(self.call_timeout.unwrap_or(60));
        let client = client(server.url(), policy, call_timeout);
        async move {
            let name = &*self.name;
            let result = with_timeout(name, client.list_offers("contoso")).await;
            match (&result, &self.error) {
                (Ok(offers), None) => assert_eq!(offers.attempts(), self.requests, "{name}"),
                (Err(error), Some(expected)) => {
                    assert_eq!(predicates(error), *expected, "{name}: {error:?}");
                    self.check_error(error);
                }
                _ => panic!("{name}: {result:?}"),
            }
            let requests = server.requests();
            assert_eq!(requests.len(), self.requests as usize, "{name}");
            for (pair, minimum) in requests.windows(2).zip(&self.waits_ms) {
                let wait = pair[1].when - pair[0].when;
                assert!(wait >= milliseconds(*minimum), "{name}: {wait:?}");
            }
        }
    }

    fn check_error(&self, error: &Error) {
        let name = &*self.name;
        check_displayed_text(name, error);
        assert_eq!(error.status(), self.status, "{name}: {error:?}");
        assert_eq!(error.attempts(), self.requests, "{name}: {error:?}");
        let credential = error.is_forbidden().then_some("token");
        assert_eq!(error.credential(), credential, "{name}");
        let message = error.to_string();
        assert!(message.contains(&self.message), "{name}: {message}");
        let attempts = format!("after {} attempts", self.requests);
        assert_eq!(
            message.contains(&attempts),
            self.requests > 1,
            "{name}: {message}"
        );
        let mut sources = Vec::new();
        let mut source = error.source();
        while let Some(error) = source.and_then(|source| source.downcast_ref::<Error>()) {
            let status = error.status();
            let status = status.map_or("no status".to_owned(), |status| status.to_string());
            sources.push(error.correlation_id().map_or(status, ToOwned::to_owned));
            source = error.source();
        }
        assert_eq!(sources, self.sources, "{name}: {error:?}");
    }
}

#[tokio::test]
async fn a_call_is_retried_up_to_the_maximum_number_of_attempts_and_until_the_call_timeout() {
    let cases = table::<Case>(include_str!("retries.yaml"));
    let cases: Vec<_> = cases
        .into_iter()
        .map(|case| tokio::spawn(case.check()))
        .collect();
    let mut failed = 0;
    for case in cases {
        failed += usize::from(case.await.is_err());
    }
    assert_eq!(failed, 0, "cases failed");
}

#[tokio::test]
async fn a_refused_connection_counts_as_an_attempt() {
    let policy = RetryPolicy::default().initial_backoff(Duration::from_millis(1));
    let client = client(
        refused_endpoint(),
        policy.max_attempts(3),
        Duration::from_secs(60),
    );
    let error = client.list_offers("contoso").await.expect_err("no server");
    assert_eq!((error.is_connection(), error.attempts()), (true, 3));
}

#[tokio::test]
async fn waits_for_a_retry_after_date() {
    let date = Arc::new(OnceLock::new());
    let server = {
        let date = Arc::clone(&date);
        ScriptedServer::start(move |request| {
            if request.number > 0 {
                let is_early = date.get().is_none_or(|date| SystemTime::now() < *date);
                return json_response(if is_early { "too early" } else { "[]" });
            }
            // A date has a resolution of one second, so this date is between one and two seconds in the future.
            let text = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(2));
            let sent = httpdate::parse_http_date(&text).expect("a date");
            date.set(sent).expect("the first request");
            response(429, &[("retry-after", &text)], "")
        })
    };
    let client = client(
        server.url(),
        RetryPolicy::default(),
        Duration::from_secs(60),
    );
    let offers = with_timeout("date", client.list_offers("contoso")).await;
    assert_eq!(offers.expect("a list").attempts(), 2);
}
