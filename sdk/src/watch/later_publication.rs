//! Determines whether a report is about a later publication than another report. [`WatchBuilder::after`](crate::WatchBuilder::after)
//! lists the conditions.

use std::time::SystemTime;

use crate::types::{OfferStatusReport, PublicationStep};

/// Returns whether `report` is about a later publication than `earlier`.
pub(crate) fn is_later_publication(
    earlier: &OfferStatusReport,
    report: &OfferStatusReport,
) -> bool {
    if report.status.known().is_none() {
        return false;
    }
    if report.is_in_flight() {
        return (&report.status, report.steps(), report.messages())
            != (&earlier.status, earlier.steps(), earlier.messages());
    }
    let (Some(earlier), Some(now)) = (times(earlier), times(report)) else {
        return false;
    };
    earlier.iter().max() < now.iter().min()
}

/// Returns the times of all messages, or `None` if there is no message or a message has no valid time.
fn times(report: &OfferStatusReport) -> Option<Vec<SystemTime>> {
    let messages_of_steps = report.steps().iter().flat_map(PublicationStep::messages);
    let times: Option<Vec<_>> = report
        .messages()
        .iter()
        .chain(messages_of_steps)
        .map(|message| message.timestamp.as_ref()?.system_time())
        .collect();
    times.filter(|times| !times.is_empty())
}

#[cfg(test)]
mod tests {
    use super::is_later_publication;
    use crate::types::OfferStatusReport;

    fn decode(report: &str) -> OfferStatusReport {
        serde_json::from_str(report).unwrap_or_else(|error| panic!("{report}: {error}"))
    }

    #[test]
    fn a_later_publication_shows_in_the_status_and_steps_or_in_newer_messages() {
        // For each earlier report: the reports of a later publication, and reports that can belong to the same publication.
        let cases: [(&str, &[&str], &[&str]); 5] = [
            (
                r#"{"status":"succeeded","messages":[{"timestamp":"2024-05-01T10:00:00Z"}],
                    "steps":[{"id":"a","messages":[{"timestamp":"2024-05-01T11:00:00"}]}]}"#,
                &[
                    r#"{"status":"running"}"#,
                    r#"{"status":"notStarted"}"#,
                    r#"{"status":"waitingForPublisherReview"}"#,
                    r#"{"status":"failed","messages":[{"timestamp":"2024-05-01T11:00:01Z"}]}"#,
                    r#"{"status":"failed","steps":[{"messages":[{"timestamp":"2024-05-01T13:00:00.5+01:00"}]}]}"#,
                ],
                &[
                    r#"{"status":"paused"}"#,
                    r#"{"status":""}"#,
                    r#"{"status":null}"#,
                    r#"{"status":"failed"}"#,
                    r#"{"status":"succeeded","liveLinks":[{"uri":"https://example.com"}]}"#,
                    // A message isn't newer than all messages of the earlier report, or has no valid time.
                    r#"{"status":"failed","messages":[{"timestamp":"2024-05-01T11:00:00Z"}]}"#,
                    r#"{"status":"failed","messages":[{"timestamp":"2024-05-02T00:00:00Z"},{"timestamp":"2024-05-01T10:30:00Z"}]}"#,
                    r#"{"status":"failed","messages":[{"timestamp":"2024-05-02T00:00:00Z"},{"timestamp":"soon"}]}"#,
                    r#"{"status":"failed","messages":[{"timestamp":"2024-05-02T00:00:00Z"},{"level":"error"}]}"#,
                ],
            ),
            (
                r#"{"status":"succeeded"}"#,
                &[],
                &[r#"{"status":"failed","messages":[{"timestamp":"2024-05-02T00:00:00Z"}]}"#],
            ),
            (
                r#"{"status":"neverPublished"}"#,
                &[],
                &[r#"{"status":"succeeded"}"#],
            ),
            (
                r#"{"status":"waitingForPublisherReview"}"#,
                &[r#"{"status":"running"}"#],
                &[
                    r#"{"status":"waitingForPublisherReview","previewLinks":[{"uri":"https://example.com"}]}"#,
                ],
            ),
            (
                r#"{"status":"running","steps":[{"id":"a","status":"inProgress"}]}"#,
                &[r#"{"status":"running","steps":[{"id":"a","status":"complete"}]}"#],
                &[r#"{"status":"succeeded"}"#],
            ),
        ];
        for (earlier, later, same) in cases {
            for report in later {
                let is_later = is_later_publication(&decode(earlier), &decode(report));
                assert!(is_later, "{earlier}\n{report}");
            }
            for report in same.iter().chain([&earlier]) {
                let is_later = is_later_publication(&decode(earlier), &decode(report));
                assert!(!is_later, "{earlier}\n{report}");
            }
        }
    }
}
