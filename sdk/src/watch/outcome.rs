//! The outcome of a publication, as its status report says it.

use std::fmt;

use crate::types::{
    MessageLevel, OfferStatus, OfferStatusReport, OfferSummary, PublicationStep, StatusMessage,
    StepStatus,
};
use crate::{Extensible, KnownValue};

/// The step at which the publisher looks at the preview and goes live. In the documentation it is the step's `id`; since the
/// move to Partner Center it was observed in `stepName`.
const SIGN_OFF: &str = "publisher-signoff";

/// How a publication ended, or why a watch of it did.
///
/// It is serialized as its [`as_str`](Self::as_str).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Outcome {
    /// The publication succeeded, and the offer is live.
    Succeeded,
    /// The publication failed; the report's messages say why.
    Failed,
    /// The publication was canceled.
    Canceled,
    /// The offer was never published, and won't be unless somebody publishes it.
    NeverPublished,
    /// The publisher must look at the preview and go live.
    AwaitingGoLive,
    /// The offer is `running`, but a step is `blocked` or `rejected`, or there is a message of level `error` about the offer or
    /// about a step that isn't complete: somebody must act, or the publication will fail.
    Blocked,
    /// The service contradicts itself, so there is no evidence of a success: the report says `succeeded` beside a step that is
    /// `blocked` or `rejected`, or beside a message of level `error`; or it says `published`, which is documented only for the
    /// list, and doesn't say which publication succeeded. In a [`PublisherWatch`](crate::PublisherWatch) also when the list says
    /// `failed`, `canceled` or `neverPublished`, and the report, read again after it, still says `succeeded`.
    Contradictory,
    /// The publication didn't start within the [start timeout](crate::WatchBuilder::start_timeout): all reports can belong to
    /// the publication before.
    NotStarted,
    /// The [timeout](crate::WatchBuilder::timeout) of the watch has passed, and the publication has no outcome yet.
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

    /// Returns whether the publication succeeded: only [`Outcome::Succeeded`] is a success.
    #[must_use]
    pub fn is_success(self) -> bool {
        self == Self::Succeeded
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl OfferStatusReport {
    /// Returns how the publication ended or why it doesn't go on by itself; `None` while it is in progress or its status is
    /// unknown.
    ///
    /// It isn't derived from percentages: the official example has complete steps at 0 %, and a `succeeded` offer with steps
    /// that are `notStarted`.
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
            OfferStatus::WaitingForPublisherReview => Some(Outcome::AwaitingGoLive),
            OfferStatus::Running => {
                if self.steps().iter().any(PublicationStep::is_blocked)
                    || self.messages().iter().any(StatusMessage::is_error)
                {
                    Some(Outcome::Blocked)
                } else if self.steps().iter().any(PublicationStep::awaits_go_live) {
                    Some(Outcome::AwaitingGoLive)
                } else {
                    None
                }
            }
            // `notStarted`, and values that the spec gets later.
            _ => None,
        }
    }

    /// Returns whether the publication can still proceed: its status isn't `succeeded`, `published`, `failed`, `canceled` or
    /// `neverPublished`. An unknown status counts as in flight.
    #[must_use]
    pub fn is_in_flight(&self) -> bool {
        is_in_flight(Some(&self.status))
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

    /// Returns the steps; empty when the report has none.
    #[must_use]
    pub fn steps(&self) -> &[PublicationStep] {
        self.steps.as_deref().unwrap_or_default()
    }

    /// Returns the messages about the publication as a whole; empty when there is none.
    #[must_use]
    pub fn messages(&self) -> &[StatusMessage] {
        self.messages.as_deref().unwrap_or_default()
    }

    /// Returns the step that the publication has reached: the one that is blocked, else the last that is under way, else the
    /// first after the last complete one that hasn't started.
    #[must_use]
    pub fn current_step(&self) -> Option<&PublicationStep> {
        let steps = self.steps();
        steps
            .iter()
            .find(|step| step.is_blocked())
            .or_else(|| steps.iter().rev().find(|step| step.is_under_way()))
            .or_else(|| {
                let done = steps
                    .iter()
                    .rposition(|step| step.is(StepStatus::Complete))?;
                steps[done..]
                    .iter()
                    .find(|step| step.is(StepStatus::NotStarted))
            })
    }
}

impl PublicationStep {
    /// Returns the step's human-readable name, or its id where it has no name.
    #[must_use]
    pub fn label(&self) -> &str {
        let name = self.step_name.as_deref().or(self.id.as_deref());
        name.unwrap_or("unnamed step")
    }

