//! The core of [`PublisherWatch`](crate::PublisherWatch). It requests the list at an interval, and then the status of each watched
//! offer.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::types::{OfferStatusReport, OfferSummary};
use crate::watch::core::{Action, Core, Input, Request, Rules};
use crate::watch::listing::{Item, Listing};
use crate::watch::policy::{Health, Verdict};
use crate::watch::start::Start;
use crate::watch::watched_offer::Offer;
use crate::{
    Error, Outcome, PublisherWatchEvent, PublisherWatchResult, Response, WatchEvent, WatchResult,
};

/// The maximum number of concurrent status requests.
const MAXIMUM_REQUESTS: usize = 8;

type Actions = Vec<Action<PublisherWatchEvent>>;

/// The state of a watch of a publisher's offers.
///
/// List and status requests never overlap. After a list, every offer whose watch hasn't ended is polled once. The next list request
/// is sent an interval after the last list, when these polls have ended. Between two lists, only polls that failed are repeated.
#[derive(Debug)]
pub(crate) struct Many {
    rules: Rules,
    listing: Listing,
    health: Health,
    /// Whether a list request is under way.
    list_under_way: bool,
    next_list: Duration,
    /// The earliest time of the next request. The `Retry-After` of an error applies to all requests.
    hold: Duration,
    offers: BTreeMap<String, Watched>,
    /// The offers that wait for a poll because of the maximum number of concurrent requests, without duplicates.
    queue: VecDeque<String>,
    /// The offers whose last poll failed, and the time at which the poll is repeated unless a list arrives earlier.
    repeats: Vec<(Duration, String)>,
    /// The number of status requests that are under way.
    polling: usize,
}

/// An offer that was in flight or changed in some list.
#[derive(Debug)]
struct Watched {
    offer: Offer,
    state: State,
    /// The result of an earlier watch of this offer that a later list contradicts.
    doubted: Option<WatchResult>,
    /// The fingerprint of the list item that contradicted the result when a new watch confirmed the result.
    confirmed: Option<u64>,
    /// The fingerprint of the offer in the last list.
    fingerprint: u64,
    /// Whether the offer has ended without a success according to the last list that names it.
    denied: bool,
}

#[derive(Debug)]
enum State {
    Idle,
    /// Queued or under way.
    Polling,
    Ended(Result<WatchResult, Error>),
}

impl Many {
    pub(crate) fn new(rules: Rules) -> Self {
        Self {
            rules,
            listing: Listing::default(),
            health: Health::default(),
            list_under_way: false,
            next_list: Duration::ZERO,
            hold: Duration::ZERO,
            offers: BTreeMap::new(),
            queue: VecDeque::new(),
            repeats: Vec::new(),
            polling: 0,
        }
    }

    fn listed(
        &mut self,
        result: Result<Response<Vec<OfferSummary>>, Error>,
        now: Duration,
        actions: &mut Actions,
    ) {
        self.list_under_way = false;
        let header = match &result {
            Ok(response) => response.received.retry_after,
            Err(error) => error.retry_after(),
        };
        let retry_after = self.rules.retry_after(header);
        match result {
            Ok(response) => {
                self.health.succeeded();
                let wait = self.rules.with_jitter(self.rules.interval).max(retry_after);
                self.next_list = now.saturating_add(wait);
                let offers = response.value.len();
                self.compare(response.value, now);
                self.repeats.clear();
                self.queue = self.open().cloned().collect();
                let watched = self.queue.len();
                actions.push(Action::Emit(PublisherWatchEvent::Listed {
                    offers,
                    watched,
                }));
                if watched == 0 {
                    actions.push(self.end(false));
                    return;
                }
                for watched in self.offers.values_mut() {
                    if matches!(watched.state, State::Idle) {
                        watched.state = State::Polling;
                    }
                }
            }
            Err(error) => match self.health.failed(error, now, &self.rules) {
                Verdict::RetryAt(at, error) => {
                    self.next_list = at;
                    self.hold = self.hold.max(now.saturating_add(retry_after));
                    let offer = None;
                    actions.push(Action::Emit(PublisherWatchEvent::PollFailed {
                        offer,
                        error,
                    }));
                }
                Verdict::GiveUp(error) => {
                    actions.push(Action::End(PublisherWatchEvent::Ended(Err(error))));
                    return;
                }
            },
        }
        let wait = self.next_list.saturating_sub(now);
        if let Some(wait) = self.rules.delay(header, wait) {
            let offer = None;
            actions.push(Action::Emit(PublisherWatchEvent::Delayed { offer, wait }));
        }
    }

