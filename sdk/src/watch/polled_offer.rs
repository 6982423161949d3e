//! Processes the status reports of one offer in a watch, and decides which report ends the watch of this offer.

use std::time::Duration;

use crate::types::OfferStatusReport;
use crate::watch::later_publication::{is_later_publication, is_same_publication};
use crate::watch::options::WatchOptions;
use crate::watch::poll_schedule::PollSchedule;
use crate::watch::undecodable_values::could_hide_failure;
use crate::{Change, Error, Outcome, Response, WatchEvent, WatchResult};

/// An offer whose status a watch requests at an interval. Such a request is called a poll.
#[derive(Debug)]
pub(crate) struct PolledOffer {
    /// The last report. Before the first report, this is the report that was passed to
    /// [`WatchBuilder::resume_from`](crate::WatchBuilder::resume_from).
    pub(crate) last_report: Option<OfferStatusReport>,
    /// The report that was passed to [`WatchBuilder::after`](crate::WatchBuilder::after).
    earlier_report: Option<OfferStatusReport>,
    /// Whether a report has shown that a new publication has started. Always `true` without `earlier_report`.
    has_started: bool,
    pub(crate) schedule: PollSchedule,
}

impl PolledOffer {
    /// Creates an offer whose first poll is due immediately.
    pub(crate) fn new(
        last_report: Option<OfferStatusReport>,
        earlier_report: Option<OfferStatusReport>,
    ) -> Self {
        Self {
            last_report,
            has_started: earlier_report.is_none(),
            earlier_report,
            schedule: PollSchedule::default(),
        }
    }

    /// Returns `false` while a watch with [`after`](crate::WatchBuilder::after) waits for the start of a new publication. During this
    /// time, no outcome ends the watch.
    pub(crate) fn has_started(&self) -> bool {
        self.has_started
    }

    /// Processes the result of a poll, and returns the events to report. Only the last event can be [`WatchEvent::Ended`].
    /// `now` is the time since the start of the watch.
    pub(crate) fn receive(
        &mut self,
        result: Result<Response<OfferStatusReport>, Error>,
        now: Duration,
        options: &WatchOptions,
    ) -> Vec<WatchEvent> {
        let delay = match self.schedule.received(&result, now, options) {
            Ok(delay) => delay,
            Err(error) => return vec![WatchEvent::Ended(Err(error))],
        };
        let mut events = Vec::new();
        match result {
            Ok(response) => {
                let report = response.value.clone();
                let body = response.received.body.clone();
                let mut outcome = report.outcome();
                if let Some(earlier) = &self.earlier_report {
                    // A report in flight shows the start by its difference from the earlier report. An undecodable value looks like a
                    // difference, so such a report doesn't count.
                    let is_reliable = !report.is_in_flight() || !could_hide_failure(&body);
                    self.has_started |= is_reliable && is_later_publication(earlier, &report);
                    if !self.has_started || is_same_publication(earlier, &report) {
                        outcome = None;
                    }
                }
                let previous = self.last_report.replace(report);
                let change = Change::between(previous.as_ref(), response);
                events.extend(change.map(WatchEvent::Changed));
                if let Some(mut outcome) = outcome
                    && options.until.ends_with(outcome)
                {
                    if outcome.may_count_as_success() && could_hide_failure(&body) {
                        outcome = Outcome::Contradictory;
                    }
                    events.push(WatchEvent::Ended(Ok(self.result(outcome))));
                    return events;
                }
            }
            Err(error) => events.push(WatchEvent::PollFailed(error)),
        }
        events.extend(delay.map(WatchEvent::Delayed));
        events
    }

    /// Returns the result of a watch that ends with this outcome now.
    pub(crate) fn result(&self, outcome: Outcome) -> WatchResult {
        WatchResult {
            outcome,
            report: self.last_report.clone(),
            last_error: self.schedule.last_error(),
            errors: self.schedule.errors.clone(),
        }
    }
}
