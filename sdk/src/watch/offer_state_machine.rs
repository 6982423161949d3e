//! Decides what a [`Watch`](crate::Watch) of one offer does next: request the offer's status, report an event, or end.
//!
//! All times, such as `now`, are durations since the start of the watch. A watch starts when the program awaits it or requests its first
//! event.

use std::time::Duration;

use crate::watch::options::WatchOptions;
use crate::watch::polled_offer::PolledOffer;
use crate::watch::state_machine::{Action, Input, Request, StateMachine};
use crate::{Error, Outcome, WatchEvent, WatchResult};

/// The state of a watch of one offer.
#[derive(Debug)]
pub(crate) struct OfferStateMachine {
    pub(crate) id: String,
    pub(crate) offer: PolledOffer,
    pub(crate) options: WatchOptions,
    /// If no report has shown the start of a new publication by this time, the watch ends. Only a watch with
    /// [`after`](crate::WatchBuilder::after) waits for a start.
    pub(crate) start_timeout: Duration,
    /// Whether the watch waits for the response to a status request.
    pub(crate) request_pending: bool,
}

impl StateMachine for OfferStateMachine {
    type Event = WatchEvent;
    type Output = WatchResult;

    fn step(&mut self, input: Input, now: Duration) -> Vec<Action<WatchEvent, WatchResult>> {
        let mut actions = Vec::new();
        if let Input::Status(_, response) = input {
            self.request_pending = false;
            for event in self.offer.receive(response, now, &self.options) {
                if let WatchEvent::Ended(result) = event {
                    actions.push(Action::End(result));
                    return actions;
                }
                actions.push(Action::Emit(event));
            }
        }
        let timeout_outcome = if !self.offer.has_started() && now >= self.start_timeout {
            Some(Outcome::NotStarted)
        } else {
            self.options.timed_out(now).then_some(Outcome::TimedOut)
        };
        if let Some(outcome) = timeout_outcome {
            actions.push(Action::End(Ok(self.offer.result(outcome))));
        } else if !self.request_pending && now >= self.offer.schedule.next_poll {
            self.request_pending = true;
            self.offer.schedule.sent(now);
            actions.push(Action::Send(Request::Status(self.id.clone())));
        }
        actions
    }

    fn wake_at(&self) -> Option<Duration> {
        let poll_at = (!self.request_pending).then_some(self.offer.schedule.next_poll);
        let start_timeout = (!self.offer.has_started()).then_some(self.start_timeout);
        [poll_at, start_timeout, self.options.timeout]
            .into_iter()
            .flatten()
            .min()
    }

    fn end_event(result: Result<WatchResult, Error>) -> WatchEvent {
        WatchEvent::Ended(result)
    }
}
