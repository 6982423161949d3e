//! Property tests: random runs are compared with the reference model.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::model::{self, End, Exchange, Item, Options, Polls, Publisher, Report, ServiceResponse};
use super::simulation::{Run, run};
use super::{end, list_response, many, options, reply, single, status_response, timed};
use crate::watch::start::Start;
use crate::{PublisherWatchEvent, PublisherWatchResult, WatchEvent, WatchResult};

const SUCCEEDED: Report = Report {
    status: "succeeded",
    rejected_step: false,
    error_message: false,
};

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_watch_ends_when_and_as_the_model_says(
        script in prop::collection::vec(timed(status_response()), 1..20),
        options in options(),
    ) {
        let mut number = 0;
        let mut core = single(options, Start::Seen);
        let run = run(
            &mut core,
            |_, _| {
                let next = script.get(number).cloned();
                number += 1;
                reply(next.unwrap_or((ServiceResponse::Report(SUCCEEDED), 1, None)))
            },
            |_, _| {},
        );
        let result = &run.result;
        if let Some((number, expected)) = model::single(&run.log, options) {
            prop_assert_eq!(end(result), expected);
            prop_assert_eq!(number, run.log.len() - 1, "the watch continued after its end");
            prop_assert_eq!(run.log[number].received, run.end);
        } else {
            prop_assert_eq!(end(result), End::Outcome("timedOut"));
            prop_assert_eq!(run.end, options.timeout);
        }
        check_waits(&run.log)?;
        check_last_error(&run, result.as_ref().ok())?;
    }

    #[test]
    fn a_publisher_watch_succeeds_only_when_the_model_says_so(
        lists in prop::collection::vec(timed(list_response()), 1..8),
        scripts in prop::collection::vec(prop::collection::vec(timed(status_response()), 0..6), 4),
        options in options(),
    ) {
        let run = run_publisher(lists, &scripts, options);
        let gives_up = gives_up(&run.log, options);
        let Ok(watch) = &run.result else {
            prop_assert_eq!(gives_up.get(&None), Some(&(run.log.len() - 1)));
            return Ok(());
        };
        prop_assert_eq!(gives_up.get(&None), None);
        let publisher = Publisher::of(&run.log, options);
        if watch.is_success() {
            prop_assert!(publisher.may_succeed(), "{:#?}", publisher);
        }
        // The list that confirms the outcomes can arrive at the very end of the timeout.
        if watch.timed_out {
            prop_assert_eq!(run.end, options.timeout);
        } else {
            prop_assert!(run.end <= options.timeout);
        }
        let ids: Vec<u8> = watch.offers.keys().map(|id| id.parse().unwrap()).collect();
        prop_assert_eq!(&ids, &publisher.watched.iter().copied().collect::<Vec<_>>());
        for (id, result) in &watch.offers {
            let offer: u8 = id.parse().unwrap();
            match end(result) {
                End::GivenUp => prop_assert!(gives_up.contains_key(&Some(offer)), "{}", id),
                End::Outcome("timedOut") => prop_assert_eq!(run.end, options.timeout),
                End::Outcome(outcome) => {
                    let expected = publisher.last_report(offer).and_then(model::outcome);
                    let contradicted = publisher.contradicted_since(offer);
                    let lasting = contradicted.is_some_and(|since| run.end - since >= options.tolerate);
                    if outcome == "contradictory" && expected != Some(outcome) {
                        prop_assert!(expected.is_some_and(model::may_count_as_success), "{}", id);
                        prop_assert!(lasting, "{} isn't contradicted for long enough", id);
                    } else {
                        prop_assert_eq!(expected, Some(outcome));
                    }
                    if model::may_count_as_success(outcome) {
                        prop_assert_eq!(contradicted, None, "{} is contradicted", id);
                        prop_assert!(!publisher.failing.contains(&offer), "the last poll of {} failed", id);
                    }
                    // Without a timeout, the watch ends only when each contradiction is resolved or lasted too long.
                    if !watch.timed_out {
                        prop_assert!(contradicted.is_none() || lasting, "{} ended too early", id);
                        prop_assert!(!publisher.failing.contains(&offer), "the last poll of {} failed", id);
                    }
                }
            }
        }
        check_events(&run, watch)?;
    }
}

#[test]
fn eight_status_requests_are_under_way_at_once_and_each_offer_is_polled_once_per_list() {
    let options = Options {
        tolerate: 900,
        timeout: 100_000,
        until_live: false,
    };
    let list = |status| {
        let items = (0..20).map(|offer| Item {
            offer,
            status: Some(status),
            version: 1,
        });
        ServiceResponse::List(items.collect())
    };
    let run = run(
        &mut many(options),
        |offer, now| {
            let status = if now < 200 { "running" } else { "succeeded" };
            let report = Report {
                status,
                ..SUCCEEDED
            };
            let response = offer.map_or_else(|| list(status), |_| ServiceResponse::Report(report));
            reply((response, 1, None))
        },
        |_, _| {},
    );
    assert_eq!(run.peak, 8);
    let lists: Vec<_> = run
        .sent
        .iter()
        .filter(|(_, offer)| offer.is_none())
        .collect();
    // Each list takes a second, and the next list request is sent an interval after the list.
    assert_eq!(
        lists.iter().map(|(when, _)| *when).collect::<Vec<_>>(),
        [0, 61, 122, 183, 244, 305]
    );
    // No polls follow the last list.
    assert_eq!(run.sent.len(), 6 + 5 * 20);
}

