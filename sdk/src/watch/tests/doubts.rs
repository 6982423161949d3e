//! When a list puts the outcome of an offer in doubt.

use super::details::{OPTIONS, delays, list, reply, report};
use super::model::End;
use super::simulation::run;
use super::{end, many};
use crate::PublisherWatchEvent;

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

#[test]
fn a_success_that_the_list_denies_is_contradictory_until_the_list_catches_up() {
    for (listed, expected) in [
        ("failed", vec!["contradictory"]),
        ("succeeded", vec!["contradictory", "succeeded"]),
    ] {
        let mut lists = ["running", "failed"].into_iter();
        let run = run(
            &mut many(OPTIONS),
            |offer, _| {
                let response = match offer {
                    None => list(&[(0, lists.next().unwrap_or(listed))]),
                    Some(_) => report("succeeded"),
                };
                reply(response, None)
            },
            |_, _| {},
        );
        let ends = run.events.iter().filter_map(|(_, event)| match event {
            PublisherWatchEvent::OfferEnded { result, .. } => Some(end(result)),
            _ => None,
        });
        let expected = ["succeeded"].into_iter().chain(expected).map(End::Outcome);
        let expected: Vec<_> = expected.collect();
        assert_eq!(ends.collect::<Vec<_>>(), expected);
        let PublisherWatchEvent::Ended(Ok(result)) = &run.last else {
            panic!("{:?}", run.last);
        };
        assert_eq!(Some(&end(&result.offers["0"])), expected.last());
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
