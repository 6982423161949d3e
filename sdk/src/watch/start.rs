//! Whether a report belongs to the publication that is waited for, or still to the one before.

use std::time::SystemTime;

use crate::types::{OfferStatusReport, PublicationStep};

/// Whether the publication that is waited for was seen to start.
#[derive(Debug)]
pub(crate) enum Start {
    /// It was, or the watch takes any publication.
    Seen,
    /// Only a report that can't belong to the publication of this earlier report counts.
    After(Box<OfferStatusReport>),
}

impl Start {
    /// Notes a report, and returns whether its publication is the one that is waited for.
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

/// A report belongs to a later publication when its status is known to be in flight and it doesn't say the same as the earlier
/// report, or when all its messages are newer than all of the earlier report. A mere difference isn't enough: links, for example,
/// can appear late. Neither is an unknown, empty or null status: it is no evidence that a publication has started.
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

/// The times of all messages; `None` when there is no message, or one of them has no readable time.
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
