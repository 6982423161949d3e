//! Distinguishes reports of the expected publication from reports of the previous publication.

use std::time::SystemTime;

use crate::types::{OfferStatusReport, PublicationStep};

/// Whether a report has shown the start of the expected publication.
#[derive(Debug)]
pub(crate) enum Start {
    /// A report has shown the start, or the watch accepts any publication.
    Seen,
    /// The watch waits for a report of a later publication than the publication of this earlier report.
    After(Box<OfferStatusReport>),
}

impl Start {
    /// Processes a report, and returns whether the expected publication has started.
    pub(crate) fn sees(&mut self, report: &OfferStatusReport) -> bool {
        if let Self::After(earlier) = self
            && is_later_publication(earlier, report)
        {
            *self = Self::Seen;
        }
        self.is_seen()
    }

    pub(crate) fn is_seen(&self) -> bool {
        matches!(self, Self::Seen)
    }
}

/// Returns whether a report belongs to a later publication than the earlier report. A report with a known status in flight belongs to
/// a later publication if its status, steps or messages differ from the earlier report. A report with a final status belongs to a later
/// publication if all its messages are newer than all messages of the earlier report. No other difference counts: links, for example,
/// can appear late. An unknown, empty or null status is no evidence that a publication has started.
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
    let of_steps = report.steps().iter().flat_map(PublicationStep::messages);
    let times: Option<Vec<_>> = report
        .messages()
        .iter()
        .chain(of_steps)
        .map(|message| message.timestamp.as_ref()?.system_time())
        .collect();
    times.filter(|times| !times.is_empty())
}
