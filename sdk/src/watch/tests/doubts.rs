//! When a list puts the outcome of an offer in doubt.

use super::details::{OPTIONS, list, reply, report};
use super::model::{End, Options};
use super::simulation::run;
use super::{end, many};
use crate::{Error, PublisherWatchEvent, WatchResult};

fn end_of(result: &Result<WatchResult, Error>) -> &'static str {
    match end(result) {
        End::Outcome(outcome) => outcome,
        End::GivenUp => "given up",
    }
}

/// Each row has the statuses of the offer in the lists and in the reports, one per minute, and the last one repeats.
#[test]
fn a_success_that_the_list_contradicts_doesnt_count() {
    const SUCCEEDED: &[&str] = &["succeeded"];
    let stays = ["succeeded", "contradictory"];
    for (name, lists, reports, timeout, expected, end) in [
        (
            "in flight, then failed",
            &["running", "running", "running", "running", "failed"][..],
            &["succeeded", "succeeded", "running", "failed"][..],
            100_000,
            &["succeeded", "failed"][..],
            4,
        ),
        (
            "the list lags",
            &["running", "running", "succeeded"],
            SUCCEEDED,
            100_000,
            &["succeeded"],
            2,
        ),
        (
            "in flight for ever",
            &["running"],
            SUCCEEDED,
            100_000,
            &stays,
            16,
        ),
        (
            "unknown for ever",
            &["paused"],
            SUCCEEDED,
            100_000,
            &stays,
            16,
        ),
        (
            "failed for ever",
            &["running", "failed"],
            SUCCEEDED,
            100_000,
            &stays,
            16,
        ),
        (
            "without a status",
            &["running", ""],
            SUCCEEDED,
            100_000,
            &stays,
            16,
        ),
        (
            "not listed",
            &["running", "not listed"],
            SUCCEEDED,
            100_000,
            &stays,
            16,
        ),
        (
            "timed out",
            &["running"],
            SUCCEEDED,
            500,
            &["succeeded", "timedOut"],
            8,
        ),
        (
            "the list agrees late",
            &[
                "running",
                "failed",
                "failed",
                "failed",
                "failed",
                "failed",
                "failed",
                "failed",
                "failed",
                "failed",
                "failed",
                "failed",
                "failed",
                "failed",
                "failed",
                "failed",
                "succeeded",
            ],
            SUCCEEDED,
            100_000,
            &["succeeded", "contradictory", "succeeded"],
            17,
        ),
        (
            "another outcome is kept",
            &["running"],
            &["failed"],
            100_000,
            &["failed"],
            16,
        ),
        (
            "the go-live, in flight in the list",
            &["running"],
            &["waitingForPublisherReview"],
            100_000,
            &["awaitingGoLive"],
            1,
        ),
        (
            "the go-live, failed in the list",
            &["running", "failed"],
            &["waitingForPublisherReview"],
            100_000,
            &["awaitingGoLive", "contradictory"],
            17,
        ),
    ] {
        let options = Options { timeout, ..OPTIONS };
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
            PublisherWatchEvent::OfferEnded { result, .. } => Some(end_of(result)),
            _ => None,
        });
        assert_eq!(ends.collect::<Vec<_>>(), expected, "{name}");
        assert_eq!(run.end / 60, end, "{name}");
        let result = run.result.expect("no error");
        assert_eq!(
            Some(&end_of(&result.offers["0"])),
            expected.last(),
            "{name}"
        );
        let polls = run.sent.iter().filter(|(_, offer)| offer.is_some());
        assert!(polls.count() <= list_number, "{name}");
    }
}
