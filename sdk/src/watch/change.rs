//! The difference between two reports of the same offer.

use bytes::Bytes;

use crate::types::{OfferStatusReport, PublicationStep, StepStatus};
use crate::{Extensible, Response};

/// A change of an offer's report. The first report is a change, too.
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
    /// Returns the change between two reports, or `None` if the reports are equal.
    pub(crate) fn between(
        before: Option<&OfferStatusReport>,
        response: Response<OfferStatusReport>,
    ) -> Option<Self> {
        if before == Some(&response.value) {
            return None;
        }
        Some(Self {
            steps: changed_steps(before, &response.value),
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

/// Returns the steps that are new or whose status has changed. Steps are matched by id, or by name if they have no id. A step with
/// neither is compared with the step at the same position.
fn changed_steps(before: Option<&OfferStatusReport>, now: &OfferStatusReport) -> Vec<StepChange> {
    let before = before.map(OfferStatusReport::steps).unwrap_or_default();
    let key = |step: &PublicationStep| step.id.clone().or_else(|| step.step_name.clone());
    now.steps()
        .iter()
        .enumerate()
        .filter_map(|(position, step)| {
            let previous = match key(step) {
                Some(name) => before.iter().find(|step| key(step).as_ref() == Some(&name)),
                None => before.get(position),
            };
            let status = previous.and_then(|step| step.status.clone());
            (previous.is_none() || status != step.status).then(|| StepChange {
                step: step.clone(),
                before: status,
            })
        })
        .collect()
}
