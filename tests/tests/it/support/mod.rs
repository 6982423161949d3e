//! Helpers of the SDK's tests: a client of a replay server, and the schemas of the spec.

#![allow(dead_code, reason = "each test module uses some of the helpers")]

pub mod error_checks;
pub mod script;
#[path = "../../../../sdk/generator/spec/mod.rs"]
pub mod spec;
pub use cloud_partner_recordings::scripted_server;

use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use cloud_partner_portal::{Client, ClientBuilder, Credential, RetryPolicy};
use cloud_partner_recordings::recording::Recording;
use cloud_partner_recordings::replay::{Replay, Server};
use cloud_partner_recordings::store::{self, StoredRecording};
use serde_json::Value;

use spec::Spec;

/// A token that must not occur in any output.
pub const TOKEN: &str = "t0p-s3cret-t0ken";

/// Returns every committed recording, with those of the scenarios.
pub fn all_recordings() -> Vec<StoredRecording> {
    let recordings = store::recordings(&store::root().join("recordings"));
    let scenarios = store::scenarios(&store::root().join("scenarios"));
    let mut all = recordings.all().expect("valid recordings");
    for scenario in scenarios.all().expect("valid scenarios") {
        all.extend(scenario.recordings);
    }
    all
}

/// Starts a server that returns these recordings.
pub fn serve(recordings: Vec<Recording>) -> Server {
    Replay::new(recordings, Vec::new())
        .start()
        .expect("a free port")
}

/// Returns a client of `endpoint` that doesn't retry.
pub fn client(endpoint: impl Into<String>) -> Client {
    build(
        Client::builder()
            .endpoint(endpoint)
            .retry(RetryPolicy::disabled()),
    )
}

/// Returns an endpoint whose port refuses connections.
pub fn refused_endpoint() -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    format!("http://{}", listener.local_addr().expect("an address"))
}

/// Builds a client with a token.
pub fn build(builder: ClientBuilder) -> Client {
    builder
        .credential(Credential::token(TOKEN).expect("a valid token"))
        .attempt_timeout(Duration::from_secs(20))
        .build()
        .expect("a valid configuration")
}

/// Loads the committed spec.
pub fn committed_spec() -> Spec {
    let path = store::root().join("../openapi/cloud-partner-portal.yaml");
    Spec::load(&path).unwrap_or_else(|error| panic!("{error}"))
}

/// Returns the target of the schema's `$ref`, or the schema itself.
pub fn resolve<'a>(spec: &'a Spec, schema: &'a Value) -> &'a Value {
    match schema.get("$ref").and_then(Value::as_str) {
        Some(reference) => spec
            .value
            .pointer(reference.trim_start_matches('#'))
            .unwrap_or_else(|| panic!("{reference} does not exist")),
        None => schema,
    }
}

/// Returns the schema of an operation's successful response.
pub fn response_schema<'a>(spec: &'a Spec, path: &str) -> &'a Value {
    let pointer = format!(
        "/paths/{}/get/responses/200/content/application~1json/schema",
        spec::pointer_segment(path)
    );
    spec.value.pointer(&pointer).expect("a schema")
}

/// The path templates of the two operations.
pub const LIST: &str = "/api/publishers/{publisherId}/offers";
pub const STATUS: &str = "/api/publishers/{publisherId}/offers/{offerId}/status";

/// Returns whether the value is absent, null or an empty string. All three mean the same in this API.
pub fn is_absent_null_or_empty(value: Option<&Value>) -> bool {
    value.is_none_or(|value| value.is_null() || value.as_str() == Some(""))
}

/// Returns the JSON pointers of the properties that the schema names and that differ between `before` and `now`.
pub fn different_properties(
    spec: &Spec,
    schema: &Value,
    before: &Value,
    now: &Value,
) -> Vec<String> {
    let mut different = Vec::new();
    compare(spec, schema, before, now, String::new(), &mut different);
    different
}

fn compare(
    spec: &Spec,
    schema: &Value,
    before: &Value,
    now: &Value,
    at: String,
    different: &mut Vec<String>,
) {
    let schema = resolve(spec, schema);
    let properties = schema.get("properties").and_then(Value::as_object);
    match (before, now) {
        (Value::Object(before), Value::Object(now)) if properties.is_some() => {
            for (name, schema) in properties.into_iter().flatten() {
                let (before, now) = (before.get(name), now.get(name));
                let at = format!("{at}/{name}");
                match (before, now) {
                    _ if is_absent_null_or_empty(before) && is_absent_null_or_empty(now) => {}
                    (Some(before), Some(now)) => compare(spec, schema, before, now, at, different),
                    _ => different.push(at),
                }
            }
        }
        (Value::Array(before), Value::Array(now)) if before.len() == now.len() => {
            let items = schema.get("items").unwrap_or(&Value::Null);
            for (index, (before, now)) in before.iter().zip(now).enumerate() {
                compare(spec, items, before, now, format!("{at}/{index}"), different);
            }
        }
        _ if before == now => {}
        _ => different.push(at),
    }
}
