//! The state of a watched offer, which both watches use.

use std::time::Duration;

use crate::types::OfferStatusReport;
use crate::watch::options::{Until, WatchOptions, retry_after};
use crate::watch::poll_errors::{Decision, PollHistory};
use crate::watch::start::Start;
use crate::watch::unread::has_unread_values;
use crate::{Change, Error, Outcome, Response, WatchEvent, WatchResult};

/// A watched offer: its last report, its errors, and the earliest time of its next poll. The core decides when it sends the poll.
#[derive(Debug)]
pub(crate) struct Offer {
    last: Option<OfferStatusReport>,
    start: Start,
    history: PollHistory,
    /// The earliest time of the next poll.
    due: Duration,
}

impl Offer {
    /// Creates the state. `last` is a report that the caller has stored.
    pub(crate) fn new(last: Option<OfferStatusReport>, start: Start, due: Duration) -> Self {
        Self {
            last,
            start,
            history: PollHistory::default(),
            due,
        }
    }

    pub(crate) fn due(&self) -> Duration {
        self.due
    }

    pub(crate) fn last(&self) -> Option<&OfferStatusReport> {
        self.last.as_ref()
    }

    /// Returns whether a report has shown the start of the publication that the watch waits for.
    pub(crate) fn has_started(&self) -> bool {
        self.start.is_shown()
    }

    pub(crate) fn sent(&mut self, now: Duration) {
        self.history.sent(now);
    }

    /// Processes the result of a poll. Only the last event can be [`WatchEvent::Ended`].
    pub(crate) fn polled(
        &mut self,
        result: Result<Response<OfferStatusReport>, Error>,
        now: Duration,
        options: &WatchOptions,
    ) -> Vec<WatchEvent> {
        let header = retry_after(&result);
        let mut events = Vec::new();
        match result {
            Ok(response) => {
                self.history.succeeded();
                let wait = options.with_jitter(options.interval);
                self.due = now.saturating_add(wait.max(options.retry_after(header)));
                let body = response.received.body.clone();
                let report = response.value.clone();
                let has_started = self.start.record(&report);
                let before = self.last.replace(report);
                events.extend(Change::between(before.as_ref(), response).map(WatchEvent::Changed));
                if has_started && let Some(mut outcome) = self.outcome(options.until) {
                    if outcome.may_count_as_success() && has_unread_values(&body) {
                        outcome = Outcome::Contradictory;
                    }
                    events.push(WatchEvent::Ended(Ok(self.result(outcome))));
                    return events;
                }
            }
            Err(error) => match self.history.failed(error, now, options) {
                Decision::RetryAt(due, error) => {
                    self.due = due;
                    events.push(WatchEvent::PollFailed(error));
                }
                Decision::GiveUp(error) => {
                    events.push(WatchEvent::Ended(Err(error)));
                    return events;
                }
            },
        }
        let delay = options.delay(header, self.due.saturating_sub(now));
        events.extend(delay.map(WatchEvent::Delayed));
        events
    }

    /// Returns the result of a watch that ends with this outcome now.
    pub(crate) fn result(&self, outcome: Outcome) -> WatchResult {
        WatchResult {
            outcome,
            report: self.last.clone(),
            last_error: self.history.last_error(),
            errors: self.history.errors().to_vec(),
        }
    }

    /// Returns the outcome of the last report if it ends the watch.
    fn outcome(&self, until: Until) -> Option<Outcome> {
        let outcome = self.last.as_ref()?.outcome()?;
        until.ends_with(outcome).then_some(outcome)
    }
}
