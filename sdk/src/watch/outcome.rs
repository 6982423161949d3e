//! Determines the outcome of a publication from a status report.

use std::fmt;

use crate::types::{OfferStatus, OfferStatusReport, PublicationStep, StatusMessage};

/// How a publication ended, what it waits for, or why its watch ended.
///
/// An outcome is serialized as the text that [`as_str`](Self::as_str) returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Outcome {
    /// The publication succeeded, and the offer is live. A step with an unknown status or a message with an unknown level doesn't
    /// prevent this outcome, because the service can add harmless values.
    Succeeded,
    /// The publication failed. The report's messages hold the reason.
    Failed,
    /// The publication was canceled.
    Canceled,
    /// The offer was never published, and no publication is in progress.
    NeverPublished,
    /// The publication waits for the publisher, who must review the preview and go live.
    AwaitingGoLive,
    /// The publisher must act, or the publication will fail. The status of the publication is `running` or
    /// `waitingForPublisherReview`, and at least one of these is true:
    ///
    /// * A step is `blocked` or `rejected`.
    /// * A step that isn't complete has a message of level `error`.
    /// * A message about the whole publication has the level `error`.
    Blocked,
    /// The service contradicts itself, so the publication doesn't count as a success. There are four cases:
    ///
    /// * The report has the status `succeeded`, but a step is `blocked`, `rejected` or `canceled`, or a message has the level `error`.
    /// * The report has the status `published`. Microsoft's documentation shows this status only in an example of a list of offers.
    ///   In a report, the status could mean that an earlier publication succeeded.
    /// * In a watch: the report shows [`Outcome::Succeeded`] or [`Outcome::AwaitingGoLive`], but also contains an undecodable value
    ///   that could mean a failure. Examples are `"steps": 7` and a message whose `level` is a number. An unknown text, such as a new
    ///   status of a step, isn't an undecodable value.
    /// * In a [`PublisherWatch`](crate::PublisherWatch): the list of offers contradicts [`Outcome::Succeeded`] or
    ///   [`Outcome::AwaitingGoLive`] for the time that [`tolerate`](crate::PublisherWatchBuilder::tolerate) sets.
    Contradictory,
    /// A watch with [`after`](crate::WatchBuilder::after) waits for a new publication, but no report showed its start within the
    /// [start timeout](crate::WatchBuilder::start_timeout). The last report can be about the previous publication.
    NotStarted,
    /// The watch reached its [timeout](crate::WatchBuilder::timeout) before an outcome ended it.
    TimedOut,
}

impl Outcome {
    /// Returns the outcome as a machine-readable code, such as `awaitingGoLive`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
            Self::NeverPublished => "neverPublished",
            Self::AwaitingGoLive => "awaitingGoLive",
            Self::Blocked => "blocked",
            Self::Contradictory => "contradictory",
            Self::NotStarted => "notStarted",
            Self::TimedOut => "timedOut",
        }
    }

    /// Returns whether the outcome is [`Outcome::Succeeded`].
    #[must_use]
    pub fn is_success(self) -> bool {
        self == Self::Succeeded
    }

    /// Returns whether the outcome is [`Outcome::Succeeded`] or [`Outcome::AwaitingGoLive`]. A caller can treat both as a success;
    /// see [`Until::GoLive`](crate::Until::GoLive).
    pub(crate) fn may_count_as_success(self) -> bool {
        matches!(self, Self::Succeeded | Self::AwaitingGoLive)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl OfferStatusReport {
    /// Returns how the publication ended or what it waits for. Returns `None` if the publication is in progress or has an unknown
    /// status.
    ///
    /// Percentages and `notStarted` steps don't affect the outcome. In Microsoft's example, complete steps have 0 %, and a
    /// `succeeded` offer has `notStarted` steps.
    ///
    /// ```
    /// use cloud_partner_portal::{Outcome, types::OfferStatusReport};
    ///
    /// let report: OfferStatusReport = serde_json::from_str(
    ///     r#"{"status": "running", "steps": [{"stepName": "Publisher-SignOff", "status": "waitingForPublisherReview"}]}"#,
    /// )?;
    /// assert_eq!(report.outcome(), Some(Outcome::AwaitingGoLive));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        match self.status.known()? {
            OfferStatus::Succeeded if self.contradicts_success() => Some(Outcome::Contradictory),
            OfferStatus::Succeeded => Some(Outcome::Succeeded),
            OfferStatus::Published => Some(Outcome::Contradictory),
            OfferStatus::Failed => Some(Outcome::Failed),
            OfferStatus::Canceled => Some(Outcome::Canceled),
            OfferStatus::NeverPublished => Some(Outcome::NeverPublished),
            status @ (OfferStatus::Running | OfferStatus::WaitingForPublisherReview) => {
                if self.steps().iter().any(PublicationStep::is_blocked)
                    || self.messages().iter().any(StatusMessage::is_error)
                {
                    Some(Outcome::Blocked)
                } else if status == OfferStatus::WaitingForPublisherReview
                    || self.steps().iter().any(PublicationStep::awaits_go_live)
                {
                    Some(Outcome::AwaitingGoLive)
                } else {
                    None
                }
            }
            // `notStarted`, or a known value that is added to the spec later.
            _ => None,
        }
    }

    fn contradicts_success(&self) -> bool {
        self.messages().iter().any(StatusMessage::is_error)
            || self
                .steps()
                .iter()
                .any(PublicationStep::contradicts_success)
    }
}

