//! Distinguishes reports of a new publication from reports of the previous publication.

use std::time::SystemTime;

use crate::types::{OfferStatusReport, PublicationStep};

/// Whether a report has shown the start of the publication that the watch waits for.
#[derive(Debug)]
pub(crate) enum Start {
    /// A report has shown the start, or the watch accepts any publication.
    Shown,
    /// The watch waits for a report of a publication that is later than the publication of this earlier report.
    After(Box<OfferStatusReport>),
}

impl Start {
    /// Processes a report, and returns whether the publication has started.
    pub(crate) fn record(&mut self, report: &OfferStatusReport) -> bool {
        if let Self::After(earlier) = self
            && is_later_publication(earlier, report)
        {
            *self = Self::Shown;
        }
        self.is_shown()
    }

    pub(crate) fn is_shown(&self) -> bool {
        matches!(self, Self::Shown)
    }
}

/// Returns whether a report belongs to a later publication than the earlier report:
///
/// | status of the report | condition |
/// |---|---|
/// | known, in flight | its status, steps or messages differ from the earlier report |
/// | known, final | all its messages are newer than all messages of the earlier report |
/// | unknown, empty or null | never |
///
/// Other differences don't count. For example, links can appear late.
fn is_later_publication(earlier: &OfferStatusReport, report: &OfferStatusReport) -> bool {
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
    use super::Start;
    use crate::types::OfferStatusReport;

    fn decode(report: &str) -> OfferStatusReport {
        serde_json::from_str(report).unwrap_or_else(|error| panic!("{report}: {error}"))
    }

    #[test]
    fn only_a_report_of_a_later_publication_shows_the_start() {
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
            let start = || Start::After(Box::new(decode(earlier)));
            for report in later {
                let mut start = start();
                assert!(start.record(&decode(report)), "{earlier}\n{report}");
                // After the start, every report counts.
                assert!(start.is_shown() && start.record(&decode(earlier)));
            }
            for report in same.iter().chain([&earlier]) {
                let mut start = start();
                assert!(!start.record(&decode(report)), "{earlier}\n{report}");
                assert!(!start.is_shown());
            }
        }
    }
}