/// Runs a publisher watch against a service that follows the scripts. After the end of its script, each response shows a success.
fn run_publisher(
    lists: Vec<(ServiceResponse, u64, Option<u64>)>,
    scripts: &[Vec<(ServiceResponse, u64, Option<u64>)>],
    options: Options,
) -> Run<PublisherWatchEvent, PublisherWatchResult> {
    let mut lists = lists.into_iter();
    let mut scripts: Vec<_> = scripts.iter().map(|script| script.iter()).collect();
    let all_succeeded = (0..4)
        .map(|offer| Item {
            offer,
            status: Some("succeeded"),
            version: 1,
        })
        .collect();
    let all_succeeded = ServiceResponse::List(all_succeeded);
    run(
        &mut many(options),
        |offer, _| {
            let (next, then) = match offer {
                None => (lists.next(), all_succeeded.clone()),
                Some(offer) => (
                    scripts[usize::from(offer)].next().cloned(),
                    ServiceResponse::Report(SUCCEEDED),
                ),
            };
            reply(next.unwrap_or((then, 1, None)))
        },
        |_, _| {},
    )
}

/// Returns the index of the exchange after which the policy gives up, for the list (`None`) and for each offer.
fn gives_up(log: &[Exchange], options: Options) -> BTreeMap<Option<u8>, usize> {
    let mut polls: BTreeMap<Option<u8>, Polls> = BTreeMap::new();
    let mut ends = BTreeMap::new();
    for (number, exchange) in log.iter().enumerate() {
        let polls_of_target = polls.entry(exchange.offer).or_default();
        if polls_of_target.gives_up(exchange, options) {
            ends.entry(exchange.offer).or_insert(number);
        }
    }
    ends
}

/// Checks that the wait between two polls is at least the interval after a report, at least the initial backoff after an error
/// (unless the failed poll took a minute), and at most an hour.
fn check_waits(log: &[Exchange]) -> Result<(), TestCaseError> {
    for pair in log.windows(2) {
        let waited = pair[1].sent - pair[0].received;
        prop_assert!(waited <= 3600, "a wait of {} s", waited);
        match pair[0].response {
            ServiceResponse::Fault(_) => {
                prop_assert!(waited >= 1 || pair[1].sent - pair[0].sent >= 60);
            }
            _ => prop_assert!(waited >= 60, "only {} s", waited),
        }
    }
    Ok(())
}

/// Checks that a result holds the last error if and only if the last poll failed.
fn check_last_error(
    run: &Run<WatchEvent, WatchResult>,
    result: Option<&WatchResult>,
) -> Result<(), TestCaseError> {
    let failed = run
        .log
        .last()
        .is_some_and(|exchange| matches!(exchange.response, ServiceResponse::Fault(_)));
    if let Some(result) = result {
        prop_assert_eq!(result.last_error.is_some(), failed);
        prop_assert_eq!(result.errors.is_empty(), !failed);
    }
    // Each error is reported once. Tolerated errors are events, and the last error is in the end of the watch.
    let faults = run
        .log
        .iter()
        .filter(|exchange| matches!(exchange.response, ServiceResponse::Fault(_)))
        .count();
    let reported = run
        .events
        .iter()
        .filter(|(_, event)| matches!(event, WatchEvent::PollFailed(_)))
        .count();
    prop_assert_eq!(reported + usize::from(result.is_none()), faults);
    Ok(())
}

/// Checks that the last `OfferEnded` of each offer is its result, and that errors end the watch of an offer at most once.
fn check_events(
    run: &Run<PublisherWatchEvent, PublisherWatchResult>,
    result: &PublisherWatchResult,
) -> Result<(), TestCaseError> {
    let mut last: BTreeMap<&str, Vec<End>> = BTreeMap::new();
    for (_, event) in &run.events {
        if let PublisherWatchEvent::OfferEnded { offer, result, .. } = event {
            last.entry(offer).or_default().push(end(result));
        }
    }
    for (id, result) in &result.offers {
        let ends = &last[id.as_str()];
        prop_assert_eq!(ends.last(), Some(&end(result)), "{}", id);
        let given_up = ends.iter().filter(|end| **end == End::GivenUp).count();
        prop_assert!(given_up <= 1, "{} was given up {} times", id, given_up);
    }
    Ok(())
}
