//! Tests how many requests a publisher watch sends, and how much memory it keeps. In each interval, a publisher watch requests the list
//! of offers, and the status of each offer in flight. An offer is in flight while its publication runs.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use cloud_partner_portal::PublisherWatchEvent;
use serde_json::{Value, json};

use crate::support::client;
use crate::support::error_checks::with_timeout;
use crate::support::scripted_server::{ScriptedServer, Step, json_response};
use crate::watch::watch_publisher;

const OFFERS: usize = 10_000;
const IN_FLIGHT: usize = 50;
const INTERVALS: usize = 4;

/// Returns a response with a list of 10,000 offers. Every 200th offer has the given `status`. The other offers have the status
/// `succeeded`.
fn list(status: &str) -> Vec<Step> {
    let offers = (0..OFFERS).map(|number| {
        let is_200th = number % (OFFERS / IN_FLIGHT) == 0;
        let status = if is_200th { status } else { "succeeded" };
        json!({"id": format!("backup-{number:06}"), "status": status})
    });
    json_response(offers.collect::<Value>().to_string())
}

#[tokio::test]
async fn sends_one_status_request_per_interval_for_each_offer_in_flight() {
    let (list_in_flight, last_list) = (list("running"), list("succeeded"));
    let list_requests = AtomicUsize::new(0);
    let server = ScriptedServer::start(move |request| {
        if !request.target.contains("/status") {
            let earlier_lists = list_requests.fetch_add(1, Ordering::SeqCst);
            let is_last = earlier_lists == INTERVALS;
            return if is_last { &last_list } else { &list_in_flight }.clone();
        }
        let is_last = list_requests.load(Ordering::SeqCst) == INTERVALS;
        let report = json!({"status": if is_last { "succeeded" } else { "running" }});
        json_response(report.to_string())
    });
    let mut watch = watch_publisher(&client(server.url())).start();
    let (mut listed, mut changes, mut offers_ended, mut result) = (Vec::new(), 0, 0, None);
    while let Some(event) = with_timeout("watch", watch.next_event()).await {
        match event {
            PublisherWatchEvent::Listed {
                offers, watched, ..
            } => listed.push((offers, watched)),
            PublisherWatchEvent::Changed { .. } => changes += 1,
            PublisherWatchEvent::OfferEnded { .. } => offers_ended += 1,
            PublisherWatchEvent::Ended(ended) => result = Some(ended),
            other => panic!("{other:?}"),
        }
    }
    let mut expected = vec![(OFFERS, IN_FLIGHT); INTERVALS];
    expected.push((OFFERS, 0));
    assert_eq!(listed, expected);
    let requests = server.requests();
    let status_requests: Vec<_> = requests
        .split(|request| !request.target.contains("/status"))
        .skip(1)
        .collect();
    assert_eq!(status_requests.len(), INTERVALS + 1);
    assert!(status_requests[INTERVALS].is_empty());
    for in_interval in &status_requests[..INTERVALS] {
        let targets: BTreeSet<_> = in_interval.iter().map(|request| &request.target).collect();
        assert_eq!((in_interval.len(), targets.len()), (IN_FLIGHT, IN_FLIGHT));
    }
    // The status of each offer changed to `running`, and then to `succeeded`.
    assert_eq!((changes, offers_ended), (2 * IN_FLIGHT, IN_FLIGHT));
    let result = result.expect("a last event").expect("no error");
    assert_eq!(result.offers.len(), IN_FLIGHT);
    assert!(result.is_success());
}

/// Runs the measurement in a separate process, because other tests allocate memory at the same time. Only Linux has `/proc`.
#[cfg(target_os = "linux")]
#[test]
fn a_publisher_watch_keeps_less_than_1000_bytes_per_offer() {
    let tests = std::env::current_exe().expect("this program");
    let output = std::process::Command::new(tests)
        .args(["--exact", "publisher_cost::measure_memory_per_offer"])
        .args(["--ignored", "--nocapture"])
        .output()
        .expect("a process");
    let text = String::from_utf8_lossy(&output.stdout);
    let is_measured = text.contains("bytes are kept per offer");
    assert!(output.status.success() && is_measured, "{text}");
}

/// Measures how much memory a publisher watch keeps for each offer. Decoding a list takes much more memory than one watch keeps, so the
/// memory of a single watch can't be measured. Instead, the test keeps 30 watches of 10,000 offers each, and divides their memory by
/// 300,000.
#[tokio::test]
#[ignore = "another test runs it in a separate process"]
async fn measure_memory_per_offer() {
    let (warm_up, watches) = (3, 30);
    let server = ScriptedServer::scripts(vec![list("succeeded")]);
    let mut kept = Vec::new();
    let mut before = 0;
    for number in 0..warm_up + watches {
        // The first three watches allocate the memory for decoding. The later watches reuse this memory.
        if number == warm_up {
            before = resident_bytes();
        }
        let mut watch = watch_publisher(&client(server.url())).start();
        let listed = with_timeout("list", watch.next_event()).await;
        let Some(PublisherWatchEvent::Listed { offers: OFFERS, .. }) = listed else {
            panic!("{listed:?}");
        };
        kept.push(watch);
    }
    let bytes = resident_bytes().saturating_sub(before) / (watches * OFFERS);
    println!("about {bytes} bytes are kept per offer");
    // 0 bytes would mean that nothing was measured.
    assert!((1..1000).contains(&bytes), "{bytes} bytes");
}

fn resident_bytes() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok());
    pages.map_or(0, |pages: usize| pages * 4096)
}
