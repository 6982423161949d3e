//! What a status means to somebody who waits.

use std::fmt;

use crate::types::{
    MessageLevel, OfferStatus, OfferStatusReport, OfferSummary, PublicationStep, StatusMessage,
    StepStatus,
};
use crate::{Extensible, KnownValue};

/// The step at which the publisher looks at the preview and goes live. In the pages it is the step's `id`; since the move to
/// Partner Center it was seen in `stepName`.
const SIGN_OFF: &str = "publisher-signoff";

/// How a publication ended, or why it doesn't go on by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The publication is over, and the offer is live.
    Succeeded,
    /// The publication is over, and failed; the messages say why.
    Failed,
    /// The publication was canceled.
    Canceled,
    /// The offer was never published, and won't be by itself.
    NeverPublished,
    /// The publisher must look at the preview and go live. Automation stops here.
    AwaitingGoLive,
    /// The offer is `running`, but a step is `blocked` or `rejected`, or a message of level `error` stands at a step that isn't
    /// complete: somebody must act, or it will fail.
    Blocked,
    /// The deadline has passed, and the publication is still in progress.
    Deadline,
}

impl Outcome {
    /// The outcome in a sentence that says who must act.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Succeeded => "The publication succeeded: the offer is live.",
            Self::Failed => {
                "The publication failed: the publisher must mend the offer and publish it again."
            }
            Self::Canceled => {
                "The publication was canceled: nothing happens until the publisher publishes it again."
            }
            Self::NeverPublished => {
                "The offer was never published: nothing happens until the publisher publishes it."
            }
            Self::AwaitingGoLive => {
                "The offer waits for its go-live: the publisher must look at the preview and confirm it."
            }
            Self::Blocked => {
                "The publication is blocked: the publisher must act on what its messages say."
            }
            Self::Deadline => "The publication was still in progress when the time was up.",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
            Self::NeverPublished => "never published",
            Self::AwaitingGoLive => "waiting for go-live",
            Self::Blocked => "blocked",
            Self::Deadline => "deadline",
        })
    }
}

impl OfferStatusReport {
    /// How the publication ended or why it doesn't go on by itself; `None` while it is in progress, or in a state that isn't
    /// known.
    ///
    /// Never derived from percentages: the official example has complete steps at 0 and a `succeeded` offer with steps that are
    /// `notStarted`.
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
            // `published` is in an example of the pages and in no table.
            OfferStatus::Succeeded | OfferStatus::Published => Some(Outcome::Succeeded),
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
            // `notStarted`, and what the contract learns after this was written.
            _ => None,
        }
    }

    /// The steps, of which there can be none.
    #[must_use]
    pub fn steps(&self) -> &[PublicationStep] {
        self.steps.as_deref().unwrap_or_default()
    }

    /// The messages about the publication as a whole, of which there can be none.
    #[must_use]
    pub fn messages(&self) -> &[StatusMessage] {
        self.messages.as_deref().unwrap_or_default()
    }

    /// The step that the publication stands at: the one that is blocked, else the last that is under way, else the first that
    /// hasn't started after a complete one.
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
    /// The step's name for people, or its id where it has no name.
    #[must_use]
    pub fn label(&self) -> &str {
        let name = self.step_name.as_deref().or(self.id.as_deref());
        name.unwrap_or("unnamed step")
    }

    /// The messages about this step, of which there can be none.
    #[must_use]
    pub fn messages(&self) -> &[StatusMessage] {
        self.messages.as_deref().unwrap_or_default()
    }

    /// Whether this is where the publisher goes live, and hasn't yet.
    #[must_use]
    pub fn awaits_go_live(&self) -> bool {
        let named = |name: &Option<String>| {
            name.as_deref()
                .is_some_and(|name| name.eq_ignore_ascii_case(SIGN_OFF))
        };
        (named(&self.id) || named(&self.step_name))
            && self.is(StepStatus::WaitingForPublisherReview)
    }

    /// Whether the step can't go on: it is `blocked` or `rejected`, or isn't complete and says why in a message of level
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
    /// Whether the message tells of a failure.
    #[must_use]
    pub fn is_error(&self) -> bool {
        is(self.level.as_ref(), MessageLevel::Error)
    }
}

fn is<K: KnownValue>(value: Option<&Extensible<K>>, known: K) -> bool {
    value.is_some_and(|value| *value == known)
}

impl OfferSummary {
    /// Whether the list says that something can still happen to the offer by itself: it is running, waits for the publisher, or
    /// is in a status that isn't known. Where its publication stands is in its status report only.
    #[must_use]
    pub fn is_in_flight(&self) -> bool {
        is_in_flight(self.status.as_ref())
    }
}

/// Whether the list says that something can still happen to an offer by itself.
fn is_in_flight(status: Option<&Extensible<OfferStatus>>) -> bool {
    match status.map(Extensible::known) {
        Some(Some(
            OfferStatus::Succeeded
            | OfferStatus::Published
            | OfferStatus::Failed
            | OfferStatus::Canceled
            | OfferStatus::NeverPublished
            | OfferStatus::NotStarted,
        ))
        | None => false,
        // Running, waiting for the publisher, and whatever the contract doesn't know yet.
        Some(_) => true,
    }
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
            (r#"{"status":"published"}"#, Some(Outcome::Succeeded)),
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
                r#"{"status":"succeeded","steps":[{"status":"blocked"},{"status":"notStarted","progressPercentage":0}]}"#,
                Some(Outcome::Succeeded),
            ),
        ] {
            assert_eq!(outcome(report), expected, "{report}");
        }
    }

    #[test]
    fn the_current_step_is_where_somebody_would_look() {
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
    fn what_is_in_flight_is_told_by_the_list() {
        for (status, expected) in [
            (Some("running"), true),
            (Some("WaitingForPublisherReview"), true),
            (Some("paused"), true),
            (Some("succeeded"), false),
            (Some("notStarted"), false),
            (Some("neverPublished"), false),
            (None, false),
        ] {
            let status = status.map(crate::Extensible::new);
            assert_eq!(is_in_flight(status.as_ref()), expected, "{status:?}");
        }
    }
}
