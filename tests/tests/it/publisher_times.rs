//! The timeout, `Retry-After` and cancellation of the watch of a publisher.

use std::time::Duration;

use crate::support::error_checks::with_timeout;
use crate::support::publisher::{
    Publisher, PublisherServer, events, list_response, serve_statuses, status_response,
};
use crate::support::scripted_server::Step::Stall;
use crate::support::scripted_server::{json_response, response};
use cloud_partner_portal::PublisherWatchEvent;

#[tokio::test]
async fn offers_without_an_outcome_time_out() {
    let timeout = Duration::from_millis(500);
    let offers = || list_response(&[("a", "running"), ("b", "running")]);
    // The status requests stall, the second list request stalls, or the offer keeps running.
    for (name, lists, a) in [
        ("status", vec![offers()], vec![Stall]),
        (
            "list",
            vec![offers(), vec![Stall]],
            status_response("running"),
        ),
        ("neither", vec![offers()], status_response("running")),
    ] {
        let service = PublisherServer::start(Publisher {
            lists,
            status: Box::new(move |offer, _| {
                if offer == "a" {
                    return a.clone();
                }
                status_response("failed")
            }),
        });
        let reported = events(service.watch().timeout(timeout)).await;
        assert_eq!(
            reported.last().map(String::as_str),
            Some("ended: a timedOut, b failed"),
            "{name}"
        );
        with_timeout(name, async {
            while service.server.pending_requests() > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
    }
    let service = serve_statuses(vec![vec![Stall]], &[]);
    assert_eq!(events(service.watch().timeout(timeout)).await, ["ended: "]);
}

#[tokio::test]
async fn retry_after_delays_the_next_list_request() {
    let retry_after = [("retry-after", "1")];
    let running = r#"[{"id":"a","status":"running"}]"#;
    let report = r#"{"status":"running"}"#;
    let cases: Vec<_> = [
        (
            "list",
            response(200, &retry_after, running),
            json_response(report),
        ),
        (
            "error of the list",
            response(429, &retry_after, ""),
            json_response(report),
        ),
        (
            "status",
            json_response(running),
            response(200, &retry_after, report),
        ),
        (
            "error of the status",
            json_response(running),
            response(429, &retry_after, ""),
        ),
    ]
    .into_iter()
    .map(|(name, first, status_then)| {
        let service = PublisherServer::start(Publisher {
            lists: vec![
                first,
                json_response(running),
                list_response(&[("a", "succeeded")]),
            ],
            status: Box::new(move |_, interval| match interval {
                0 => status_then.clone(),
                _ => status_response("succeeded"),
            }),
        });
        tokio::spawn(check_interval_between_lists(name, service))
    })
    .collect();
    for case in cases {
        case.await.expect("the case passes");
    }
    let maximum = [("retry-after", "18446744073709551615")];
    for first in [
        response(200, &maximum, running),
        response(503, &maximum, ""),
    ] {
        let service = serve_statuses(vec![first], &[("a", &["running"])]);
        events(service.watch().timeout(Duration::from_millis(200))).await;
        assert_eq!(service.polled_offers().len(), 1);
    }
}

async fn check_interval_between_lists(name: &str, service: PublisherServer) {
    events(service.watch()).await;
    let lists: Vec<_> = service
        .server
        .requests()
        .into_iter()
        .filter(|request| !request.target.contains("/status"))
        .map(|request| request.when)
        .collect();
    assert!(lists.len() >= 2, "{name}");
    let waited = lists[1] - lists[0];
    assert!(
        waited >= Duration::from_secs(1),
        "{name}: waited only {waited:?}"
    );
}

#[tokio::test]
async fn dropping_a_watch_of_a_publisher_cancels_its_requests() {
    let ids: Vec<_> = (0..20).map(|number| format!("o{number}")).collect();
    let offers: Vec<_> = ids.iter().map(|id| (id.as_str(), "running")).collect();
    let service = PublisherServer::start(Publisher {
        lists: vec![list_response(&offers)],
        status: Box::new(|_, _| vec![Stall]),
    });
    let mut watch = service.watch().start();
    let listed = with_timeout("list", watch.next_event()).await;
    assert!(matches!(listed, Some(PublisherWatchEvent::Listed { .. })));
    let wait_for_pending = |number: usize| {
        let server = &service.server;
        with_timeout("requests", async move {
            while server.pending_requests() != number {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
    };
    tokio::select! {
        event = watch.next_event() => panic!("{event:?}"),
        () = wait_for_pending(8) => {}
    }
    drop(watch);
    wait_for_pending(0).await;
    assert_eq!(service.server.requests().len(), 1 + 8);
}
