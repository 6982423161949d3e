//! Property tests: compare random runs of the watches with the reference model.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;

use super::generators::{list_reply, options, status_reply};
use super::model::{self, End, Exchange, Report, ServiceResponse};
use super::simulation::{self, Reply, run, scripted};
use super::{OPTIONS, model_end, offer_watch, publisher_watch, watch_options};
use crate::{PublisherWatchEvent, WatchEvent};

const SUCCEEDED: Report = Report {
    status: "succeeded",
    has_rejected_step: false,
};

/// Appends the reply that repeats until the watch ends. This reply takes a second.
fn ending_with(mut script: Vec<Reply>, last: Reply) -> Vec<Reply> {
    let duration = 1;
    script.push(Reply { duration, ..last });
    script
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_model_predicts_when_and_how_a_watch_of_one_offer_ends(
        script in vec(status_reply(), 1..20),
        options in options(),
    ) {
        let script = [ending_with(script, Reply::report("succeeded"))];
        let run = run(offer_watch(watch_options(options), None), scripted(&[], &script));
        let result = &run.result;
        if let Some((index, expected)) = model::end_of_offer_watch(&run.log, options) {
            prop_assert_eq!(model_end(result), expected);
            prop_assert_eq!(index, run.log.len() - 1, "the watch continued after this exchange");
            prop_assert_eq!(run.log[index].received, run.ended_at);
        } else {
            prop_assert_eq!(model_end(result), End::Outcome("timedOut"));
            prop_assert_eq!(run.ended_at, options.timeout);
        }
        check_waits(&run.log)?;
        // The result contains errors if and only if the last poll failed.
        if let Ok(result) = result {
            let failed = run.log.last().is_some_and(Exchange::failed);
            prop_assert_eq!(result.last_error.is_some(), failed);
            prop_assert_eq!(result.errors.is_empty(), !failed);
        }
        // Each error is reported once: an event reports a tolerated error, and an error that isn't tolerated is the result.
        let errors = run.log.iter().filter(|exchange| exchange.failed()).count();
        let is_failed_poll = |event: &&WatchEvent| matches!(event, WatchEvent::PollFailed(_));
        let events = run.events.iter().filter(is_failed_poll).count();
        prop_assert_eq!(events + usize::from(result.is_err()), errors);
    }

    #[test]
    fn a_watch_with_an_earlier_report_has_no_outcome_until_a_new_publication_starts(
        script in vec(status_reply(), 1..30),
        timeout in prop_oneof![Just(1000), Just(100_000)],
    ) {
        let options = watch_options(model::Options { timeout, ..OPTIONS });
        let earlier = Some(simulation::report(SUCCEEDED));
        let script = [ending_with(script, Reply::report("succeeded"))];
        let run = run(offer_watch(options, earlier), scripted(&[], &script));
        let has_started = run.log.iter().any(|exchange| {
            matches!(exchange.response, ServiceResponse::Report(report) if model::IN_FLIGHT.contains(&report.status))
        });
        // If no publication starts, the watch ends at the start timeout or earlier.
        prop_assert!(has_started || run.ended_at <= 1800);
        match model_end(&run.result) {
            End::Error => {}
            End::Outcome("notStarted") => {
                prop_assert!(!has_started);
                prop_assert_eq!(run.ended_at, 1800);
            }
            End::Outcome("timedOut") => prop_assert_eq!(run.ended_at, timeout),
            End::Outcome(outcome) => {
                prop_assert!(has_started);
                let last = run.log.last().map(|exchange| &exchange.response);
                let Some(ServiceResponse::Report(last)) = last else {
                    panic!("{last:?} has no outcome");
                };
                prop_assert_eq!(Some(outcome), model::outcome(*last));
            }
        }
    }

    #[test]
    fn a_publisher_watch_succeeds_only_if_the_model_allows_a_success(
        lists in vec(list_reply(), 1..8),
        reports in vec(vec(status_reply(), 0..6), 4),
        options in options(),
    ) {
        let lists = ending_with(lists, Reply::list(4, Some("succeeded")));
        let reports: Vec<_> = reports
            .into_iter()
            .map(|script| ending_with(script, Reply::report("succeeded")))
            .collect();
        let run = run(publisher_watch(options), scripted(&lists, &reports));
        let errors = model::first_errors_not_tolerated(&run.log, options);
        let Ok(result) = &run.result else {
            prop_assert_eq!(errors.get(&None), Some(&(run.log.len() - 1)));
            return Ok(());
        };
        prop_assert_eq!(errors.get(&None), None);
        let offers = model::offers(&run.log, options);
        if result.is_success() {
            prop_assert!(model::success_is_allowed(&offers), "{:#?}", offers);
        }
        // If the watch ends at exactly its timeout, `timed_out` can be true or false. It is false if a list arrives at this time and
        // confirms every outcome.
        prop_assert!(
            run.ended_at == options.timeout || !result.timed_out && run.ended_at < options.timeout
        );
        let watched = offers.iter().filter(|(_, offer)| offer.is_watched);
        let watched: BTreeSet<_> = watched.map(|(id, _)| id.to_string()).collect();
        prop_assert_eq!(result.offers.keys().cloned().collect::<BTreeSet<_>>(), watched);
        for (id, result_of_offer) in &result.offers {
            let number: u8 = id.parse().expect("an id of the simulation");
            let has_ended_by_error = errors.contains_key(&Some(number));
            prop_assert_eq!(result_of_offer.is_err(), has_ended_by_error, "{}", id);
            let outcome = match model_end(result_of_offer) {
                End::Error => continue,
                End::Outcome("timedOut") => {
                    prop_assert_eq!(run.ended_at, options.timeout);
                    continue;
                }
                End::Outcome(outcome) => outcome,
            };
            let offer = &offers[&number];
            let contradicted = offer.contradicted_since;
            let is_lasting =
                contradicted.is_some_and(|since| run.ended_at - since >= options.tolerate);
            let expected = offer.outcome();
            if outcome == "contradictory" && expected != Some(outcome) {
                prop_assert!(expected.is_some_and(model::may_count_as_success), "{}", id);
                // After the watch has replaced an outcome by `contradictory`, only a new report changes the outcome. A new list that
                // agrees with the old report doesn't change it.
                let was_lasting = is_lasting || offer.was_contradicted_for_long;
                prop_assert!(was_lasting, "{} wasn't contradicted for long enough", id);
            } else {
                prop_assert_eq!(expected, Some(outcome));
            }
            if model::may_count_as_success(outcome) {
                prop_assert_eq!(contradicted, None, "{} is contradicted", id);
                prop_assert!(!offer.last_poll_failed, "the last poll of {} failed", id);
            }
            // Before its timeout, a watch ends only if every contradiction has ended or has lasted for the tolerated time.
            if !result.timed_out {
                prop_assert!(contradicted.is_none() || is_lasting, "{} ended too early", id);
                prop_assert!(!offer.last_poll_failed, "the last poll of {} failed", id);
            }
        }
        check_ends(&run.events, &result.offers)?;
    }
}

