//! When a list puts the outcome of an offer in doubt.

use super::details::{OPTIONS, delays, list, reply, report};
use super::model::{End, Options};
use super::simulation::run;
use super::{end, many};
use crate::{Error, PublisherWatchEvent, WatchResult};

/// A confirmation holds only until the list changes: the offer can end in the list and be in flight again.
#[test]
fn a_confirmed_outcome_is_doubted_when_the_list_changes() {
    let lists = [
        "running",
        "running",
        "succeeded",
        "running",
        "running",
        "failed",
    ];
    let (mut list_number, mut polls) = (0, 0);
    let run = run(
        &mut many(OPTIONS),
        |offer, _| {
            let response = match offer {
                None => {
                    list_number += 1;
                    let a = lists.get(list_number - 1).copied().unwrap_or("failed");
                    let b = if list_number < 7 {
                        "running"
                    } else {
                        "succeeded"
                    };
                    list(&[(0, a), (1, b)])
                }
                Some(0) => {
                    polls += 1;
                    report(
                        ["succeeded", "succeeded", "running"]
                            .get(polls - 1)
                            .unwrap_or(&"failed"),
                    )
                }
                Some(_) if list_number < 7 => report("running"),
                Some(_) => report("succeeded"),
            };
            reply(response, None)
        },
        |_, _| {},
    );
    // One confirmation, and no confirmation for the lists that change to the status of the reports.
    assert_eq!(polls, 4);
    let PublisherWatchEvent::Ended(Ok(result)) = &run.last else {
        panic!("{:?}", run.last);
    };
    assert_eq!(end(&result.offers["0"]), End::Outcome("failed"));
    assert_eq!(end(&result.offers["1"]), End::Outcome("succeeded"));
    let changes = run.events.iter().filter(
        |(_, event)| matches!(event, PublisherWatchEvent::Changed { offer, .. } if offer == "0"),
    );
    // The report of the confirmation equals the previous report.
    assert_eq!(changes.count(), 3);
    let ends = run.events.iter().filter_map(|(_, event)| match event {
        PublisherWatchEvent::OfferEnded { offer, result, .. } if offer == "0" => Some(end(result)),
        _ => None,
    });
    // The confirmation isn't reported.
    assert_eq!(
        ends.collect::<Vec<_>>(),
        [End::Outcome("succeeded"), End::Outcome("failed")]
    );
}

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
            "the go-live",
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
        let PublisherWatchEvent::Ended(Ok(result)) = &run.last else {
            panic!("{:?}", run.last);
        };
        assert_eq!(
            Some(&end_of(&result.offers["0"])),
            expected.last(),
            "{name}"
        );
        let polls = run.sent.iter().filter(|(_, offer)| offer.is_some());
        assert!(polls.count() <= list_number, "{name}");
    }
}

#[test]
fn an_offer_that_waits_for_go_live_isnt_doubted_while_the_list_says_the_same() {
    let run = run(
        &mut many(OPTIONS),
        |offer, _| {
            let response = match offer {
                None => list(&[(0, "running")]),
                Some(_) => report("waitingForPublisherReview"),
            };
            reply(response, Some(60))
        },
        |_, _| {},
    );
    assert_eq!(run.sent, [(0, None), (0, Some(0)), (60, None)]);
    // A wait of exactly the interval isn't reported.
    assert_eq!(delays(&run), []);
}
