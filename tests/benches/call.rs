//! Compares the SDK with hand-written code: both request a list of offers and decode it. The hand-written code uses reqwest and
//! `serde_json`. A server on this machine sends the list.
//!
//! Run `cargo bench -p cloud-partner-recordings --bench call`. The benchmark measures a short and a long list. If the SDK takes
//! more than 1.05 times as long as the hand-written code for one of the lists, the exit code is 1.

mod support;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use cloud_partner_recordings::load;
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
    let replay = Replay::new(lists.into_iter().chain([many_offers(1000)]), []);
    let server = replay.start().expect("a free port");
    let small = measure(&server.url(), "contoso", 4001, 2);
    let large = measure(&server.url(), "contoso-many", 1001, 1);
    if small == ExitCode::SUCCESS {
        large
    } else {
        small
    }
}

/// Measures both clients in several rounds. In each round, each client makes `calls` calls. The ratio of a round is the SDK's time divided
/// by the other client's time. The function reports the median ratio.
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

/// Returns the HTTP client of the hand-written code. It has the same timeouts, redirect policy and user agent as the SDK's client.
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