    /// Returns the ids of the offers that are idle.
    fn open(&self) -> impl Iterator<Item = &String> {
        self.offers
            .iter()
            .filter(|(_, watched)| matches!(watched.state, State::Idle))
            .map(|(id, _)| id)
    }

    /// Starts a watch of each offer that the list shows in flight or changed.
    fn compare(&mut self, list: Vec<OfferSummary>, now: Duration) {
        for (id, item) in self.listing.record(list) {
            if let Some(watched) = self.offers.get_mut(&id) {
                watched.compare(&item, now);
            } else if item.in_flight || item.changed {
                self.offers.insert(id, Watched::new(&item, now));
            }
        }
        for watched in self.offers.values_mut() {
            watched.doubt_denied_success(now);
        }
    }

    fn polled(
        &mut self,
        id: &str,
        result: Result<Response<OfferStatusReport>, Error>,
        now: Duration,
        actions: &mut Actions,
    ) {
        self.polling = self.polling.saturating_sub(1);
        let (header, failed) = match &result {
            Ok(response) => (response.received.retry_after, false),
            Err(error) => (error.retry_after(), true),
        };
        let retry_at = now.saturating_add(self.rules.retry_after(header));
        self.next_list = self.next_list.max(retry_at);
        if failed {
            self.hold = self.hold.max(retry_at);
        }
        let Some(watched) = self.offers.get_mut(id) else {
            return;
        };
        watched.state = State::Idle;
        for event in watched.offer.polled(result, now, &self.rules) {
            let offer = id.to_owned();
            let event = match event {
                WatchEvent::Changed(change) => PublisherWatchEvent::Changed {
                    offer,
                    change: Box::new(change),
                },
                WatchEvent::PollFailed(error) => {
                    self.repeats.push((watched.offer.due(), offer.clone()));
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
                    let Some(result) = watched.end(result) else {
                        continue;
                    };
                    PublisherWatchEvent::OfferEnded { offer, result }
                }
            };
            actions.push(Action::Emit(event));
        }
    }

    /// Ends the watch. Offers whose watch hasn't ended get [`Outcome::TimedOut`].
    fn end(&mut self, timed_out: bool) -> Action<PublisherWatchEvent> {
        let offers = std::mem::take(&mut self.offers)
            .into_iter()
            .map(|(id, watched)| {
                let result = match watched.state {
                    State::Ended(result) => result,
                    State::Idle | State::Polling => Ok(watched.offer.result(Outcome::TimedOut)),
                };
                (id, result)
            })
            .collect();
        Action::End(PublisherWatchEvent::Ended(Ok(PublisherWatchResult {
            offers,
            timed_out,
            last_error: self.health.last_error(),
        })))
    }

    fn time_out(&mut self, actions: &mut Actions) {
        for (id, watched) in &mut self.offers {
            if !matches!(watched.state, State::Ended(_)) {
                let result = Ok(watched.offer.result(Outcome::TimedOut));
                watched.state = State::Ended(result.clone());
                actions.push(Action::Emit(PublisherWatchEvent::OfferEnded {
                    offer: id.clone(),
                    result,
                }));
            }
        }
        actions.push(self.end(true));
    }

    fn may_list(&self) -> bool {
        !self.list_under_way && self.polling == 0 && self.queue.is_empty()
    }

    /// Sends the requests that are due. A list request is sent first, because it leads to a poll of every offer.
    fn send(&mut self, now: Duration, actions: &mut Actions) {
        if self.may_list() && now >= self.next_list.max(self.hold) {
            self.list_under_way = true;
            self.health.sent(now);
            actions.push(Action::Send(Request::List));
        }
        if self.list_under_way || now < self.hold {
            return;
        }
        for (_, id) in self.repeats.extract_if(.., |(due, _)| now >= *due) {
            if let Some(watched) = self.offers.get_mut(&id) {
                watched.state = State::Polling;
            }
            self.queue.push_back(id);
        }
        while self.polling < MAXIMUM_REQUESTS
            && let Some(id) = self.queue.pop_front()
        {
            if let Some(watched) = self.offers.get_mut(&id) {
                watched.offer.sent(now);
                self.polling += 1;
                actions.push(Action::Send(Request::Status(id)));
            }
        }
    }
}

