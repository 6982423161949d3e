//! Adds methods to status reports, steps and messages, such as `is_in_flight` and `current_step`.

use crate::types::{
    MessageLevel, OfferStatus, OfferStatusReport, OfferSummary, PublicationStep, StatusMessage,
    StepStatus,
};
use crate::{Extensible, KnownValue};

/// The name of the step in which the publisher reviews the preview and goes live. In Microsoft's documentation, this name is the
/// step's `id`. In newer responses of the service, this name is the step's `stepName`.
const SIGN_OFF: &str = "publisher-signoff";

impl OfferStatusReport {
    /// Returns whether the publication is in flight, which means that its status isn't final. The final statuses are `succeeded`,
    /// `published`, `failed`, `canceled` and `neverPublished`. An unknown status counts as in flight.
    #[must_use]
    pub fn is_in_flight(&self) -> bool {
        is_in_flight(Some(&self.status))
    }

    /// Returns the steps, or an empty slice if the report has no steps.
    #[must_use]
    pub fn steps(&self) -> &[PublicationStep] {
        self.steps.as_deref().unwrap_or_default()
    }

    /// Returns the messages about the whole publication, or an empty slice if there are no messages.
    #[must_use]
    pub fn messages(&self) -> &[StatusMessage] {
        self.messages.as_deref().unwrap_or_default()
    }

    /// Returns the step that the publication has reached:
    ///
    /// 1. the first [blocked](PublicationStep::is_blocked) step
    /// 2. otherwise, the last step that is `inProgress`, `waitingForPublisherReview` or `waitingForApproval`
    /// 3. otherwise, the first `notStarted` step after the last `complete` step
    #[must_use]
    pub fn current_step(&self) -> Option<&PublicationStep> {
        let steps = self.steps();
        steps
            .iter()
            .find(|step| step.is_blocked())
            .or_else(|| steps.iter().rev().find(|step| step.is_under_way()))
            .or_else(|| {
                let last_complete = steps
                    .iter()
                    .rposition(|step| step.is(StepStatus::Complete))?;
                steps[last_complete..]
                    .iter()
                    .find(|step| step.is(StepStatus::NotStarted))
            })
    }
}

impl PublicationStep {
    /// Returns the step's name, or the step's id if it has no name. Returns `unnamed step` if the step has no name and no id.
    #[must_use]
    pub fn label(&self) -> &str {
        let name = self.step_name.as_deref().or(self.id.as_deref());
        name.unwrap_or("unnamed step")
    }

    /// Returns the messages about this step, or an empty slice if there are no messages.
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

    /// Returns whether the step is `blocked` or `rejected`. A step that isn't `complete` and has a message of level `error` is also
    /// blocked.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.has_problem() && !self.is(StepStatus::Complete)
    }

    /// Returns whether the step shows that the publication didn't succeed.
    pub(super) fn contradicts_success(&self) -> bool {
        self.has_problem() || self.is(StepStatus::Canceled)
    }

    /// Returns whether the step is `blocked` or `rejected`, or has a message of level `error`.
    fn has_problem(&self) -> bool {
        self.is(StepStatus::Blocked)
            || self.is(StepStatus::Rejected)
            || self.messages().iter().any(StatusMessage::is_error)
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
    /// Returns whether the offer's publication is in flight, by the rules of [`OfferStatusReport::is_in_flight`]. A missing status
    /// also counts as in flight.
    #[must_use]
    pub fn is_in_flight(&self) -> bool {
        is_in_flight(self.status.as_ref())
    }
}

/// Returns whether a publication with this status is in flight. A missing or unknown status counts as in flight.
pub(super) fn is_in_flight(status: Option<&Extensible<OfferStatus>>) -> bool {
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
    use super::is_in_flight;
    use crate::types::{OfferStatusReport, PublicationStep};

    /// A case per line: the expected step and the steps of the report.
    const CASES: &str = r#"
        none []
        b    [{"id":"a","status":"inProgress"},{"id":"b","status":"blocked"}]
        b    [{"id":"a","status":"inProgress"},{"id":"b","status":"waitingForApproval"}]
        b    [{"id":"a","status":"inProgress"},{"id":"b","status":"waitingForPublisherReview"}]
        b    [{"id":"a","status":"complete"},{"id":"b","status":"notStarted"},{"id":"c","status":"notStarted"}]
        none [{"id":"a","status":"notStarted"}]
        none [{"id":"a","status":"complete"}]"#;

    #[test]
    fn the_current_step_is_the_blocked_step_or_the_last_step_in_progress_or_the_next_step() {
        for case in CASES.trim().lines() {
            let (expected, steps) = case.trim().split_once(' ').expect("two columns");
            let report = format!(r#"{{"status":"running","steps":{steps}}}"#);
            let report: OfferStatusReport = serde_json::from_str(&report).expect("a report");
            let step = report.current_step().map_or("none", PublicationStep::label);
            assert_eq!(step, expected, "{case}");
        }
    }

    #[test]
    fn a_status_is_in_flight_unless_it_is_final() {
        for (status, expected) in [
            (Some("running"), true),
            (Some("WaitingForPublisherReview"), true),
            (Some("paused"), true),
            (Some("notStarted"), true),
            (None, true),
            (Some("succeeded"), false),
            (Some("published"), false),
            (Some("failed"), false),
            (Some("Canceled"), false),
            (Some("neverPublished"), false),
        ] {
            let status = status.map(crate::Extensible::new);
            assert_eq!(is_in_flight(status.as_ref()), expected, "{status:?}");
        }
    }
}
