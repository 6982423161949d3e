//! What the benchmarks share: the guard, the other side of the comparison, and the end.

#![allow(dead_code, reason = "each benchmark uses a part of it")]

pub mod figure;

use std::process::ExitCode;
use std::time::Duration;

use cloud_partner_portal::{Client, Credential};
use cloud_partner_recordings::recording::{Body, Recording};
use serde::Deserialize;
use serde_json::{Map, Value};

use figure::Figure;

/// The token of both sides.
pub const TOKEN: &str = "made-up";

/// Whether the program was started by `cargo bench`; `cargo test --benches` starts it too, and must not wait for it.
pub fn wanted() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}

/// Prints the figures; the exit code says whether all targets are met.
pub fn end(figures: &[Figure]) -> ExitCode {
    for figure in figures {
        println!("{figure}");
    }
    if figures.iter().all(Figure::met) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// What somebody writes who reads the list by hand: the same fourteen members, each as serde takes it.
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

/// The HTTP client of the hand-written side: set as the SDK sets its own, with the SDK's time limit for an answer and its user
/// agent, so that the same goes over the wire.
pub fn http() -> reqwest::Client {
    reqwest::Client::builder()
        .user_agent("cloud-partner-portal-rust/0.1.0")
        .timeout(Duration::from_secs(5 * 60))
        .connect_timeout(Duration::from_secs(30))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .expect("an HTTP client")
}

/// The SDK with everything at its default.
pub fn sdk(endpoint: &str) -> Client {
    Client::builder()
        .endpoint(endpoint)
        .credential(Credential::token(TOKEN).expect("a good token"))
        .build()
        .expect("a good configuration")
}

/// A runtime as a small program has it.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}

/// The recorded answer's body as it goes over the wire.
pub fn body(recording: &Recording) -> Vec<u8> {
    match &recording.response.body {
        Some(Body::Json(value)) => value.to_string().into_bytes(),
        _ => Vec::new(),
    }
}
