//! The timeout, `Retry-After` and cancelling of the watch of a publisher.

use std::time::Duration;

use crate::support::error_checks::with_timeout;
use crate::support::publisher::{
    Publisher, PublisherServer, events, list_response, serve_statuses, status_response,
};
use crate::support::scripted_server::Step::Stall;
use crate::support::scripted_server::{json_response, response};
use cloud_partner_portal::PublisherWatchEvent;

#[tokio::test]
async fn a_timeout_is_the_outcome_of_open_offers() {
    let timeout = Duration::from_millis(500);
    let offers = || list_response(&[("a", "running"), ("b", "running")]);
    // The statuses stall, or the second list does, or all goes on for ever.
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
        let told = events(service.watch().timeout(timeout)).await;
        assert_eq!(
            told.last().map(String::as_str),
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
async fn the_service_says_when_to_list_next() {
    let later = [("retry-after", "1")];
    let running = r#"[{"id":"a","status":"running"}]"#;
    let report = r#"{"status":"running"}"#;
    let rows: Vec<_> = [
        (
            "list",
            response(200, &later, running),
            json_response(report),
        ),
        (
            "failed list",
            response(429, &later, ""),
            json_response(report),
        ),
        (
            "status",
            json_response(running),
            response(200, &later, report),
        ),
        (
            "failed status",
            json_response(running),
            response(429, &later, ""),
        ),
    ]
    .into_iter()
    .map(|(name, first, status_then)| {
        let service = PublisherServer::start(Publisher {
            lists: vec![first, json_response(running)],
            status: Box::new(move |_, interval| match interval {
                0 => status_then.clone(),
                _ => status_response("succeeded"),
            }),
        });
        tokio::spawn(lists_a_second_apart(name, service))
    })
    .collect();
    for row in rows {
        row.await.expect("the row holds");
    }
    let for_ever = [("retry-after", "18446744073709551615")];
    for first in [
        response(200, &for_ever, running),
        response(503, &for_ever, ""),
    ] {
        let service = serve_statuses(vec![first], &[("a", &["running"])]);
        events(service.watch().timeout(Duration::from_millis(200))).await;
        assert_eq!(service.polled_offers().len(), 1);
    }
}

async fn lists_a_second_apart(name: &str, service: PublisherServer) {
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
    assert!(waited >= Duration::from_secs(1), "{name}: only {waited:?}");
}

#[tokio::test]
async fn dropping_the_watch_cancels_its_requests() {
    let ids: Vec<_> = (0..20).map(|number| format!("o{number}")).collect();
    let offers: Vec<_> = ids.iter().map(|id| (id.as_str(), "running")).collect();
    let service = PublisherServer::start(Publisher {
        lists: vec![list_response(&offers)],
        status: Box::new(|_, _| vec![Stall]),
    });
    let mut watch = service.watch().start();
    let listed = with_timeout("list", watch.next_event()).await;
    assert!(matches!(listed, Some(PublisherWatchEvent::Listed { .. })));
    let pending_requests = |number: usize| {
        let server = &service.server;
        with_timeout("requests", async move {
            while server.pending_requests() != number {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
    };
    tokio::select! {
        event = watch.next_event() => panic!("{event:?}"),
        () = pending_requests(8) => {}
    }
    drop(watch);
    pending_requests(0).await;
    assert_eq!(service.server.requests().len(), 1 + 8);
}
