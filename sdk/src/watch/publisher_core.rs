//! The core of [`PublisherWatch`](crate::PublisherWatch). It requests the list at an interval, and then the status of each watched
//! offer.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::types::{OfferStatus, OfferStatusReport, OfferSummary};
use crate::watch::core::{Action, Core, Input, Request};
use crate::watch::listing::{Evidence, Item, Listing};
use crate::watch::options::{Rules, retry_after};
use crate::watch::poll_errors::{Health, Verdict};
use crate::watch::start::Start;
use crate::watch::watched_offer::Offer;
use crate::{
    Error, Extensible, Outcome, PublisherWatchEvent, PublisherWatchResult, Response, WatchEvent,
    WatchResult,
};

/// The maximum number of concurrent status requests.
const MAXIMUM_REQUESTS: usize = 8;

type Actions = Vec<Action<PublisherWatchEvent, PublisherWatchResult>>;

/// The state of a watch of a publisher's offers.
///
/// List and status requests never overlap. After a list, every open offer is polled once. The next list request is sent an interval
/// after the response of the last one, but not before these polls have ended. Between two lists, only polls that failed are repeated.
#[derive(Debug)]
pub(crate) struct PublisherCore {
    rules: Rules,
    listing: Listing,
    health: Health,
    /// Whether a list request is under way.
    list_under_way: bool,
    next_list: Duration,
    /// The earliest time of the next request. The `Retry-After` of an error applies to all requests.
    hold: Duration,
    offers: BTreeMap<String, Watched>,
    /// The polls to send, each with its earliest time and the offer's id. The time of a poll that follows a list is zero; the time of a
    /// poll that is repeated after an error isn't.
    polls: BTreeSet<(Duration, String)>,
    /// The number of status requests that are under way.
    polling: usize,
}

/// An offer that was in flight or changed in some list.
#[derive(Debug)]
struct Watched {
    offer: Offer,
    /// Whether the offer is polled after the next list. Only a report with an outcome, or an error that isn't tolerated, makes this
    /// `false`.
    open: bool,
    /// How the watch of this offer ended; `None` while it continues. If a list puts an outcome in doubt, the offer is open again.
    result: Option<Result<WatchResult, Error>>,
    /// The status in the last list that has a status of the offer.
    listed_status: Option<Extensible<OfferStatus>>,
    contradiction: Contradiction,
}

/// Whether the list contradicts the outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Contradiction {
    No,
    /// The list has contradicted the outcome since this time.
    Since(Duration),
    /// The contradiction lasted longer than tolerated.
    Lasting,
}

impl PublisherCore {
    pub(crate) fn new(rules: Rules) -> Self {
        Self {
            rules,
            listing: Listing::default(),
            health: Health::default(),
            list_under_way: false,
            next_list: Duration::ZERO,
            hold: Duration::ZERO,
            offers: BTreeMap::new(),
            polls: BTreeSet::new(),
            polling: 0,
        }
    }

