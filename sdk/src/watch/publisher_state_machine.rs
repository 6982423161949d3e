//! Decides what a [`PublisherWatch`](crate::PublisherWatch) does next: send a request, report an event, or end.
//!
//! All times, such as `now`, are durations since the start of the watch. A watch starts when the program awaits it or requests its first
//! event.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::types::{OfferStatus, OfferStatusReport, OfferSummary};
use crate::watch::list_changes::{EarlierLists, ListedOffer, ListedState};
use crate::watch::options::{WatchOptions, retry_after_header};
use crate::watch::poll_schedule::PollSchedule;
use crate::watch::polled_offer::PolledOffer;
use crate::watch::state_machine::{Action, Input, Request, StateMachine};
use crate::{
    Error, Extensible, Outcome, PublisherWatchEvent, PublisherWatchResult, Response, WatchEvent,
    WatchResult,
};

/// The maximum number of concurrent status requests.
const MAXIMUM_REQUESTS: usize = 8;

type Actions = Vec<Action<PublisherWatchEvent, PublisherWatchResult>>;

/// The state of a publisher watch, which watches all offers of a publisher.
///
/// In each interval, the watch sends these requests:
///
/// 1. a list request, which returns the list of offers
/// 2. a status request for every [open](WatchedOffer::open) offer
/// 3. the failed status requests again, until the next list request is due
///
/// A list request never runs at the same time as a status request.
#[derive(Debug, Default)]
pub(crate) struct PublisherStateMachine {
    options: WatchOptions,
    earlier_lists: EarlierLists,
    list_schedule: PollSchedule,
    /// Whether the watch waits for the response to a list request.
    list_pending: bool,
    /// The watch sends no request before this time. The `Retry-After` of an error response sets this time.
    hold_until: Duration,
    offers: BTreeMap<String, WatchedOffer>,
    /// The status requests to send. Each entry is the earliest time of the request and the offer's id. After each list, every open offer
    /// gets an entry with the time zero. After an error, the offer gets an entry with a later time.
    queued_polls: BTreeSet<(Duration, String)>,
    /// The number of status requests without a response yet.
    pending_polls: usize,
}

/// An offer whose status the watch requests. A list showed that its publication was in flight (hadn't ended), or the offer changed
/// between two lists.
#[derive(Debug)]
struct WatchedOffer {
    offer: PolledOffer,
    /// Whether the watch must request the status again. This is `true` in three cases:
    ///
    /// * The offer has no result.
    /// * After the result, a list contradicted the outcome.
    /// * After the result, a list showed a change that doesn't confirm the outcome.
    open: bool,
    /// How the watch of this offer ended; `None` while it continues.
    result: Option<Result<WatchResult, Error>>,
    /// The offer's status in the last list that has a status of this offer.
    listed_status: Option<Extensible<OfferStatus>>,
    contradiction: Contradiction,
}

/// Whether the list of offers contradicts the offer's own report. For example, the list shows `running`, and the report
/// shows `succeeded`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Contradiction {
    No,
    /// The list has contradicted the report since this time.
    Since(Duration),
    /// The contradiction has lasted for the tolerated time.
    Lasting,
}

impl PublisherStateMachine {
    pub(crate) fn new(options: WatchOptions) -> Self {
        Self {
            options,
            ..Self::default()
        }
    }

    fn receive_list(
        &mut self,
        result: Result<Response<Vec<OfferSummary>>, Error>,
        now: Duration,
        actions: &mut Actions,
    ) {
        self.list_pending = false;
        let delay = match self.list_schedule.received(&result, now, &self.options) {
            Ok(delay) => delay,
            Err(error) => {
                actions.push(Action::End(Err(error)));
                return;
            }
        };
        match result {
            Ok(response) => {
                let offers = response.value.len();
                self.compare(response.value, now);
                let open = self.offers.iter().filter(|(_, watched)| watched.open);
                self.queued_polls = open.map(|(id, _)| (Duration::ZERO, id.clone())).collect();
                let watched = self.queued_polls.len();
                actions.push(Action::Emit(PublisherWatchEvent::Listed {
                    offers,
                    watched,
                }));
                if watched == 0 {
                    self.end(false, actions);
                    return;
                }
            }
            Err(error) => {
                let retry_after = self.options.retry_after(error.retry_after());
                self.hold_until = self.hold_until.max(now.saturating_add(retry_after));
                let offer = None;
                actions.push(Action::Emit(PublisherWatchEvent::PollFailed {
                    offer,
                    error,
                }));
            }
        }
        if let Some(wait) = delay {
            let offer = None;
            actions.push(Action::Emit(PublisherWatchEvent::Delayed { offer, wait }));
        }
    }

