//! Helpers of the benchmarks: a client of the SDK, and hand-written types for comparison with the SDK's types.

#![allow(dead_code, reason = "each benchmark uses some of the helpers")]

pub mod figure;

use cloud_partner_portal::{Client, Credential};
use cloud_partner_recordings::recording::{Body, Recording};
use serde::Deserialize;
use serde_json::{Map, Value};

/// The token that every client sends.
pub const TOKEN: &str = "made-up";

/// Returns whether `cargo bench` started the program. A program that `cargo test --benches` started must not measure.
pub fn started_by_cargo_bench() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}

/// A hand-written type of an offer, with the same properties as the SDK's type `OfferSummary`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlainOffer {
    pub offer_type_id: Option<String>,
    pub publisher_id: Option<String>,
    pub status: Option<String>,
    pub id: String,
    pub version: Option<i64>,
    pub definition: Option<PlainDefinition>,
    pub changed_time: Option<String>,
    pub lock_status: Option<String>,
    pub pc_migration_status: Option<String>,
    pub pc_redirect_uri: Option<String>,
    pub isv_upgrade_request: Option<bool>,
    pub offer_type_changes: Option<Vec<Value>>,
    pub pricing_not_recalculated_regions: Option<Vec<Value>>,
    pub offer_type_versions_override: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlainDefinition {
    pub display_text: Option<String>,
}

/// Returns a client of the SDK with the default configuration.
pub fn sdk(endpoint: &str) -> Client {
    Client::builder()
        .endpoint(endpoint)
        .credential(Credential::token(TOKEN).expect("a valid token"))
        .build()
        .expect("a valid configuration")
}

/// Returns a tokio runtime with one thread.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}

/// Returns the JSON body of the recorded response, or an empty text if the body isn't JSON.
pub fn body(recording: &Recording) -> Vec<u8> {
    match &recording.response.body {
        Some(Body::Json(value)) => value.to_string().into_bytes(),
        _ => Vec::new(),
    }
}
