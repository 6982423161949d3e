//! The time of a call of the SDK, relative to hand-written code with reqwest and `serde_json`, with a server on this machine.
//!
//! `cargo bench -p cloud-partner-recordings --bench call`; the exit code is 1 if a target is missed.
//!
//! Both send the same request with identically configured HTTP clients, read the whole body and decode the same properties.

mod support;

use std::process::ExitCode;
use std::time::Instant;

use cloud_partner_portal::Client;
use cloud_partner_recordings::recording::Recording;
use cloud_partner_recordings::replay::Replay;
use cloud_partner_recordings::sample::many_offers;
use cloud_partner_recordings::store;

use support::figure::{Figure, Target, median, ratio};
use support::{PlainOffer, TOKEN, http, report, runtime, sdk, started_by_cargo_bench};

const TARGET: f64 = 1.05;

fn main() -> ExitCode {
    if !started_by_cargo_bench() {
        return ExitCode::SUCCESS;
    }
    let lists = store::root().join("recordings/list");
    let recordings: Vec<Recording> = store::recordings(&lists)
        .all()
        .expect("valid recordings")
        .into_iter()
        .map(Recording::from)
        .chain([many_offers(1000)])
        .collect();
    let server = Replay::new(recordings, Vec::new())
        .start()
        .expect("a free port");
    let figures =
        [("contoso", 4001, 2), ("contoso-many", 1001, 1)].map(|(publisher, rounds, calls)| {
            let mut bench = Bench {
                sdk: sdk(&server.url()),
                plain: http(),
                url: server.url(),
                publisher,
                calls,
            };
            bench.run(rounds)
        });
    report(&figures)
}

struct Bench {
    sdk: Client,
    plain: reqwest::Client,
    url: String,
    publisher: &'static str,
    /// The number of calls of each client per round.
    calls: u32,
}

impl Bench {
    fn run(&mut self, rounds: usize) -> Figure {
        let runtime = runtime();
        let mut offers = 0;
        let mut times = Vec::new();
        for round in 0..=rounds {
            let (sdk, plain) = runtime.block_on(async {
                if round % 2 == 0 {
                    let sdk = self.sdk_calls().await;
                    (sdk, self.plain_calls().await)
                } else {
                    let plain = self.plain_calls().await;
                    (self.sdk_calls().await, plain)
                }
            });
            assert_eq!(sdk.1, plain.1, "both clients receive the same list");
            offers = sdk.1;
            // The first round opens the connections.
            if round > 0 {
                times.push((sdk.0, plain.0));
            }
        }
        println!(
            "{}, {offers} offers, {rounds} rounds of {} calls each, medians: SDK {:.1} µs, reqwest by hand {:.1} µs",
            self.publisher,
            self.calls,
            median(times.iter().map(|(sdk, _)| *sdk).collect()).unwrap_or_default(),
            median(times.iter().map(|(_, plain)| *plain).collect()).unwrap_or_default(),
        );
        Figure {
            name: format!("time per call, list of {offers} offers, SDK over reqwest by hand"),
            value: ratio(&times).unwrap_or(f64::NAN),
            target: Target::AtMost(TARGET),
        }
    }

    /// Returns the mean time of a call in microseconds, and the number of offers.
    async fn sdk_calls(&self) -> (f64, usize) {
        let mut offers = 0;
        let start = Instant::now();
        for _ in 0..self.calls {
            let response = self.sdk.list_offers(self.publisher).await;
            offers = response.expect("a list").len();
        }
        (self.time_per_call(start), offers)
    }

    async fn plain_calls(&self) -> (f64, usize) {
        let mut offers = 0;
        let start = Instant::now();
        for _ in 0..self.calls {
            offers = self.plain_call().await.expect("a list").len();
        }
        (self.time_per_call(start), offers)
    }

    async fn plain_call(&self) -> Result<Vec<PlainOffer>, Box<dyn std::error::Error>> {
        let body = self
            .plain
            .get(format!(
                "{}/api/publishers/{}/offers?api-version=2017-10-31",
                self.url, self.publisher
            ))
            .header("accept", "application/json")
            .bearer_auth(TOKEN)
            .send()
            .await?
            .error_for_status()?
            .bytes()
            .await?;
        Ok(serde_json::from_slice(&body)?)
    }

    fn time_per_call(&self, start: Instant) -> f64 {
        start.elapsed().as_secs_f64() * 1e6 / f64::from(self.calls)
    }
}