    /// Returns the messages about this step; empty when there is none.
    #[must_use]
    pub fn messages(&self) -> &[StatusMessage] {
        self.messages.as_deref().unwrap_or_default()
    }

    /// Returns whether this step waits for the publisher to go live.
    #[must_use]
    pub fn awaits_go_live(&self) -> bool {
        let named = |name: &Option<String>| {
            name.as_deref()
                .is_some_and(|name| name.eq_ignore_ascii_case(SIGN_OFF))
        };
        (named(&self.id) || named(&self.step_name))
            && self.is(StepStatus::WaitingForPublisherReview)
    }

    /// Returns whether the step can't proceed: it is `blocked` or `rejected`, or it isn't complete and has a message of level
    /// `error`.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.is(StepStatus::Blocked)
            || self.is(StepStatus::Rejected)
            || (!self.is(StepStatus::Complete)
                && self.messages().iter().any(StatusMessage::is_error))
    }

    fn is_under_way(&self) -> bool {
        self.is(StepStatus::InProgress)
            || self.is(StepStatus::WaitingForPublisherReview)
            || self.is(StepStatus::WaitingForApproval)
    }

    fn is(&self, status: StepStatus) -> bool {
        is(self.status.as_ref(), status)
    }
}

impl StatusMessage {
    /// Returns whether the message has the level `error`.
    #[must_use]
    pub fn is_error(&self) -> bool {
        is(self.level.as_ref(), MessageLevel::Error)
    }
}

fn is<K: KnownValue>(value: Option<&Extensible<K>>, known: K) -> bool {
    value.is_some_and(|value| *value == known)
}

impl OfferSummary {
    /// Returns whether the offer's publication can still proceed: its status isn't `succeeded`, `published`, `failed`,
    /// `canceled` or `neverPublished`. A missing or unknown status counts as in flight.
    #[must_use]
    pub fn is_in_flight(&self) -> bool {
        is_in_flight(self.status.as_ref())
    }
}

/// The one definition for lists and reports.
fn is_in_flight(status: Option<&Extensible<OfferStatus>>) -> bool {
    !matches!(
        status.and_then(Extensible::known),
        Some(
            OfferStatus::Succeeded
                | OfferStatus::Published
                | OfferStatus::Failed
                | OfferStatus::Canceled
                | OfferStatus::NeverPublished
        )
    )
}

#[cfg(test)]
mod tests {
    use super::{Outcome, is_in_flight};
    use crate::types::OfferStatusReport;

    fn outcome(report: &str) -> Option<Outcome> {
        serde_json::from_str::<OfferStatusReport>(report)
            .unwrap_or_else(|error| panic!("{report}: {error}"))
            .outcome()
    }

    #[test]
    fn every_status_has_its_outcome() {
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

    #[test]
    fn the_current_step_is_the_blocked_one_or_the_last_under_way() {
        for (steps, expected) in [
            ("[]", None),
            (
                r#"[{"id":"a","status":"inProgress"},{"id":"b","status":"blocked"}]"#,
                Some("b"),
            ),
            (
                r#"[{"id":"a","status":"inProgress"},{"id":"b","status":"waitingForApproval"}]"#,
                Some("b"),
            ),
            (
                r#"[{"id":"a","status":"complete"},{"id":"b","status":"notStarted"},{"id":"c","status":"notStarted"}]"#,
                Some("b"),
            ),
            (r#"[{"id":"a","status":"notStarted"}]"#, None),
            (r#"[{"id":"a","status":"complete"}]"#, None),
        ] {
            let report = format!(r#"{{"status":"running","steps":{steps}}}"#);
            let report: OfferStatusReport =
                serde_json::from_str(&report).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(
                report
                    .current_step()
                    .map(|step| step.label().to_owned())
                    .as_deref(),
                expected,
                "{steps}"
            );
        }
    }

    #[test]
    fn a_status_is_in_flight_unless_it_is_final() {
        for (status, expected) in [
            (Some("running"), true),
            (Some("WaitingForPublisherReview"), true),
            (Some("paused"), true),
            (Some("succeeded"), false),
            (Some("notStarted"), true),
            (Some("published"), false),
            (Some("failed"), false),
            (Some("Canceled"), false),
            (Some("neverPublished"), false),
            (None, true),
        ] {
            let status = status.map(crate::Extensible::new);
            assert_eq!(is_in_flight(status.as_ref()), expected, "{status:?}");
        }
    }
}