impl Watched {
    fn new(item: &Item, now: Duration) -> Self {
        Self {
            offer: Offer::new(None, Start::Seen, now),
            state: State::Idle,
            doubted: None,
            confirmed: None,
            fingerprint: item.fingerprint,
            denied: item.denies_success(),
        }
    }

    /// Compares the result with a list item. If the item contradicts the result, the result is dropped and a new watch starts.
    fn compare(&mut self, item: &Item, now: Duration) {
        self.fingerprint = item.fingerprint;
        self.denied = item.denies_success();
        if item.changed {
            self.confirmed = None;
        }
        let State::Ended(Ok(result)) = &self.state else {
            // After an error ended the watch of this offer, no new watch starts.
            return;
        };
        let report = result.report.as_ref();
        let doubted = if item.in_flight && report.is_none_or(|report| !report.is_in_flight()) {
            // Either the offer is in flight again, or the list is older than the report. Only a poll distinguishes the two.
            self.confirmed != Some(item.fingerprint)
        } else {
            // A list that changes to the status of the report doesn't contradict the result, unless an earlier list contradicted it.
            item.changed
                && (report.map(|report| &report.status) != item.status.as_ref()
                    || report.and_then(OfferStatusReport::outcome) != Some(result.outcome))
        };
        if doubted {
            self.doubt(result.clone(), now);
        }
    }

    /// Starts a new watch of an offer whose result is a success but which ended without a success according to the last list, even
    /// if the list is older than the report.
    fn doubt_denied_success(&mut self, now: Duration) {
        if let State::Ended(Ok(result)) = &self.state
            && result.outcome.is_success()
            && self.denied
        {
            self.doubt(result.clone(), now);
        }
    }

    fn doubt(&mut self, result: WatchResult, now: Duration) {
        self.doubted = Some(result);
        self.state = State::Idle;
        self.offer = Offer::new(self.offer.last().cloned(), Start::Seen, now);
    }

    /// Ends the watch of this offer. Returns the result if it is new.
    fn end(
        &mut self,
        mut result: Result<WatchResult, Error>,
    ) -> Option<Result<WatchResult, Error>> {
        let mut is_new = true;
        if let (Some(doubted), Ok(result)) = (self.doubted.take(), &mut result)
            && doubted.report == result.report
        {
            self.confirmed = Some(self.fingerprint);
            if self.denied && result.outcome.is_success() {
                result.outcome = Outcome::Contradictory;
            }
            is_new = doubted.outcome != result.outcome;
        }
        self.state = State::Ended(result.clone());
        is_new.then_some(result)
    }
}

impl Core for Many {
    type Event = PublisherWatchEvent;

    fn step(&mut self, input: Input, now: Duration) -> Actions {
        let mut actions = Vec::new();
        match input {
            Input::Timer => {}
            Input::List(result) => self.listed(result, now, &mut actions),
            Input::Status(id, result) => self.polled(&id, result, now, &mut actions),
        }
        if matches!(actions.last(), Some(Action::End(_))) {
            return actions;
        }
        if self.rules.timed_out(now) {
            self.time_out(&mut actions);
        } else {
            self.send(now, &mut actions);
        }
        actions
    }

    fn wake_at(&self) -> Option<Duration> {
        let list = self.may_list().then_some(self.next_list.max(self.hold));
        let held =
            (!self.list_under_way && self.polling < MAXIMUM_REQUESTS && !self.queue.is_empty())
                .then_some(self.hold);
        let repeat = (!self.list_under_way)
            .then(|| self.repeats.iter().map(|(due, _)| *due).min())
            .flatten()
            .map(|due| due.max(self.hold));
        [list, held, repeat, self.rules.timeout]
            .into_iter()
            .flatten()
            .min()
    }
}
