//! Computes the difference between two status reports of the same offer.

use bytes::Bytes;

use crate::types::{OfferStatusReport, PublicationStep, StepStatus};
use crate::{Extensible, Response};

/// A new status report of an offer, and its difference from the previous report. Without a previous report, all steps are new.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Change {
    /// The new report.
    pub report: OfferStatusReport,
    /// The steps that are new or whose status has changed, in the report's order.
    pub steps: Vec<StepChange>,
    /// The request's id in the service's logs.
    pub correlation_id: Option<String>,
    pub(crate) body: Bytes,
}

impl Change {
    /// Compares the report in a response with the previous report. Returns `None` if the reports are equal.
    pub(crate) fn between(
        previous: Option<&OfferStatusReport>,
        response: Response<OfferStatusReport>,
    ) -> Option<Self> {
        if previous == Some(&response.value) {
            return None;
        }
        Some(Self {
            steps: changed_steps(previous, &response.value),
            report: response.value,
            correlation_id: response.received.correlation_id,
            body: response.received.body,
        })
    }

    /// Returns the response body as received. It can contain properties that the spec doesn't define.
    #[must_use]
    pub fn raw_body(&self) -> &[u8] {
        &self.body
    }
}

/// A step that is new or whose status has changed.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct StepChange {
    /// The step in the new report.
    pub step: PublicationStep,
    /// The step's status in the previous report; `None` if the step is new or had no status.
    pub before: Option<Extensible<StepStatus>>,
}

/// Returns the steps that are new or whose status has changed. Each step is compared with one step of the previous report:
///
/// 1. A step with an id is compared with the step that has the same id.
/// 2. A step without an id is compared with the step that has the same name.
/// 3. A step without an id and without a name is compared with the step at the same position.
fn changed_steps(previous: Option<&OfferStatusReport>, new: &OfferStatusReport) -> Vec<StepChange> {
    let previous_steps = previous.map(OfferStatusReport::steps).unwrap_or_default();
    let id_or_name = |step: &PublicationStep| step.id.clone().or_else(|| step.step_name.clone());
    new.steps()
        .iter()
        .enumerate()
        .filter_map(|(position, step)| {
            let previous_step = match id_or_name(step) {
                Some(key) => previous_steps
                    .iter()
                    .find(|step| id_or_name(step).as_ref() == Some(&key)),
                None => previous_steps.get(position),
            };
            let previous_status = previous_step.and_then(|step| step.status.clone());
            let changed = previous_step.is_none() || previous_status != step.status;
            changed.then(|| StepChange {
                step: step.clone(),
                before: previous_status,
            })
        })
        .collect()
}
