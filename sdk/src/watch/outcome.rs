//! The outcome of a publication, and how it follows from a status report.

use std::fmt;

use crate::types::{OfferStatus, OfferStatusReport, PublicationStep, StatusMessage, StepStatus};

/// How a publication ended, or why its watch ended.
///
/// An outcome serializes as [`as_str`](Self::as_str).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Outcome {
    /// The publication succeeded, and the offer is live. An unknown status of a step or an unknown level of a message doesn't
    /// contradict a success: the service can add such values, and the status of the publication is known.
    Succeeded,
    /// The publication failed. The report's messages hold the reason.
    Failed,
    /// The publication was canceled.
    Canceled,
    /// The offer was never published, and no publication is in progress.
    NeverPublished,
    /// The publisher must review the preview and go live.
    AwaitingGoLive,
    /// The publication will fail unless the publisher acts. Its status is `running` or `waitingForPublisherReview`, but a step is
    /// `blocked` or `rejected`, or the offer or an incomplete step has a message of level `error`.
    Blocked,
    /// The service contradicts itself, so there is no evidence of a success:
    ///
    /// * The report has the status `succeeded`, but a step is `blocked` or `rejected`, or a message has the level `error`.
    /// * The report has the status `published`, which is documented only for the list. This status doesn't show which publication
    ///   succeeded.
    /// * In a watch: the outcome of the report is [`Outcome::Succeeded`] or [`Outcome::AwaitingGoLive`], but a value that could
    ///   contradict it can't be decoded: the steps, the messages, a step's status or a message's level.
    /// * In a [`PublisherWatch`](crate::PublisherWatch): the list contradicts [`Outcome::Succeeded`] or [`Outcome::AwaitingGoLive`] for
    ///   longer than tolerated.
    Contradictory,
    /// The publication didn't start within the [start timeout](crate::WatchBuilder::start_timeout). All reports can belong to the
    /// previous publication.
    NotStarted,
    /// The watch [timed out](crate::WatchBuilder::timeout) before the publication had an outcome.
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

    /// Returns whether a caller can treat the outcome as a success; see [`Until::GoLive`](crate::Until::GoLive).
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
    /// Returns how the publication ended or what it waits for, or `None` if the publication is in progress or has an unknown status.
    ///
    /// The outcome doesn't depend on percentages: the official example has complete steps at 0 %, and a `succeeded` offer with
    /// steps that are `notStarted`.
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
            // `notStarted`, and known values that are added to the spec later.
            _ => None,
        }
    }

    fn contradicts_success(&self) -> bool {
        let step_contradicts = |step: &PublicationStep| {
            step.is(StepStatus::Blocked)
                || step.is(StepStatus::Rejected)
                || step.messages().iter().any(StatusMessage::is_error)
        };
        self.messages().iter().any(StatusMessage::is_error)
            || self.steps().iter().any(step_contradicts)
    }
}

#[cfg(test)]
mod tests {
    use super::Outcome;
    use crate::types::OfferStatusReport;

    fn outcome(report: &str) -> Option<Outcome> {
        serde_json::from_str::<OfferStatusReport>(report)
            .unwrap_or_else(|error| panic!("{report}: {error}"))
            .outcome()
    }

    #[test]
    fn the_outcome_follows_from_status_steps_and_messages() {
        for (report, expected) in [
            (r#"{"status":"succeeded"}"#, Some(Outcome::Succeeded)),
            (r#"{"status":"SUCCEEDED"}"#, Some(Outcome::Succeeded)),
            (r#"{"status":"published"}"#, Some(Outcome::Contradictory)),
            (r#"{"status":"failed"}"#, Some(Outcome::Failed)),
            (r#"{"status":"Canceled"}"#, Some(Outcome::Canceled)),
            (
                r#"{"status":"neverPublished"}"#,
                Some(Outcome::NeverPublished),
            ),
            (r#"{"status":"notStarted"}"#, None),
            (r#"{"status":"paused"}"#, None),
            (r#"{"status":""}"#, None),
            (r#"{"status":"running"}"#, None),
            (
                r#"{"status":"waitingForPublisherReview"}"#,
                Some(Outcome::AwaitingGoLive),
            ),
            (
                r#"{"status":"running","steps":[{"id":"publisher-signoff","status":"waitingForPublisherReview"}]}"#,
                Some(Outcome::AwaitingGoLive),
            ),
            (
                r#"{"status":"running","steps":[{"stepName":"Publisher-Signoff","status":"WaitingForPublisherReview"}]}"#,
                Some(Outcome::AwaitingGoLive),
            ),
            (
                r#"{"status":"running","steps":[{"id":"publisher-signoff","status":"complete"}]}"#,
                None,
            ),
            (
                r#"{"status":"running","steps":[{"id":"displaycertify","status":"waitingForPublisherReview"}]}"#,
                None,
            ),
            (
                r#"{"status":"running","steps":[{"status":"complete"},{"status":"blocked"}]}"#,
                Some(Outcome::Blocked),
            ),
            (
                r#"{"status":"running","steps":[{"status":"Rejected"}]}"#,
                Some(Outcome::Blocked),
            ),
            (
                r#"{"status":"running","steps":[{"status":"inProgress","messages":[{"level":"Error"}]}]}"#,
                Some(Outcome::Blocked),
            ),
            (
                r#"{"status":"running","steps":[{"status":"complete","messages":[{"level":"error"}]}]}"#,
                None,
            ),
            (
                r#"{"status":"running","messages":[{"level":"error"}]}"#,
                Some(Outcome::Blocked),
            ),
            (
                r#"{"status":"waitingForPublisherReview","steps":[{"status":"rejected"}]}"#,
                Some(Outcome::Blocked),
            ),
            (
                r#"{"status":"waitingForPublisherReview","messages":[{"level":"error"}]}"#,
                Some(Outcome::Blocked),
            ),
            (
                r#"{"status":"running","messages":[{"level":"warning"}]}"#,
                None,
            ),
            (
                r#"{"status":"succeeded","steps":[{"status":"complete"},{"status":"notStarted","progressPercentage":0}]}"#,
                Some(Outcome::Succeeded),
            ),
            (
                r#"{"status":"succeeded","steps":[{"status":"complete","messages":[{"level":"warning"}]}],"messages":[{"level":"warning"}]}"#,
                Some(Outcome::Succeeded),
            ),
            (
                r#"{"status":"succeeded","steps":[{"status":"skipped"}],"messages":[{"level":"notice"}]}"#,
                Some(Outcome::Succeeded),
            ),
            (
                r#"{"status":"succeeded","steps":[{"status":"complete"},{"status":"blocked"}]}"#,
                Some(Outcome::Contradictory),
            ),
            (
                r#"{"status":"Succeeded","steps":[{"status":"Rejected"}]}"#,
                Some(Outcome::Contradictory),
            ),
            (
                r#"{"status":"succeeded","messages":[{"level":"Error"}]}"#,
                Some(Outcome::Contradictory),
            ),
            (
                r#"{"status":"succeeded","steps":[{"status":"complete","messages":[{"level":"error"}]}]}"#,
                Some(Outcome::Contradictory),
            ),
        ] {
            assert_eq!(outcome(report), expected, "{report}");
        }
    }
}
