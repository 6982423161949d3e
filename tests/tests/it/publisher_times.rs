//! The timeout, `Retry-After` and cancelling of the watch of a publisher.

use std::time::Duration;

use crate::support::outcome::guarded;
use crate::support::publisher::{Publisher, Service, events, list, status, table};
use crate::support::raw::Step::Stall;
use crate::support::raw::{answer, json as ok};
use cloud_partner_portal::PublisherWatchEvent;

#[tokio::test]
async fn a_timeout_is_the_outcome_of_open_offers() {
    let timeout = Duration::from_millis(500);
    let offers = || list(&[("a", "running"), ("b", "running")]);
    // The statuses stall, or the second list does, or all goes on for ever.
    for (name, lists, a) in [
        ("status", vec![offers()], vec![Stall]),
        ("list", vec![offers(), vec![Stall]], status("running")),
        ("neither", vec![offers()], status("running")),
    ] {
        let service = Service::start(Publisher {
            lists,
            status: Box::new(move |offer, _| {
                if offer == "a" {
                    return a.clone();
                }
                status("failed")
            }),
        });
        let told = events(service.watch().timeout(timeout)).await;
        assert_eq!(
            told.last().map(String::as_str),
            Some("ended: a timedOut, b failed"),
            "{name}"
        );
        guarded(name, async {
            while service.server.under_way() > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
    }
    let service = table(vec![vec![Stall]], &[]);
    assert_eq!(events(service.watch().timeout(timeout)).await, ["ended: "]);
}

#[tokio::test]
async fn the_service_says_when_to_list_next() {
    let later = [("retry-after", "1")];
    let running = r#"[{"id":"a","status":"running"}]"#;
    let report = r#"{"status":"running"}"#;
    let rows: Vec<_> = [
        ("list", answer(200, &later, running), ok(report)),
        ("failed list", answer(429, &later, ""), ok(report)),
        ("status", ok(running), answer(200, &later, report)),
        ("failed status", ok(running), answer(429, &later, "")),
    ]
    .into_iter()
    .map(|(name, first, status_then)| {
        let service = Service::start(Publisher {
            lists: vec![first, ok(running)],
            status: Box::new(move |_, interval| match interval {
                0 => status_then.clone(),
                _ => status("succeeded"),
            }),
        });
        tokio::spawn(lists_a_second_apart(name, service))
    })
    .collect();
    for row in rows {
        row.await.expect("the row holds");
    }
    let for_ever = [("retry-after", "18446744073709551615")];
    for first in [answer(200, &for_ever, running), answer(503, &for_ever, "")] {
        let service = table(vec![first], &[("a", &["running"])]);
        events(service.watch().timeout(Duration::from_millis(200))).await;
        assert_eq!(service.asked().len(), 1);
    }
}

async fn lists_a_second_apart(name: &str, service: Service) {
    events(service.watch()).await;
    let lists: Vec<_> = service
        .server
        .asked()
        .into_iter()
        .filter(|asked| !asked.target.contains("/status"))
        .map(|asked| asked.when)
        .collect();
    assert!(lists.len() >= 2, "{name}");
    let waited = lists[1] - lists[0];
    assert!(waited >= Duration::from_secs(1), "{name}: only {waited:?}");
}

#[tokio::test]
async fn dropping_the_watch_cancels_its_requests() {
    let ids: Vec<_> = (0..20).map(|number| format!("o{number}")).collect();
    let offers: Vec<_> = ids.iter().map(|id| (id.as_str(), "running")).collect();
    let service = Service::start(Publisher {
        lists: vec![list(&offers)],
        status: Box::new(|_, _| vec![Stall]),
    });
    let mut watch = service.watch().start();
    let listed = guarded("list", watch.next_event()).await;
    assert!(matches!(listed, Some(PublisherWatchEvent::Listed { .. })));
    let under_way = |number: usize| {
        let server = &service.server;
        guarded("requests", async move {
            while server.under_way() != number {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
    };
    tokio::select! {
        event = watch.next_event() => panic!("{event:?}"),
        () = under_way(8) => {}
    }
    drop(watch);
    under_way(0).await;
    assert_eq!(service.server.asked().len(), 1 + 8);
}
