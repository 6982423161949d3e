//! Decides whether two status reports of an offer are about the same publication. The documentation of
//! [`WatchBuilder::after`](crate::WatchBuilder::after) lists the conditions.

use std::time::SystemTime;

use crate::types::{OfferStatus, OfferStatusReport, PublicationStep};

/// Returns whether `report` shows that a new publication has started since the `earlier` report.
pub(crate) fn is_later_publication(
    earlier: &OfferStatusReport,
    report: &OfferStatusReport,
) -> bool {
    if report.status.known().is_none() || report.status == OfferStatus::NeverPublished {
        return false;
    }
    if report.is_in_flight() {
        return !is_equal(earlier, report);
    }
    let (Some(earlier_times), Some(times)) = (times(earlier), times(report)) else {
        return false;
    };
    // Without a message in `earlier`, there is no time to compare. Only a first publication can be recognized without this time.
    if earlier_times.is_empty() && earlier.status != OfferStatus::NeverPublished {
        return false;
    }
    earlier_times.iter().max() < times.iter().min()
}

/// Returns whether `report` is certainly about the same publication as the `earlier` report:
///
/// * Both reports have the same status, steps and messages.
/// * There is at least one message, and every message has a time.
///
/// A server with outdated data can send such a report even after it has sent a newer report.
pub(crate) fn is_same_publication(earlier: &OfferStatusReport, report: &OfferStatusReport) -> bool {
    times(earlier).is_some_and(|times| !times.is_empty()) && is_equal(earlier, report)
}

/// Returns whether both reports have the same status, steps and messages.
fn is_equal(earlier: &OfferStatusReport, report: &OfferStatusReport) -> bool {
    (&report.status, report.steps(), report.messages())
        == (&earlier.status, earlier.steps(), earlier.messages())
}

/// Returns the times of all messages, or `None` if a message has no valid time.
fn times(report: &OfferStatusReport) -> Option<Vec<SystemTime>> {
    let messages_of_steps = report.steps().iter().flat_map(PublicationStep::messages);
    report
        .messages()
        .iter()
        .chain(messages_of_steps)
        .map(|message| message.timestamp.as_ref()?.system_time())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::is_later_publication;
    use crate::types::OfferStatusReport;

    /// Each line is a label and a report. The labels:
    ///
    /// * `earlier`: the test compares the following reports with this report.
    /// * `later`: the report shows that a new publication has started.
    /// * `same`: the report can be about the same publication.
    const REPORTS: &str = r#"
        earlier {"status":"succeeded","messages":[{"timestamp":"2024-05-01T10:00:00Z"}],"steps":[{"id":"a","messages":[{"timestamp":"2024-05-01T11:00:00"}]}]}
        later   {"status":"running"}
        later   {"status":"notStarted"}
        later   {"status":"waitingForPublisherReview"}
        later   {"status":"failed","messages":[{"timestamp":"2024-05-01T11:00:01Z"}]}
        later   {"status":"failed","steps":[{"messages":[{"timestamp":"2024-05-01T13:00:00.5+01:00"}]}]}
        same    {"status":"paused"}
        same    {"status":""}
        same    {"status":null}
        same    {"status":"failed"}
        same    {"status":"succeeded","liveLinks":[{"uri":"https://example.com"}]}
        same    {"status":"failed","messages":[{"timestamp":"2024-05-01T11:00:00Z"}]}
        same    {"status":"failed","messages":[{"timestamp":"2024-05-02T00:00:00Z"},{"timestamp":"2024-05-01T10:30:00Z"}]}
        same    {"status":"failed","messages":[{"timestamp":"2024-05-02T00:00:00Z"},{"timestamp":"soon"}]}
        same    {"status":"failed","messages":[{"timestamp":"2024-05-02T00:00:00Z"},{"level":"error"}]}
        earlier {"status":"succeeded"}
        same    {"status":"failed","messages":[{"timestamp":"2024-05-02T00:00:00Z"}]}
        earlier {"status":"neverPublished"}
        later   {"status":"succeeded","messages":[{"timestamp":"2024-05-01T10:00:00Z"}]}
        same    {"status":"succeeded"}
        same    {"status":"failed","steps":[{"messages":[{"level":"error"}]}]}
        same    {"status":"neverPublished","messages":[{"timestamp":"2024-05-01T10:00:00Z"}]}
        earlier {"status":"waitingForPublisherReview"}
        later   {"status":"running"}
        same    {"status":"waitingForPublisherReview","previewLinks":[{"uri":"https://example.com"}]}
        earlier {"status":"running","steps":[{"id":"a","status":"inProgress"}]}
        later   {"status":"running","steps":[{"id":"a","status":"complete"}]}
        same    {"status":"succeeded"}"#;

    #[test]
    fn a_report_of_a_new_publication_is_detected() {
        let mut earlier = OfferStatusReport::default();
        for case in REPORTS.trim().lines() {
            let (label, report) = case.trim().split_once(' ').expect("two columns");
            let report: OfferStatusReport =
                serde_json::from_str(report).unwrap_or_else(|error| panic!("{case}: {error}"));
            if label == "earlier" {
                earlier = report.clone();
            }
            let is_later = is_later_publication(&earlier, &report);
            assert_eq!(is_later, label == "later", "{earlier:?}\n{case}");
        }
    }
}
