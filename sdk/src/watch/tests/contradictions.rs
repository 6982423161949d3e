//! Tests of a publisher watch whose lists contradict the reports of an offer.

use super::model::{End, Fault, Options};
use super::simulation::{Reply, run, scripted};
use super::{OPTIONS, end, publisher_watch};
use crate::PublisherWatchEvent;

/// A case per line, with these columns:
///
/// * the statuses of the offer in the lists, one per minute; `-` is an item without a status, and `not-listed` is an empty list
/// * the statuses in the reports, one per minute; `503` is an error, after which the poll is repeated a second later, and
///   `no-response` takes a day
/// * the outcomes in the `OfferEnded` events
/// * the minute in which the watch ends
///
/// The last status of a column repeats.
const CASES: &str = "
    running running running running failed | succeeded succeeded running failed | succeeded failed                  | 4
    running running succeeded              | succeeded                          | succeeded                         | 2
    running failed failed succeeded        | succeeded                          | succeeded contradictory succeeded | 4
    running                                | succeeded                          | succeeded contradictory           | 3
    running                                | succeeded 503 succeeded            | succeeded contradictory           | 3
    paused                                 | succeeded                          | succeeded contradictory           | 3
    running failed                         | succeeded                          | succeeded contradictory           | 3
    running -                              | succeeded                          | succeeded contradictory           | 3
    running not-listed                     | succeeded                          | succeeded contradictory           | 3
    running                                | failed                             | failed                            | 3
    running                                | waitingForPublisherReview          | awaitingGoLive                    | 1
    running failed                         | waitingForPublisherReview          | awaitingGoLive contradictory      | 4";

const CASES_OF_TIMEOUT: &str = "
    running           | succeeded             | succeeded timedOut | 1
    running published | succeeded no-response | succeeded timedOut | 1";

#[test]
fn a_success_that_the_list_contradicts_for_longer_than_tolerated_doesnt_count() {
    for (timeout, cases) in [(86_400, CASES), (100, CASES_OF_TIMEOUT)] {
        for case in cases.trim().lines() {
            let columns: Vec<_> = case.split('|').map(str::split_whitespace).collect();
            let [lists, reports, outcomes, minutes] = &columns[..] else {
                panic!("{case}: not four columns");
            };
            let lists = lists.clone().map(|status| match status {
                "not-listed" => Reply::list(0, None),
                "-" => Reply::list(1, None),
                status => Reply::list(1, Some(status)),
            });
            let lists: Vec<_> = lists.collect();
            let reports = reports.clone().map(|status| match status {
                "503" => Reply::fault(Fault::Status(503)),
                "no-response" => Reply {
                    duration: 86_400,
                    ..Reply::report("running")
                },
                status => Reply::report(status),
            });
            let reports = [reports.collect()];
            let options = Options {
                tolerate: 120,
                timeout,
                ..OPTIONS
            };
            let run = run(publisher_watch(options), scripted(&lists, &reports));
            let ends = run.events.iter().filter_map(|event| match event {
                PublisherWatchEvent::OfferEnded { result, .. } => Some(end(result)),
                _ => None,
            });
            let expected: Vec<_> = outcomes.clone().map(End::Outcome).collect();
            assert_eq!(ends.collect::<Vec<_>>(), expected, "{case}");
            let result = run.result.expect("no error");
            assert_eq!(Some(&end(&result.offers["0"])), expected.last(), "{case}");
            let expected_end = minutes.clone().collect::<String>();
            assert_eq!((run.end / 60).to_string(), expected_end, "{case}");
            // The watch sends at most as many polls as list requests.
            let lists = run.log.iter().filter(|exchange| exchange.offer.is_none());
            assert!(run.log.len() <= 2 * lists.count(), "{case}");
        }
    }
}
