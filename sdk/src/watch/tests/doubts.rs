//! Lists that contradict the reports of an offer.

use super::details::{OPTIONS, list, reply, report};
use super::model::{End, Options};
use super::simulation::run;
use super::{end, many};
use crate::{Error, PublisherWatchEvent, WatchResult};

/// The name of the case; the statuses of the offer in the lists and in the reports, one per minute, of which the last one repeats;
/// the timeout in seconds; the outcomes of the offer; and the number of minutes after which the watch ends.
type Case = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
    u64,
    &'static [&'static str],
    u64,
);

const SUCCEEDED: &[&str] = &["succeeded"];
const CONTRADICTORY: &[&str] = &["succeeded", "contradictory"];
const DAY: u64 = 24 * 3600;

/// Two minutes of a contradiction are tolerated.
const CASES: [Case; 12] = [
    (
        "in flight, then failed",
        &["running", "running", "running", "running", "failed"],
        &["succeeded", "succeeded", "running", "failed"],
        DAY,
        &["succeeded", "failed"],
        4,
    ),
    (
        "the list lags",
        &["running", "running", "succeeded"],
        SUCCEEDED,
        DAY,
        SUCCEEDED,
        2,
    ),
    (
        "the list agrees after the tolerated time",
        &["running", "failed", "failed", "succeeded"],
        SUCCEEDED,
        DAY,
        &["succeeded", "contradictory", "succeeded"],
        4,
    ),
    ("in flight", &["running"], SUCCEEDED, DAY, CONTRADICTORY, 3),
    (
        "in flight with an unknown status",
        &["paused"],
        SUCCEEDED,
        DAY,
        CONTRADICTORY,
        3,
    ),
    (
        "failed",
        &["running", "failed"],
        SUCCEEDED,
        DAY,
        CONTRADICTORY,
        3,
    ),
    (
        "without a status",
        &["running", ""],
        SUCCEEDED,
        DAY,
        CONTRADICTORY,
        3,
    ),
    (
        "not listed",
        &["running", "not listed"],
        SUCCEEDED,
        DAY,
        CONTRADICTORY,
        3,
    ),
    (
        "timed out",
        &["running"],
        SUCCEEDED,
        100,
        &["succeeded", "timedOut"],
        1,
    ),
    (
        "another outcome is kept",
        &["running"],
        &["failed"],
        DAY,
        &["failed"],
        3,
    ),
    (
        "awaiting go-live, in flight in the list",
        &["running"],
        &["waitingForPublisherReview"],
        DAY,
        &["awaitingGoLive"],
        1,
    ),
    (
        "awaiting go-live, failed in the list",
        &["running", "failed"],
        &["waitingForPublisherReview"],
        DAY,
        &["awaitingGoLive", "contradictory"],
        4,
    ),
];

fn outcome(result: &Result<WatchResult, Error>) -> &'static str {
    match end(result) {
        End::Outcome(outcome) => outcome,
        End::GivenUp => "given up",
    }
}

#[test]
fn a_success_that_the_list_contradicts_doesnt_count() {
    for (name, lists, reports, timeout, expected, minutes) in CASES {
        let options = Options {
            tolerate: 120,
            timeout,
            ..OPTIONS
        };
        let (mut list_number, mut report_number) = (0, 0);
        let run = run(
            &mut many(options),
            |offer, _| {
                let (statuses, number) = match offer {
                    None => (lists, &mut list_number),
                    Some(_) => (reports, &mut report_number),
                };
                let status = statuses[(*number).min(statuses.len() - 1)];
                *number += 1;
                let response = match (offer, status) {
                    (None, "not listed") => list(&[]),
                    (None, status) => list(&[(0, status)]),
                    (Some(_), status) => report(status),
                };
                reply(response, None)
            },
            |_, _| {},
        );
        let ends = run.events.iter().filter_map(|(_, event)| match event {
            PublisherWatchEvent::OfferEnded { result, .. } => Some(outcome(result)),
            _ => None,
        });
        assert_eq!(ends.collect::<Vec<_>>(), expected, "{name}");
        assert_eq!(run.end / 60, minutes, "{name}");
        let result = run.result.expect("no error");
        assert_eq!(
            Some(&outcome(&result.offers["0"])),
            expected.last(),
            "{name}"
        );
        assert!(report_number <= list_number, "{name}");
    }
}
