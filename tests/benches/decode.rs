//! The throughput of decoding a list of 100,000 offers, relative to hand-written serde structs with the same properties.
//!
//! `cargo bench -p cloud-partner-recordings --bench decode`; the exit code is 1 if the target is missed.

mod support;

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Duration;

use cloud_partner_portal::types::OfferSummary;
use cloud_partner_recordings::sample::many_offers;
use serde::de::DeserializeOwned;

use support::figure::{Figure, Target, median, ratio};
use support::{PlainOffer, body, report, started_by_cargo_bench};

const OFFERS: usize = 100_000;
const ROUNDS: usize = 11;
const TARGET: f64 = 0.95;

fn main() -> ExitCode {
    if !started_by_cargo_bench() {
        return ExitCode::SUCCESS;
    }
    let body = body(&many_offers(OFFERS));
    let mut rounds = Vec::new();
    for round in 0..=ROUNDS {
        // The order alternates, because the first of the two runs with the caches that the other left.
        let pair = if round % 2 == 0 {
            let sdk = decode::<OfferSummary>(&body);
            (sdk, decode::<PlainOffer>(&body))
        } else {
            let plain = decode::<PlainOffer>(&body);
            (decode::<OfferSummary>(&body), plain)
        };
        // The first round is a warm-up.
        if round > 0 {
            rounds.push(pair);
        }
    }
    let sdk = median(rounds.iter().map(|(sdk, _)| *sdk).collect());
    let plain = median(rounds.iter().map(|(_, plain)| *plain).collect());
    println!(
        "{OFFERS} offers, {} bytes, {ROUNDS} rounds, medians: SDK {:.0} MB/s, serde by hand {:.0} MB/s",
        body.len(),
        sdk.unwrap_or_default(),
        plain.unwrap_or_default()
    );
    report(&[Figure {
        name: "decoding, throughput of the SDK's types over serde by hand".to_owned(),
        value: ratio(&rounds).unwrap_or_default(),
        target: Target::AtLeast(TARGET),
    }])
}

/// Decodes the list once and returns the throughput in MB/s.
fn decode<T: DeserializeOwned>(body: &[u8]) -> f64 {
    let start = now();
    let offers: Vec<T> = serde_json::from_slice(black_box(body)).expect("a valid list");
    let elapsed = now().saturating_sub(start);
    assert_eq!(black_box(offers).len(), OFFERS);
    megabytes(body.len()) / elapsed.as_secs_f64()
}

/// Returns the CPU time of this thread, which other processes affect less than the wall-clock time.
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

#[expect(
    clippy::cast_precision_loss,
    reason = "the sizes are far below 2^52 bytes"
)]
fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}
