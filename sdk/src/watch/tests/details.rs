//! Tests of single decisions of the cores.

use std::error::Error as _;
use std::time::Duration;

use serde_json::json;

use super::model::{Fault, Item, Options, Report, ServiceResponse};
use super::simulation::{Reply, Run, error, run};
use super::{many, single};
use crate::call::response::Received;
use crate::types::OfferSummary;
use crate::watch::listing::Listing;
use crate::watch::options::Rules;
use crate::watch::poll_errors::Health;
use crate::watch::start::Start;
use crate::{Extensible, PublisherWatchEvent, PublisherWatchResult, WatchEvent};

pub(super) const OPTIONS: Options = Options {
    tolerate: 900,
    timeout: 100_000,
    until_live: false,
};

pub(super) fn report(status: &'static str) -> ServiceResponse {
    ServiceResponse::Report(Report {
        status,
        rejected_step: false,
        error_message: false,
    })
}

pub(super) fn list(offers: &[(u8, &'static str)]) -> ServiceResponse {
    let items = offers.iter().map(|(offer, status)| Item {
        offer: *offer,
        status: Some(*status),
        version: 1,
    });
    ServiceResponse::List(items.collect())
}

pub(super) fn reply(response: ServiceResponse, retry_after: Option<u64>) -> Reply {
    Reply {
        after: 0,
        response,
        retry_after,
    }
}

#[test]
fn the_last_error_of_each_cause_is_kept_and_at_most_eight() {
    let mut health = Health::default();
    for code in (500..510).chain([505]) {
        let error = error(Fault::Status(code), Received::default());
        health.failed(error, Duration::ZERO, &Rules::default());
    }
    let codes: Vec<_> = health
        .errors()
        .iter()
        .filter_map(crate::Error::status)
        .collect();
    assert_eq!(codes, [502, 503, 504, 506, 507, 508, 509, 505]);
    let last = health.last_error().expect("an error");
    assert_eq!(last.status(), Some(505));
    let mut sources = 0;
    let mut source = last.source();
    while let Some(error) = source {
        sources += 1;
        source = error.source();
    }
    assert_eq!(sources, 7);
    health.succeeded();
    assert!(health.last_error().is_none() && health.errors().is_empty());
}

#[test]
fn the_401_before_a_failed_renewal_is_kept_when_later_token_requests_fail() {
    let mut health = Health::default();
    let unauthorized = error(Fault::Status(401), Received::default());
    let credential = || error(Fault::Credential, Received::default());
    let first = crate::Error::chain(vec![unauthorized], credential());
    for error in [first, credential(), credential()] {
        health.failed(error, Duration::ZERO, &Rules::default());
    }
    let last = health.last_error().expect("an error");
    assert!(last.is_credential());
    let earlier = last
        .source()
        .and_then(|error| error.downcast_ref::<crate::Error>());
    assert_eq!(earlier.and_then(crate::Error::status), Some(401));
    assert_eq!(health.errors().len(), 1);
}

#[test]
fn jitter_makes_a_wait_longer_by_at_most_a_tenth() {
    for (jitter, expected) in [(0, 60_000), (50, 63_000), (100, 66_000)] {
        let rules = Rules {
            jitter,
            ..Rules::default()
        };
        let wait = Duration::from_secs(60);
        assert_eq!(rules.with_jitter(wait), Duration::from_millis(expected));
        assert_eq!(rules.retry_after(Some(wait)), rules.with_jitter(wait));
        assert_eq!(rules.retry_after(None), Duration::ZERO);
        let hour = Duration::from_secs(3600);
        assert_eq!(rules.retry_after(Some(hour)), hour);
        assert_eq!(rules.retry_after(Some(Duration::MAX)), hour);
        assert_eq!(rules.with_jitter(Duration::MAX), Duration::MAX);
    }
}

#[test]
fn an_offer_that_is_listed_twice_is_in_flight_if_one_item_is() {
    let item = |status: &str, version: u8| -> OfferSummary {
        let value = json!({"id": "a", "status": status, "version": version});
        serde_json::from_value(value).expect("a list item")
    };
    for (first, second, in_flight, status) in [
        ("running", "succeeded", true, "running"),
        ("succeeded", "running", true, "running"),
        ("running", "notStarted", true, "running"),
        ("succeeded", "failed", false, "failed"),
        ("failed", "succeeded", false, "failed"),
        ("failed", "running", true, "running"),
        ("running", "failed", true, "running"),
        ("", "running", true, "running"),
        ("", "succeeded", true, "succeeded"),
    ] {
        let mut listing = Listing::default();
        let both = || vec![item(first, 1), item(second, 2)];
        let items = listing.record(both());
        let a = &items["a"];
        assert_eq!(a.in_flight, in_flight, "{first} {second}");
        let listed = a.status.as_ref().map(Extensible::as_str);
        assert_eq!(listed, Some(status), "{first} {second}");
        assert!(!a.changed);
        // A list with the same items isn't a change. A list with another version of one item is a change.
        assert!(!listing.record(both())["a"].changed);
        assert!(listing.record(vec![item(first, 3), item(second, 2)])["a"].changed);
        assert!(listing.record(vec![item(first, 3), item(second, 4)])["a"].changed);
    }
}

#[test]
fn a_wait_longer_than_the_interval_is_reported() {
    for (retry_after, expected) in [
        (None, None),
        (Some(30), None),
        (Some(60), None),
        (Some(61), Some(61)),
        (Some(86_400), Some(3600)),
    ] {
        for fault in [false, true] {
            let mut number = 0;
            let response = |number| match (number, fault) {
                (1, false) => report("running"),
                (1, true) => ServiceResponse::Fault(Fault::Status(503)),
                _ => report("succeeded"),
            };
            let run = run(
                &mut single(OPTIONS, Start::Seen),
                |_, _| {
                    number += 1;
                    reply(response(number), retry_after)
                },
                |_, _| {},
            );
            let delays: Vec<_> = run
                .events
                .iter()
                .filter_map(|(_, event)| match event {
                    WatchEvent::Delayed(wait) => Some(wait.as_secs()),
                    _ => None,
                })
                .collect();
            assert_eq!(delays, Vec::from_iter(expected), "{retry_after:?} {fault}");
            let next = match (expected, fault, retry_after) {
                (Some(wait), _, _) => wait,
                (None, true, wait) => wait.unwrap_or(1),
                (None, false, _) => 60,
            };
            assert_eq!(run.sent[1].0, next, "{retry_after:?} {fault}");
        }
    }
}

/// A wait of more than an hour comes from the interval, not from `Retry-After`.
#[test]
fn a_wait_is_reported_if_it_comes_from_retry_after() {
    for (interval, header, wait, expected) in [
        (60, Some(61), 61, Some(61)),
        (60, Some(60), 60, None),
        (60, None, 61, None),
        (60, Some(86_400), 3600, Some(3600)),
        (3500, Some(86_400), 3600, Some(3600)),
        (3500, Some(86_400), 3850, None),
        (7200, Some(86_400), 7920, None),
    ] {
        let rules = Rules {
            interval: Duration::from_secs(interval),
            ..Rules::default()
        };
        let delay = rules.delay(header.map(Duration::from_secs), Duration::from_secs(wait));
        assert_eq!(
            delay,
            expected.map(Duration::from_secs),
            "{interval} {header:?}"
        );
    }
}

#[test]
fn the_first_waits_after_an_error_are_short() {
    let run = run(
        &mut single(OPTIONS, Start::Seen),
        |_, _| reply(ServiceResponse::Fault(Fault::Connect), None),
        |_, _| {},
    );
    let sent: Vec<_> = run.sent.iter().map(|(when, _)| *when).collect();
    assert_eq!(sent, [0, 1, 3, 7, 15, 31, 63, 120]);
}

/// Returns the times of `Delayed` events, with the offer and the wait.
fn delays(run: &Run<PublisherWatchEvent, PublisherWatchResult>) -> Vec<(u64, Option<&str>, u64)> {
    run.events
        .iter()
        .filter_map(|(now, event)| match event {
            PublisherWatchEvent::Delayed { offer, wait, .. } => {
                Some((*now, offer.as_deref(), wait.as_secs()))
            }
            _ => None,
        })
        .collect()
}

#[test]
fn a_retry_after_delays_the_requests_of_a_publisher_watch() {
    let running = [(0, "running"), (1, "running")];
    let ended = [(0, "failed"), (1, "failed")];
    // Whether the first list request (otherwise a status request) gets the `Retry-After`, whether its response is an error, and the
    // times and offers of the first four requests.
    for (of_list, fault, expected) in [
        (
            true,
            false,
            vec![(0, None), (0, Some(0)), (0, Some(1)), (500, None)],
        ),
        (
            true,
            true,
            vec![(0, None), (500, None), (500, Some(0)), (500, Some(1))],
        ),
        (
            false,
            false,
            vec![(0, None), (0, Some(0)), (0, Some(1)), (500, None)],
        ),
        (
            false,
            true,
            vec![(0, None), (0, Some(0)), (0, Some(1)), (500, None)],
        ),
    ] {
        let run = run(
            &mut many(OPTIONS),
            |offer, now| {
                let first = now == 0;
                let is_it = first
                    && (if of_list {
                        offer.is_none()
                    } else {
                        offer == Some(0)
                    });
                if is_it && fault {
                    return reply(ServiceResponse::Fault(Fault::Status(503)), Some(500));
                }
                let response = match offer {
                    None if first || (of_list && fault && now < 501) => list(&running),
                    None => list(&ended),
                    Some(_) if first => report("running"),
                    Some(_) => report("failed"),
                };
                reply(response, is_it.then_some(500))
            },
            |_, _| {},
        );
        assert_eq!(run.sent[..4], expected, "{of_list} {fault}");
        let offer = (!of_list).then_some("0");
        assert_eq!(delays(&run), [(0, offer, 500)], "{of_list} {fault}");
    }
}

#[test]
fn a_poll_that_failed_is_repeated_before_the_next_list() {
    let run = run(
        &mut many(OPTIONS),
        |offer, now| {
            let response = match offer {
                None if now < 60 => list(&[(0, "running"), (1, "running")]),
                None => list(&[(0, "succeeded"), (1, "succeeded")]),
                Some(0) if now < 3 => ServiceResponse::Fault(Fault::Connect),
                Some(_) if now < 60 => report("running"),
                Some(_) => report("succeeded"),
            };
            reply(response, None)
        },
        |_, _| {},
    );
    let sent: Vec<_> = run
        .sent
        .iter()
        .map(|(when, offer)| (*when, *offer))
        .collect();
    assert_eq!(
        sent,
        [
            (0, None),
            (0, Some(0)),
            (0, Some(1)),
            (1, Some(0)),
            (3, Some(0)),
            (60, None),
            (60, Some(0)),
            (60, Some(1)),
            (120, None),
        ]
    );
}

#[test]
fn queued_polls_wait_for_the_retry_after_of_an_error() {
    let running: Vec<_> = (0..20).map(|offer| (offer, "running")).collect();
    let ended: Vec<_> = (0..20).map(|offer| (offer, "failed")).collect();
    // The first poll is repeated. The second poll ends the watch of its offer.
    for code in [429, 403] {
        let run = run(
            &mut many(OPTIONS),
            |offer, now| match offer {
                None if now == 0 => reply(list(&running), None),
                None => reply(list(&ended), None),
                Some(0) if now == 0 => {
                    reply(ServiceResponse::Fault(Fault::Status(code)), Some(500))
                }
                Some(_) => reply(report("failed"), None),
            },
            |_, _| {},
        );
        let at = |time| run.sent.iter().filter(|(when, _)| *when == time).count();
        // First the list and eight polls. Then the remaining twelve polls, and the list or the repeated poll.
        assert_eq!(at(0), 1 + 8);
        assert!(at(500) >= 12, "{:?}", run.sent);
        assert!(run.sent.iter().all(|(when, _)| *when == 0 || *when >= 500));
    }
}
