//! Measures a ratio: the time of a call of the SDK, divided by the time of the same call in hand-written code with reqwest and
//! `serde_json`.
//!
//! Run `cargo bench -p cloud-partner-recordings --bench call`. The exit code is 1 if the ratio is over 1.05, for
//! the short or the long list.
//!
//! A server on this machine sends the responses. The SDK and the hand-written code send the same request with equally configured HTTP
//! clients, read the whole body and decode the same properties.

mod support;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use cloud_partner_recordings::load;
use cloud_partner_recordings::recording::Recording;
use cloud_partner_recordings::replay::Replay;
use cloud_partner_recordings::synthetic::many_offers;

use support::figure::{medians, pairs, ratio, report};
use support::{PlainOffer, TOKEN, runtime, sdk, started_by_cargo_bench};

fn main() -> ExitCode {
    if !started_by_cargo_bench() {
        return ExitCode::SUCCESS;
    }
    let lists = load::recordings(&load::root().join("recordings/list"));
    let lists = lists.all().expect("valid recordings");
    let recordings = lists.into_iter().map(Recording::from);
    let replay = Replay::new(recordings.chain([many_offers(1000)]), []);
    let server = replay.start().expect("a free port");
    let small = measure(&server.url(), "contoso", 4001, 2);
    let large = measure(&server.url(), "contoso-many", 1001, 1);
    if small == ExitCode::SUCCESS {
        large
    } else {
        small
    }
}

/// Measures the two clients in several rounds. In each round, each client makes `calls` calls, and the ratio is the SDK's time divided by
/// the other client's time. Reports the median of the ratios.
fn measure(url: &str, publisher: &str, rounds: usize, calls: u32) -> ExitCode {
    let runtime = runtime();
    let (sdk, plain) = (sdk(url), http());
    let list_url = format!("{url}/api/publishers/{publisher}/offers?api-version=2017-10-31");
    let sdk_call = || {
        let offers = runtime.block_on(sdk.list_offers(publisher));
        offers.expect("a list").len()
    };
    let plain_call = || {
        let offers = runtime.block_on(plain_list(&plain, &list_url));
        offers.expect("a list").len()
    };
    let offers = sdk_call();
    let time_per_call = |call: &dyn Fn() -> usize| {
        let start = Instant::now();
        for _ in 0..calls {
            assert_eq!(call(), offers, "both clients receive the same list");
        }
        start.elapsed().as_secs_f64() * 1e6 / f64::from(calls)
    };
    let times = pairs(
        rounds,
        || time_per_call(&sdk_call),
        || time_per_call(&plain_call),
    );
    let (sdk, plain) = medians(&times);
    println!(
        "{publisher}, {offers} offers, {rounds} rounds of {calls} calls each, medians: SDK {sdk:.1} µs, hand-written reqwest {plain:.1} µs"
    );
    let name = format!("time per call, list of {offers} offers, SDK / hand-written reqwest");
    report(&name, ratio(&times), 1.05)
}

/// Returns an HTTP client for the hand-written code, with the timeouts, redirect policy and user agent of the SDK's client, so that both
/// clients send the same requests.
fn http() -> reqwest::Client {
    reqwest::Client::builder()
        .user_agent("cloud-partner-portal-rust/0.1.0")
        .timeout(Duration::from_secs(5 * 60))
        .connect_timeout(Duration::from_secs(30))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .expect("an HTTP client")
}

async fn plain_list(client: &reqwest::Client, url: &str) -> reqwest::Result<Vec<PlainOffer>> {
    let request = client.get(url).header("accept", "application/json");
    let response = request.bearer_auth(TOKEN).send().await?;
    let body = response.error_for_status()?.bytes().await?;
    Ok(serde_json::from_slice(&body).expect("a list"))
}