/// Checks the wait between a response and the next poll. After a report, the wait is at least the interval of 60 s. After an error,
/// the wait is at least the initial backoff of 1 s. Every wait is at most an hour.
fn check_waits(log: &[Exchange]) -> Result<(), TestCaseError> {
    for pair in log.windows(2) {
        let wait = pair[1].sent - pair[0].received;
        let minimum = if pair[0].failed() { 1 } else { 60 };
        prop_assert!((minimum..=3600).contains(&wait), "a wait of {} s", wait);
    }
    Ok(())
}

/// Checks the `OfferEnded` events of each offer. The last event must have the offer's result. At most one event may have an error.
fn check_ends(
    events: &[PublisherWatchEvent],
    results: &BTreeMap<String, Result<crate::WatchResult, crate::Error>>,
) -> Result<(), TestCaseError> {
    for (id, result) in results {
        let ends = events.iter().filter_map(|event| match event {
            PublisherWatchEvent::OfferEnded { offer, result } if offer == id => {
                Some(model_end(result))
            }
            _ => None,
        });
        let ends: Vec<_> = ends.collect();
        prop_assert_eq!(ends.last(), Some(&model_end(result)), "{}", id);
        let errors = ends.iter().filter(|end| **end == End::Error).count();
        prop_assert!(errors <= 1, "{} errors ended the watch of {}", errors, id);
    }
    Ok(())
}
