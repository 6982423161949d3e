//! Tests of a watch that waits for a later publication than the publication of an earlier report.

use proptest::prelude::*;

use super::model::{self, End, Options, Report, ServiceResponse};
use super::simulation::{self, run};
use super::{end, reply, single, status_response, timed};
use crate::types::OfferStatusReport;
use crate::watch::start::Start;

fn decode(report: &str) -> OfferStatusReport {
    serde_json::from_str(report).unwrap_or_else(|error| panic!("{report}: {error}"))
}

#[test]
fn only_a_report_of_a_later_publication_counts() {
    let old = r#"{"status":"succeeded","messages":[{"timestamp":"2024-05-01T10:00:00Z"}],
        "steps":[{"id":"a","messages":[{"timestamp":"2024-05-01T11:00:00"}]}]}"#;
    for (earlier, report, expected) in [
        (old, old, false),
        // A report with a known status in flight belongs to a later publication than a report with a final status.
        (old, r#"{"status":"running"}"#, true),
        (old, r#"{"status":"notStarted"}"#, true),
        (old, r#"{"status":"paused"}"#, false),
        (old, r#"{"status":""}"#, false),
        (old, r#"{"status":null}"#, false),
        (old, r#"{"status":"waitingForPublisherReview"}"#, true),
        // Other differences don't count.
        (old, r#"{"status":"failed"}"#, false),
        (
            old,
            r#"{"status":"succeeded","liveLinks":[{"uri":"https://example.com"}]}"#,
            false,
        ),
        (
            r#"{"status":"neverPublished"}"#,
            r#"{"status":"succeeded"}"#,
            false,
        ),
        (
            r#"{"status":"running"}"#,
            r#"{"status":"succeeded"}"#,
            false,
        ),
        // All messages must be newer than all messages of the earlier report.
        (
            old,
            r#"{"status":"failed","messages":[{"timestamp":"2024-05-01T11:00:01Z"}]}"#,
            true,
        ),
        (
            old,
            r#"{"status":"failed","steps":[{"messages":[{"timestamp":"2024-05-01T13:00:00.5+01:00"}]}]}"#,
            true,
        ),
        (
            old,
            r#"{"status":"failed","messages":[{"timestamp":"2024-05-01T11:00:00Z"}]}"#,
            false,
        ),
        (
            old,
            r#"{"status":"failed","messages":[{"timestamp":"2024-05-02T00:00:00Z"},{"timestamp":"2024-05-01T10:30:00Z"}]}"#,
            false,
        ),
        (
            old,
            r#"{"status":"failed","messages":[{"timestamp":"2024-05-02T00:00:00Z"},{"timestamp":"soon"}]}"#,
            false,
        ),
        (
            old,
            r#"{"status":"failed","messages":[{"timestamp":"2024-05-02T00:00:00Z"},{"level":"error"}]}"#,
            false,
        ),
        (
            r#"{"status":"succeeded"}"#,
            r#"{"status":"failed","messages":[{"timestamp":"2024-05-02T00:00:00Z"}]}"#,
            false,
        ),
        // A report that equals the earlier report doesn't count, and neither does an additional link.
        (
            r#"{"status":"waitingForPublisherReview"}"#,
            r#"{"status":"waitingForPublisherReview","previewLinks":[{"uri":"https://example.com"}]}"#,
            false,
        ),
        (
            r#"{"status":"waitingForPublisherReview"}"#,
            r#"{"status":"running"}"#,
            true,
        ),
        (
            r#"{"status":"running","steps":[{"id":"a","status":"inProgress"}]}"#,
            r#"{"status":"running","steps":[{"id":"a","status":"complete"}]}"#,
            true,
        ),
    ] {
        let mut start = Start::After(Box::new(decode(earlier)));
        assert_eq!(start.sees(&decode(report)), expected, "{earlier}\n{report}");
        assert_eq!(start.is_seen(), expected);
        // After the start, every report counts.
        assert!(!expected || start.sees(&decode(old)));
    }
}

const EARLIER: Report = Report {
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
    fn an_outcome_counts_only_after_a_report_that_is_known_to_be_in_flight(
        script in prop::collection::vec(timed(status_response()), 1..30),
        timeout in prop_oneof![Just(1000), Just(100_000)],
    ) {
        let options = Options { tolerate: 900, timeout, until_live: false };
        let earlier = Start::After(Box::new(simulation::report(EARLIER)));
        let mut number = 0;
        let run = run(
            &mut single(options, earlier),
            |_, _| {
                let next = script.get(number).cloned();
                number += 1;
                reply(next.unwrap_or((ServiceResponse::Report(EARLIER), 1, None)))
            },
            |_, _| {},
        );
        let seen = run.log.iter().position(|exchange| {
            matches!(exchange.response, ServiceResponse::Report(report) if model::shows_a_start(report.status))
        });
        match end(&run.result) {
            End::GivenUp => {}
            End::Outcome("notStarted") => {
                prop_assert_eq!(seen, None);
                prop_assert_eq!(run.end, 1800);
            }
            End::Outcome("timedOut") => prop_assert_eq!(run.end, timeout),
            End::Outcome(outcome) => {
                prop_assert!(seen.is_some());
                let last = &run.log[run.log.len() - 1].response;
                let ServiceResponse::Report(last) = last else {
                    panic!("{last:?} has no outcome");
                };
                prop_assert_eq!(Some(outcome), model::outcome(*last));
            }
        }
        // Only the start of the publication stops the start timeout.
        prop_assert!(seen.is_some() || run.end <= 1800);
    }
}
