//! Decodes a list of 100,000 offers with the SDK's types, and with hand-written serde structs that have the same properties.
//!
//! Run `cargo bench -p cloud-partner-recordings --bench decode`. The benchmark exits with code 1 if the SDK's types need more than 1.05
//! times the time of the hand-written structs.

mod support;

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Duration;

use cloud_partner_portal::types::OfferSummary;
use cloud_partner_recordings::synthetic::many_offers;
use serde::de::DeserializeOwned;

use support::figure::{medians, pairs, ratio, report};
use support::{PlainOffer, body, started_by_cargo_bench};

const OFFERS: usize = 100_000;
const ROUNDS: usize = 11;

fn main() -> ExitCode {
    if !started_by_cargo_bench() {
        return ExitCode::SUCCESS;
    }
    let body = body(&many_offers(OFFERS));
    let times = pairs(
        ROUNDS,
        || decode::<OfferSummary>(&body),
        || decode::<PlainOffer>(&body),
    );
    let (sdk, plain) = medians(&times);
    println!(
        "{OFFERS} offers, {} bytes, {ROUNDS} rounds, medians: SDK {:.0} ms, serde by hand {:.0} ms",
        body.len(),
        sdk * 1e3,
        plain * 1e3
    );
    let name = "decoding time of the SDK's types, divided by that of hand-written serde structs";
    report(name, ratio(&times), 1.05)
}

/// Decodes the list once and returns the time in seconds.
fn decode<T: DeserializeOwned>(body: &[u8]) -> f64 {
    let start = now();
    let offers: Vec<T> = serde_json::from_slice(black_box(body)).expect("a valid list");
    let elapsed = now().saturating_sub(start);
    assert_eq!(black_box(offers).len(), OFFERS);
    elapsed.as_secs_f64()
}

/// Returns the CPU time of this thread. Other processes have less influence on this time than on the wall-clock time.
#[cfg(unix)]
fn now() -> Duration {
    use rustix::time::{ClockId, clock_gettime};
    clock_gettime(ClockId::ThreadCPUTime)
        .try_into()
        .expect("CPU time isn't negative")
}

#[cfg(not(unix))]
fn now() -> Duration {
    static START: std::sync::LazyLock<std::time::Instant> =
        std::sync::LazyLock::new(std::time::Instant::now);
    START.elapsed()
}