#[cfg(test)]
mod tests {
    use super::Outcome;
    use crate::types::OfferStatusReport;

    /// Each line is a case: the expected outcome, and the report.
    const CASES: &str = r#"
        succeeded      {"status":"succeeded"}
        succeeded      {"status":"SUCCEEDED"}
        succeeded      {"status":"succeeded","steps":[{"status":"complete"},{"status":"notStarted","progressPercentage":0}]}
        succeeded      {"status":"succeeded","steps":[{"status":"complete","messages":[{"level":"warning"}]}],"messages":[{"level":"warning"}]}
        succeeded      {"status":"succeeded","steps":[{"status":"skipped"}],"messages":[{"level":"notice"}]}
        contradictory  {"status":"published"}
        contradictory  {"status":"succeeded","steps":[{"status":"complete"},{"status":"blocked"}]}
        contradictory  {"status":"Succeeded","steps":[{"status":"Rejected"}]}
        contradictory  {"status":"succeeded","steps":[{"status":"Canceled"},{"status":"complete"}]}
        none           {"status":"running","steps":[{"status":"canceled"}]}
        contradictory  {"status":"succeeded","messages":[{"level":"Error"}]}
        contradictory  {"status":"succeeded","steps":[{"status":"complete","messages":[{"level":"error"}]}]}
        failed         {"status":"failed"}
        canceled       {"status":"Canceled"}
        neverPublished {"status":"neverPublished"}
        none           {"status":"notStarted"}
        none           {"status":"paused"}
        none           {"status":""}
        none           {"status":"running"}
        none           {"status":"running","steps":[{"id":"publisher-signoff","status":"complete"}]}
        none           {"status":"running","steps":[{"id":"displaycertify","status":"waitingForPublisherReview"}]}
        none           {"status":"running","steps":[{"status":"complete","messages":[{"level":"error"}]}]}
        none           {"status":"running","messages":[{"level":"warning"}]}
        awaitingGoLive {"status":"waitingForPublisherReview"}
        awaitingGoLive {"status":"running","steps":[{"id":"publisher-signoff","status":"waitingForPublisherReview"}]}
        awaitingGoLive {"status":"running","steps":[{"stepName":"Publisher-Signoff","status":"WaitingForPublisherReview"}]}
        blocked        {"status":"running","steps":[{"status":"complete"},{"status":"blocked"}]}
        blocked        {"status":"running","steps":[{"status":"Rejected"}]}
        blocked        {"status":"running","steps":[{"status":"inProgress","messages":[{"level":"Error"}]}]}
        blocked        {"status":"running","messages":[{"level":"error"}]}
        blocked        {"status":"waitingForPublisherReview","steps":[{"status":"rejected"}]}
        blocked        {"status":"waitingForPublisherReview","messages":[{"level":"error"}]}"#;

    #[test]
    fn the_outcome_follows_from_status_steps_and_messages() {
        for case in CASES.trim().lines() {
            let (expected, report) = case.trim().split_once(' ').expect("two columns");
            let report: OfferStatusReport =
                serde_json::from_str(report).unwrap_or_else(|error| panic!("{case}: {error}"));
            let actual = report.outcome().map_or("none", Outcome::as_str);
            assert_eq!(actual, expected, "{case}");
        }
    }
}