    /// Compares the results of the watched offers with a new list. Starts to watch the offers that are in flight or have changed.
    fn compare(&mut self, list: Vec<OfferSummary>, now: Duration) {
        let items = self.earlier_lists.compare(list);
        for (id, watched) in &mut self.offers {
            watched.compare(items.get(id), now);
        }
        for (id, item) in items {
            if item.in_flight || item.changed {
                self.offers.entry(id).or_insert_with(|| WatchedOffer {
                    offer: PolledOffer::new(None, None),
                    open: true,
                    result: None,
                    listed_status: item.status,
                    contradiction: Contradiction::No,
                });
            }
        }
    }

    fn receive_report(
        &mut self,
        id: &str,
        result: Result<Response<OfferStatusReport>, Error>,
        now: Duration,
        actions: &mut Actions,
    ) {
        self.pending_polls = self.pending_polls.saturating_sub(1);
        let failed = result.is_err();
        let header = retry_after_header(&result);
        let retry_at = now.saturating_add(self.options.retry_after(header));
        let next_list = &mut self.list_schedule.next_poll;
        *next_list = retry_at.max(*next_list);
        if failed {
            self.hold_until = self.hold_until.max(retry_at);
        }
        let Some(watched) = self.offers.get_mut(id) else {
            return;
        };
        let mut new_result = None;
        for event in watched.offer.receive(result, now, &self.options) {
            let offer = id.to_owned();
            actions.push(Action::Emit(match event {
                WatchEvent::Changed(change) => PublisherWatchEvent::Changed {
                    offer,
                    change: Box::new(change),
                },
                WatchEvent::PollFailed(error) => {
                    self.queued_polls
                        .insert((watched.offer.schedule.next_poll, offer.clone()));
                    PublisherWatchEvent::PollFailed {
                        offer: Some(offer),
                        error,
                    }
                }
                WatchEvent::Delayed(wait) => PublisherWatchEvent::Delayed {
                    offer: Some(offer),
                    wait,
                },
                WatchEvent::Ended(result) => {
                    new_result = Some(result);
                    break;
                }
            }));
        }
        if failed && new_result.is_none() {
            return;
        }
        if let Some(result) = watched.set_result(new_result, now, self.options.tolerate) {
            let offer = id.to_owned();
            actions.push(Action::Emit(PublisherWatchEvent::OfferEnded {
                offer,
                result,
            }));
        }
    }

    /// Ends the watch. If `valid_result` returns `None` for an offer, this offer gets [`Outcome::TimedOut`].
    fn end(&mut self, timed_out: bool, actions: &mut Actions) {
        let mut offers = BTreeMap::new();
        for (id, watched) in std::mem::take(&mut self.offers) {
            let result = watched.valid_result().unwrap_or_else(|| {
                let result = Ok(watched.offer.result(Outcome::TimedOut));
                actions.push(Action::Emit(PublisherWatchEvent::OfferEnded {
                    offer: id.clone(),
                    result: result.clone(),
                }));
                result
            });
            offers.insert(id, result);
        }
        actions.push(Action::End(Ok(PublisherWatchResult {
            offers,
            timed_out,
            last_error: self.list_schedule.last_error(),
        })));
    }

    /// Returns the earliest time of the next list request. Returns `None` in two cases:
    ///
    /// * A request is pending.
    /// * After the last list, the status of an open offer hasn't been requested yet.
    fn list_at(&self) -> Option<Duration> {
        let has_polls_after_list = self
            .queued_polls
            .first()
            .is_some_and(|(due, _)| due.is_zero());
        let idle = !self.list_pending && self.pending_polls == 0 && !has_polls_after_list;
        idle.then_some(self.list_schedule.next_poll.max(self.hold_until))
    }

    /// Returns the earliest time of the next status request. Returns `None` if no status request is queued, a list request is pending,
    /// or [`MAXIMUM_REQUESTS`] status requests are pending.
    fn poll_at(&self) -> Option<Duration> {
        if self.list_pending || self.pending_polls >= MAXIMUM_REQUESTS {
            return None;
        }
        let (due, _) = self.queued_polls.first()?;
        Some(self.hold_until.max(*due))
    }

    /// Sends the requests that are due. A list request comes before repeated status requests, because a new list starts new requests for
    /// the status of every open offer.
    fn send(&mut self, now: Duration, actions: &mut Actions) {
        if self.list_at().is_some_and(|at| now >= at) {
            self.list_pending = true;
            self.list_schedule.sent(now);
            actions.push(Action::Send(Request::List));
        }
        while self.poll_at().is_some_and(|at| now >= at)
            && let Some((_, id)) = self.queued_polls.pop_first()
        {
            if let Some(watched) = self.offers.get_mut(&id) {
                watched.offer.schedule.sent(now);
                self.pending_polls += 1;
                actions.push(Action::Send(Request::Status(id)));
            }
        }
    }
}

