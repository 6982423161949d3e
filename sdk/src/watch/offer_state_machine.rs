//! The decisions of [`Watch`](crate::Watch), which polls one offer at an interval.

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
    /// The maximum time until a report shows the start of the publication. It has an effect only in a watch with
    /// [`after`](crate::WatchBuilder::after).
    pub(crate) start_timeout: Duration,
    /// Whether a response is pending.
    pub(crate) polling: bool,
}

impl StateMachine for OfferStateMachine {
    type Event = WatchEvent;
    type Output = WatchResult;

    fn step(&mut self, input: Input, now: Duration) -> Vec<Action<WatchEvent, WatchResult>> {
        let mut actions = Vec::new();
        if let Input::Status(_, result) = input {
            self.polling = false;
            for event in self.offer.receive(result, now, &self.options) {
                if let WatchEvent::Ended(result) = event {
                    actions.push(Action::End(result));
                    return actions;
                }
                actions.push(Action::Emit(event));
            }
        }
        let ended_by_time = if !self.offer.has_started() && now >= self.start_timeout {
            Some(Outcome::NotStarted)
        } else {
            self.options.timed_out(now).then_some(Outcome::TimedOut)
        };
        if let Some(outcome) = ended_by_time {
            actions.push(Action::End(Ok(self.offer.result(outcome))));
        } else if !self.polling && now >= self.offer.schedule.next_poll {
            self.polling = true;
            self.offer.schedule.sent(now);
            actions.push(Action::Send(Request::Status(self.id.clone())));
        }
        actions
    }

    fn wake_at(&self) -> Option<Duration> {
        let poll = (!self.polling).then_some(self.offer.schedule.next_poll);
        let start = (!self.offer.has_started()).then_some(self.start_timeout);
        [poll, start, self.options.timeout]
            .into_iter()
            .flatten()
            .min()
    }

    fn ended(result: Result<WatchResult, Error>) -> WatchEvent {
        WatchEvent::Ended(result)
    }
}
