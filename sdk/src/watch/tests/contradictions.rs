//! Tests a publisher watch while the list of offers contradicts an offer's own status report. For example, the list shows `running`,
//! and the report shows `succeeded`.

use super::model::{End, Fault, Options, Report, ServiceResponse};
use super::simulation::{Reply, run, scripted};
use super::{OPTIONS, model_end, publisher_watch};
use crate::PublisherWatchEvent;

/// Each line is a case with one offer. The watch tolerates a contradiction for two minutes. The columns:
///
/// * The offer's status in each list of offers. The watch requests a list once per minute. `-` is an offer without a status, and
///   `not-listed` is a list without the offer.
/// * The offer's status in each report. `503` is an error response, and `no-response` is a response that doesn't arrive within the
///   timeout of the watch. `failed-rejected` is the status `failed` with a step that is `rejected`.
/// * The outcome in each `OfferEnded` event. The watch emits this event again when the offer's result changes.
/// * The minute in which the watch ends.
///
/// In the first two columns, the last status repeats until the watch ends.
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
    running                                | failed failed-rejected             | failed failed                     | 3
    running                                | waitingForPublisherReview          | awaitingGoLive                    | 1
    running failed                         | waitingForPublisherReview          | awaitingGoLive contradictory      | 4";

/// Cases in which the timeout of the watch is 100 s. The columns are the same as in `CASES`.
const CASES_OF_TIMEOUT: &str = "
    running           | succeeded             | succeeded timedOut | 1
    running published | succeeded no-response | succeeded timedOut | 1";

#[test]
fn a_success_that_the_list_contradicts_for_too_long_is_replaced() {
    for (timeout, cases) in [(86_400, CASES), (100, CASES_OF_TIMEOUT)] {
        for case in cases.trim().lines() {
            let columns: Vec<_> = case.split('|').map(str::split_whitespace).collect();
            let [listed_statuses, reported_statuses, outcomes, minute] = &columns[..] else {
                panic!("{case}: not four columns");
            };
            let list_replies = listed_statuses.clone().map(|status| match status {
                "not-listed" => Reply::list(0, None),
                "-" => Reply::list(1, None),
                status => Reply::list(1, Some(status)),
            });
            let list_replies: Vec<_> = list_replies.collect();
            let report_replies = reported_statuses.clone().map(|status| match status {
                "503" => Reply::fault(Fault::Status(503)),
                "no-response" => Reply {
                    duration: 86_400,
                    ..Reply::report("running")
                },
                "failed-rejected" => Reply::new(ServiceResponse::Report(Report {
                    status: "failed",
                    has_rejected_step: true,
                })),
                status => Reply::report(status),
            });
            let report_replies = [report_replies.collect()];
            let options = Options {
                tolerate: 120,
                timeout,
                ..OPTIONS
            };
            let run = run(
                publisher_watch(options),
                scripted(&list_replies, &report_replies),
            );
            let reported_ends = run.events.iter().filter_map(|event| match event {
                PublisherWatchEvent::OfferEnded { result, .. } => Some(model_end(result)),
                _ => None,
            });
            let expected: Vec<_> = outcomes.clone().map(End::Outcome).collect();
            assert_eq!(reported_ends.collect::<Vec<_>>(), expected, "{case}");
            let result = run.result.expect("no error");
            let actual = model_end(&result.offers["0"]);
            assert_eq!(Some(&actual), expected.last(), "{case}");
            let expected_minute = minute.clone().collect::<String>();
            assert_eq!((run.ended_at / 60).to_string(), expected_minute, "{case}");
            // A contradiction causes no extra requests: the watch sends at most one status request per list request.
            let list_requests = run.log.iter().filter(|exchange| exchange.offer.is_none());
            assert!(run.log.len() <= 2 * list_requests.count(), "{case}");
        }
    }
}
