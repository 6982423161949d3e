//! The number of requests and the memory of the watch of a publisher.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use crate::support::error_checks::with_timeout;
use crate::support::publisher::{
    Publisher, PublisherServer, list_response, serve_statuses, status_response,
};
use crate::support::scripted_server::Step::Wait;
use crate::support::scripted_server::json_response;
use cloud_partner_portal::PublisherWatchEvent;
use serde_json::{Value, json};

const OFFERS: usize = 10_000;
const IN_FLIGHT: usize = 50;

/// Returns a list of many offers, of which every 200th has this status and the others have succeeded.
fn many_offers(status: &str) -> Vec<u8> {
    let recording = cloud_partner_recordings::sample::many_offers(OFFERS);
    let Some(cloud_partner_recordings::recording::Body::Json(Value::Array(mut offers))) =
        recording.response.body
    else {
        panic!("not a list");
    };
    for (number, offer) in offers.iter_mut().enumerate() {
        let in_flight = number % (OFFERS / IN_FLIGHT) == 0;
        offer["status"] = json!(if in_flight { status } else { "succeeded" });
    }
    Value::Array(offers).to_string().into()
}

#[tokio::test]
async fn sends_one_status_request_per_interval_for_each_offer_in_flight() {
    let intervals = 4;
    let running = json_response(many_offers("running"));
    let mut lists = vec![running; intervals];
    // The list that confirms the last outcome.
    lists.push(json_response(many_offers("succeeded")));
    let service = PublisherServer::start(Publisher {
        lists,
        status: Box::new(move |_, interval| {
            let now = if interval + 1 < intervals {
                "running"
            } else {
                "succeeded"
            };
            // Long enough to observe the number of concurrent requests.
            [vec![Wait(Duration::from_millis(10))], status_response(now)].concat()
        }),
    });
    let mut watch = service.watch().start();
    let (mut changes, mut ended, mut result) = (0, 0, None);
    while let Some(event) = with_timeout("watch", watch.next_event()).await {
        match event {
            PublisherWatchEvent::Listed {
                offers, watched, ..
            } => {
                assert_eq!(offers, OFFERS);
                assert!([0, IN_FLIGHT].contains(&watched), "{watched} are watched");
            }
            PublisherWatchEvent::Changed { .. } => changes += 1,
            PublisherWatchEvent::OfferEnded { .. } => ended += 1,
            PublisherWatchEvent::Ended(end) => result = Some(end),
            other => panic!("{other:?}"),
        }
    }
    let polled = service.polled_offers();
    assert_eq!(polled.len(), intervals + 1);
    for offers in polled.iter().take(intervals) {
        assert_eq!(offers.len(), IN_FLIGHT);
        assert_eq!(offers.iter().collect::<BTreeSet<_>>().len(), IN_FLIGHT);
    }
    println!(
        "{OFFERS} offers of which {IN_FLIGHT} are in flight: {} requests per interval, maximum {} concurrently",
        polled[0].len() + 1,
        service.server.max_concurrent_requests()
    );
    assert_eq!(
        service.server.requests().len(),
        intervals * (IN_FLIGHT + 1) + 1
    );
    assert!((2..=8).contains(&service.server.max_concurrent_requests()));
    // Each offer changed to running, and then to succeeded.
    assert_eq!((changes, ended), (2 * IN_FLIGHT, IN_FLIGHT));
    let result = result.expect("a last event").expect("no error");
    assert_eq!(result.offers.len(), IN_FLIGHT);
    assert!(result.is_success());
}

/// The measurement runs in a separate process, because the other tests allocate memory too.
#[test]
fn a_watch_keeps_less_than_1000_bytes_per_offer() {
    let tests = std::env::current_exe().expect("this program");
    let output = Command::new(tests)
        .args([
            "--exact",
            "publisher_cost::measure_memory_per_offer",
            "--ignored",
            "--nocapture",
        ])
        .output()
        .expect("a process");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    let line = text.lines().find(|line| line.starts_with("about"));
    println!("{}", line.expect("the figure"));
}

/// Measures the memory that a watch keeps for each offer between two lists.
///
/// The figure is the average of many watches, because decoding one list temporarily needs more memory than the watch keeps.
#[tokio::test]
#[ignore = "the test above runs it in a separate process"]
async fn measure_memory_per_offer() {
    let (warm_up, watches) = (3, 30);
    let ids: Vec<_> = (0..OFFERS)
        .map(|number| format!("backup-{number:06}"))
        .collect();
    let offers: Vec<_> = ids.iter().map(|id| (id.as_str(), "succeeded")).collect();
    let service = serve_statuses(vec![list_response(&offers)], &[]);
    let mut kept = Vec::new();
    let mut before = 0;
    for number in 0..warm_up + watches {
        // The first watches allocate the memory for decoding, which the later watches reuse.
        if number == warm_up {
            before = resident();
        }
        let mut watch = service.watch().start();
        let listed = with_timeout("list", watch.next_event()).await;
        assert!(matches!(
            listed,
            Some(PublisherWatchEvent::Listed { offers: OFFERS, .. })
        ));
        kept.push(watch);
    }
    let bytes = resident().saturating_sub(before) / (watches * OFFERS);
    println!("about {bytes} bytes are kept per offer");
    assert!(bytes < 1000, "{bytes} bytes");
}

/// Returns the resident memory of this process, in bytes.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok());
    pages.map_or(0, |pages: usize| pages * 4096)
}