impl WatchedOffer {
    /// Compares the result with the item of this offer in a new list. `item` is `None` if the list doesn't contain the offer.
    fn compare(&mut self, item: Option<&ListedOffer>, now: Duration) {
        let status = item.and_then(|item| item.status.as_ref());
        let has_new_status = status != self.listed_status.as_ref();
        if status.is_some() {
            self.listed_status = status.cloned();
        }
        let (Some(Ok(result)), Some(report)) = (&self.result, self.offer.last_report.as_ref())
        else {
            return;
        };
        // If the status in the list has changed to the report's status, the list confirms the outcome. If the offer has changed in
        // another way, for example to a new version, the report can be about an earlier publication. A list never confirms an outcome
        // that the watch has replaced by `Contradictory`.
        let confirms_outcome = has_new_status
            && status == Some(&report.status)
            && report.outcome() == Some(result.outcome);
        let may_be_outdated = item.is_some_and(|item| item.changed) && !confirms_outcome;
        self.update_contradiction(now);
        self.open |= may_be_outdated || matches!(self.contradiction, Contradiction::Since(_));
    }

    /// Sets the result after a status request. `result` is `None` if the watch of the offer continues. If the result differs from the
    /// previous result, returns the result for an `OfferEnded` event.
    fn set_result(
        &mut self,
        result: Option<Result<WatchResult, Error>>,
        now: Duration,
        tolerate: Duration,
    ) -> Option<Result<WatchResult, Error>> {
        let previous_result = std::mem::replace(&mut self.result, result);
        self.open = self.result.is_none();
        if let Contradiction::Since(since) = self.contradiction
            && now >= since.saturating_add(tolerate)
        {
            self.contradiction = Contradiction::Lasting;
        }
        self.update_contradiction(now);
        if let Some(Ok(result)) = &mut self.result
            && self.contradiction == Contradiction::Lasting
            && result.outcome.may_count_as_success()
        {
            result.outcome = Outcome::Contradictory;
        }
        if let (Some(Ok(previous)), Some(Ok(result))) = (previous_result, &self.result)
            && previous.outcome == result.outcome
            && previous.report == result.report
        {
            return None;
        }
        self.result.clone()
    }

    /// Compares `listed_status` with the last report, and updates `contradiction`.
    fn update_contradiction(&mut self, now: Duration) {
        let report = match self.result {
            Some(Ok(_)) => self.offer.last_report.as_ref(),
            _ => None,
        };
        let listed = ListedState::from_status(self.listed_status.as_ref());
        let contradicts = report.is_some_and(|report| match listed {
            ListedState::NoStatus | ListedState::Succeeded => false,
            ListedState::NotSucceeded => {
                report.outcome().is_some_and(Outcome::may_count_as_success)
            }
            ListedState::InFlight => !report.is_in_flight(),
        });
        self.contradiction = match self.contradiction {
            _ if !contradicts => Contradiction::No,
            Contradiction::No => Contradiction::Since(now),
            unchanged => unchanged,
        };
    }

    /// Returns the result if it is valid at the end of the watch. The outcomes `Succeeded` and `AwaitingGoLive` are invalid in two
    /// cases:
    ///
    /// * The list contradicts the outcome.
    /// * The offer is open, so the next report could change the outcome.
    fn valid_result(&self) -> Option<Result<WatchResult, Error>> {
        let is_valid = match self.result.as_ref()? {
            Ok(result) if result.outcome.may_count_as_success() => {
                !self.open && self.contradiction == Contradiction::No
            }
            _ => true,
        };
        self.result.clone().filter(|_| is_valid)
    }
}

impl StateMachine for PublisherStateMachine {
    type Event = PublisherWatchEvent;
    type Output = PublisherWatchResult;

    fn step(&mut self, input: Input, now: Duration) -> Actions {
        let mut actions = Vec::new();
        match input {
            Input::Timer => {}
            Input::List(result) => self.receive_list(result, now, &mut actions),
            Input::Status(id, result) => self.receive_report(&id, result, now, &mut actions),
        }
        if matches!(actions.last(), Some(Action::End(_))) {
            return actions;
        }
        if self.options.timed_out(now) {
            self.end(true, &mut actions);
        } else {
            self.send(now, &mut actions);
        }
        actions
    }

    fn wake_at(&self) -> Option<Duration> {
        [self.list_at(), self.poll_at(), self.options.timeout]
            .into_iter()
            .flatten()
            .min()
    }

    fn end_event(result: Result<PublisherWatchResult, Error>) -> PublisherWatchEvent {
        PublisherWatchEvent::Ended(result)
    }
}
