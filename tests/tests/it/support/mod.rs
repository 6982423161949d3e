//! Helpers of the SDK's tests: recordings, clients and the committed spec.

pub mod error_checks;
pub mod script;
#[allow(dead_code, reason = "the tests need only a part of this module")]
#[path = "../../../../sdk/generator/spec/mod.rs"]
pub mod spec;
pub use cloud_partner_recordings::scripted_server;

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use cloud_partner_portal::{Client, ClientBuilder, Credential, RetryPolicy};
use cloud_partner_recordings::load;
use cloud_partner_recordings::recording::Recording;
use cloud_partner_recordings::replay::{Replay, Server};

use spec::Spec;

/// A token that must not occur in any output.
pub const TOKEN: &str = "t0p-s3cret-t0ken";

/// Returns the committed recordings, without the recordings of the scenarios.
pub fn committed_recordings() -> Vec<Recording> {
    load::all(load::root()).expect("valid recordings").0
}

/// Returns every committed recording, including the recordings of the scenarios.
pub fn all_recordings() -> Vec<Recording> {
    let (recordings, scenarios) = load::all(load::root()).expect("valid recordings");
    let in_scenarios = scenarios
        .into_iter()
        .flat_map(|scenario| scenario.recordings);
    recordings.into_iter().chain(in_scenarios).collect()
}

pub fn serve(recordings: Vec<Recording>) -> Server {
    Replay::new(recordings, Vec::new())
        .start()
        .expect("a free port")
}

/// Returns a client that doesn't retry.
pub fn client(endpoint: impl Into<String>) -> Client {
    let builder = Client::builder().endpoint(endpoint);
    build(builder.retry(RetryPolicy::disabled()))
}

pub fn with_credential(endpoint: impl Into<String>, credential: Credential) -> Client {
    let builder = Client::builder().endpoint(endpoint);
    let client = builder.credential(credential).build();
    client.expect("a valid configuration")
}

/// Returns an endpoint whose port refuses connections.
pub fn refused_endpoint() -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    format!("http://{}", listener.local_addr().expect("an address"))
}

/// Returns a policy with this maximum number of attempts and an initial backoff of 1 ms.
pub fn retry(attempts: u32) -> RetryPolicy {
    let policy = RetryPolicy::default().max_attempts(attempts);
    policy.initial_backoff(Duration::from_millis(1))
}

pub fn build(builder: ClientBuilder) -> Client {
    builder
        .credential(Credential::token(TOKEN).expect("a valid token"))
        .attempt_timeout(Duration::from_secs(20))
        .build()
        .expect("a valid configuration")
}

pub fn committed_spec() -> Spec {
    let path = load::root().join("../openapi/cloud-partner-portal.yaml");
    let text = fs::read_to_string(&path).expect("the spec");
    Spec::parse(&path.to_string_lossy(), &text).unwrap_or_else(|error| panic!("{}", error.0))
}