    fn receive_list(
        &mut self,
        result: Result<Response<Vec<OfferSummary>>, Error>,
        now: Duration,
        actions: &mut Actions,
    ) {
        self.list_under_way = false;
        let header = retry_after(&result);
        let retry_after = self.rules.retry_after(header);
        match result {
            Ok(response) => {
                self.health.succeeded();
                let wait = self.rules.with_jitter(self.rules.interval).max(retry_after);
                self.next_list = now.saturating_add(wait);
                let offers = response.value.len();
                self.compare(response.value, now);
                let open = self.offers.iter().filter(|(_, watched)| watched.open);
                self.polls = open.map(|(id, _)| (Duration::ZERO, id.clone())).collect();
                let watched = self.polls.len();
                actions.push(Action::Emit(PublisherWatchEvent::Listed {
                    offers,
                    watched,
                }));
                if watched == 0 {
                    self.end(false, actions);
                    return;
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
                    actions.push(Action::End(Err(error)));
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

    /// Compares the results of the watched offers with the list, and starts to watch each other offer that is in flight or changed.
    fn compare(&mut self, list: Vec<OfferSummary>, now: Duration) {
        let items = self.listing.record(list);
        for (id, watched) in &mut self.offers {
            watched.compare(items.get(id), now);
        }
        for (id, item) in items {
            if item.in_flight || item.changed {
                self.offers.entry(id).or_insert_with(|| Watched {
                    offer: Offer::new(None, Start::Seen, now),
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
        self.polling = self.polling.saturating_sub(1);
        let failed = result.is_err();
        let header = retry_after(&result);
        let retry_at = now.saturating_add(self.rules.retry_after(header));
        self.next_list = self.next_list.max(retry_at);
        if failed {
            self.hold = self.hold.max(retry_at);
        }
        let Some(watched) = self.offers.get_mut(id) else {
            return;
        };
        let mut ended = None;
        for event in watched.offer.polled(result, now, &self.rules) {
            let offer = id.to_owned();
            actions.push(Action::Emit(match event {
                WatchEvent::Changed(change) => PublisherWatchEvent::Changed {
                    offer,
                    change: Box::new(change),
                },
                WatchEvent::PollFailed(error) => {
                    self.polls.insert((watched.offer.due(), offer.clone()));
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
                    ended = Some(result);
                    break;
                }
            }));
        }
        if failed && ended.is_none() {
            return;
        }
        if let Some(result) = watched.set_result(ended, now, self.rules.tolerate) {
            let offer = id.to_owned();
            actions.push(Action::Emit(PublisherWatchEvent::OfferEnded {
                offer,
                result,
            }));
        }
    }

    /// Ends the watch. The offers without a valid result get [`Outcome::TimedOut`].
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
            last_error: self.health.last_error(),
        })));
    }

    /// Returns the earliest time of the next list request, or `None` if the polls after the last list haven't ended.
    fn list_at(&self) -> Option<Duration> {
        let polls_wait = self.polls.first().is_some_and(|(due, _)| due.is_zero());
        let idle = !self.list_under_way && self.polling == 0 && !polls_wait;
        idle.then_some(self.next_list.max(self.hold))
    }

    /// Returns the earliest time of the next status request, or `None` if no status request can be sent now.
    fn poll_at(&self) -> Option<Duration> {
        if self.list_under_way || self.polling >= MAXIMUM_REQUESTS {
            return None;
        }
        let (due, _) = self.polls.first()?;
        Some(self.hold.max(*due))
    }

    /// Sends the requests that are due. A list request is sent first, because it leads to a poll of every open offer.
    fn send(&mut self, now: Duration, actions: &mut Actions) {
        if self.list_at().is_some_and(|at| now >= at) {
            self.list_under_way = true;
            self.health.sent(now);
            actions.push(Action::Send(Request::List));
        }
        while self.poll_at().is_some_and(|at| now >= at)
            && let Some((_, id)) = self.polls.pop_first()
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
    /// Compares the result with a list. `item` is `None` if the list doesn't name the offer.
    fn compare(&mut self, item: Option<&Item>, now: Duration) {
        let status = item.and_then(|item| item.status.as_ref());
        let has_new_status = status != self.listed_status.as_ref();
        if status.is_some() {
            self.listed_status = status.cloned();
        }
        let (Some(Ok(result)), Some(report)) = (&self.result, self.offer.last()) else {
            return;
        };
        // A list whose status changes to the status of the report agrees with the outcome, unless the outcome is the result of an
        // earlier contradiction. Any other change, such as a new version, can be a new publication.
        let agrees = has_new_status
            && status == Some(&report.status)
            && report.outcome() == Some(result.outcome);
        let is_doubted = item.is_some_and(|item| item.changed) && !agrees;
        self.update_contradiction(now);
        self.open |= is_doubted || matches!(self.contradiction, Contradiction::Since(_));
    }

    /// Sets the result after a poll; `None` if the watch of the offer continues. Returns the result if it differs from the previous one.
    fn set_result(
        &mut self,
        result: Option<Result<WatchResult, Error>>,
        now: Duration,
        tolerate: Duration,
    ) -> Option<Result<WatchResult, Error>> {
        let before = std::mem::replace(&mut self.result, result);
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
        if let (Some(Ok(before)), Some(Ok(result))) = (before, &self.result)
            && (before.outcome, before.report) == (result.outcome, result.report.clone())
        {
            return None;
        }
        self.result.clone()
    }

    /// Updates the contradiction between the list and the last report.
    fn update_contradiction(&mut self, now: Duration) {
        let report = match self.result {
            Some(Ok(_)) => self.offer.last(),
            _ => None,
        };
        let contradicts =
            report.is_some_and(|report| match Evidence::of(self.listed_status.as_ref()) {
                Evidence::None | Evidence::Success => false,
                Evidence::NoSuccess => report.outcome().is_some_and(Outcome::may_count_as_success),
                Evidence::InFlight => !report.is_in_flight(),
            });
        self.contradiction = match self.contradiction {
            _ if !contradicts => Contradiction::No,
            Contradiction::No => Contradiction::Since(now),
            unchanged => unchanged,
        };
    }

    /// Returns the result. Returns `None` for an outcome that may count as a success if another poll must confirm it or if the list
    /// contradicts it.
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

impl Core for PublisherCore {
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
        if self.rules.timed_out(now) {
            self.end(true, &mut actions);
        } else {
            self.send(now, &mut actions);
        }
        actions
    }

    fn wake_at(&self) -> Option<Duration> {
        [self.list_at(), self.poll_at(), self.rules.timeout]
            .into_iter()
            .flatten()
            .min()
    }

    fn ended(result: Result<PublisherWatchResult, Error>) -> PublisherWatchEvent {
        PublisherWatchEvent::Ended(result)
    }
}
