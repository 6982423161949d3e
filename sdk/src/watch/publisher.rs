//! Watching all offers of a publisher.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::future::{Future, poll_fn};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::types::{OfferStatusReport, OfferSummary, PublisherId};
use crate::watch::{later, passes};
use crate::{Change, Client, Error, Outcome, Response};

/// How many status requests are under way at once.
const AT_ONCE: usize = 8;

/// What somebody who watches a publisher is told.
#[derive(Debug)]
#[non_exhaustive]
pub enum PublisherEvent {
    /// The list was read: how many offers there are, and for how many of them the status is asked now.
    #[non_exhaustive]
    Listed {
        /// All offers of the publisher.
        offers: usize,
        /// Those that are in flight, or have changed since the last list.
        asked: usize,
    },
    /// An offer's report isn't the same as the last one, or is its first.
    #[non_exhaustive]
    Changed {
        /// The offer's id.
        offer: String,
        /// The report and the steps that have changed.
        change: Box<Change>,
    },
    /// A poll failed and the watch goes on: of one offer, or of the list when no offer is named. It says nothing about the
    /// offer.
    #[non_exhaustive]
    PollFailed {
        /// The offer's id, unless the list failed.
        offer: Option<String>,
        /// What failed.
        error: Error,
    },
    /// The watch is over; nothing follows.
    Ended(PublisherEnded),
}

/// How a watch of a publisher ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PublisherEnded {
    /// The outcome of each offer that was in flight at some time, by its id.
    pub outcomes: BTreeMap<String, Outcome>,
}

/// A watch of all offers of a publisher, as a stream of events; it ends when each offer that was in flight has an outcome.
///
/// Each interval takes one list request, and one status request for each offer that the list shows in flight (running, waiting
/// for the publisher, or in a status that isn't known) or changed since the last list, or that was in flight and has no outcome
/// yet; not one for each offer. So 10,000 offers of which 50 are in flight take 51 requests. An offer that vanishes from the
/// list is asked until it has an outcome or the service says that it doesn't know it.
///
/// What the list can't tell, and so this doesn't either: that an offer was published again and ended the same way between two
/// lists without a new version or change time; and why an offer that isn't in flight failed before the watch began. Which step
/// a running offer stands at, whether it is blocked, and whether it waits for its go-live is in the status only, which is why
/// offers in flight are asked one by one.
///
/// ```no_run
/// # async fn example(client: cloud_partner_portal::Client) -> Result<(), cloud_partner_portal::Error> {
/// use cloud_partner_portal::PublisherEvent;
///
/// let mut watch = client.watch_publisher("contoso")?;
/// while let Some(event) = watch.next_event().await {
///     if let PublisherEvent::Changed { offer, change, .. } = event? {
///         println!("{offer}: {}", change.report.status);
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a watch does nothing until it is read"]
pub struct PublisherWatch {
    round: Option<Box<Round>>,
    next: Option<Next>,
}

type Next = Pin<Box<dyn Future<Output = Step> + Send>>;
type Answer = Result<Response<OfferStatusReport>, Error>;
type Step = (Box<Round>, Result<PublisherEvent, Error>);

/// What a watch knows between two events.
struct Round {
    client: Client,
    publisher: PublisherId,
    interval: Duration,
    limit: Option<Duration>,
    deadline: Option<Instant>,
    until_live: bool,
    due: Option<Instant>,
    listed: bool,
    offers: HashMap<Box<str>, Seen>,
    outcomes: BTreeMap<String, Option<Outcome>>,
    /// The offers whose status is still to be asked in this interval.
    waiting: VecDeque<Box<str>>,
    asking: JoinSet<(Box<str>, Answer)>,
}

/// What is kept of an offer: little, since a publisher can have thousands.
struct Seen {
    /// What the list said, as a hash.
    listed: u64,
    /// Whether the last list named the offer.
    round: bool,
    report: Option<Box<OfferStatusReport>>,
}

impl Client {
    /// Watches all offers of a publisher; see [`PublisherWatch`].
    ///
    /// # Errors
    ///
    /// [`is_invalid_argument`](Error::is_invalid_argument) when the identifier doesn't fit the contract.
    pub fn watch_publisher(
        &self,
        publisher_id: impl TryInto<PublisherId, Error: std::fmt::Display>,
    ) -> Result<PublisherWatch, Error> {
        let round = Round {
            client: self.clone(),
            publisher: crate::call::checked("watch_publisher", "publisherId", publisher_id)?,
            interval: Duration::from_secs(60),
            limit: None,
            deadline: None,
            until_live: false,
            due: None,
            listed: false,
            offers: HashMap::new(),
            outcomes: BTreeMap::new(),
            waiting: VecDeque::new(),
            asking: JoinSet::new(),
        };
        Ok(PublisherWatch {
            round: Some(Box::new(round)),
            next: None,
        })
    }
}

impl PublisherWatch {
    /// The time between two lists, to which up to a tenth is added; 1 min unless told. A `Retry-After` of the service makes it
    /// longer.
    pub fn interval(mut self, interval: Duration) -> Self {
        if let Some(round) = &mut self.round {
            round.interval = interval;
        }
        self
    }

    /// The longest time to watch, from the first list; for ever unless told. Then the offers without an outcome have
    /// [`Outcome::Deadline`].
    pub fn deadline(mut self, deadline: Duration) -> Self {
        if let Some(round) = &mut self.round {
            round.limit = Some(deadline);
        }
        self
    }

    /// Goes on while offers wait for their go-live, until they are live or failed.
    pub fn until_live(mut self) -> Self {
        if let Some(round) = &mut self.round {
            round.until_live = true;
        }
        self
    }

    /// The next event, or `None` when the watch is over. The same as reading it as a [`Stream`], without a crate for that.
    pub async fn next_event(&mut self) -> Option<Result<PublisherEvent, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

impl Stream for PublisherWatch {
    type Item = Result<PublisherEvent, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.next.is_none() {
            let Some(round) = this.round.take() else {
                return Poll::Ready(None);
            };
            this.next = Some(Box::pin(round.next()));
        }
        let Some(next) = &mut this.next else {
            return Poll::Ready(None);
        };
        let (round, event) = ready!(next.as_mut().poll(context));
        this.next = None;
        if !matches!(event, Err(_) | Ok(PublisherEvent::Ended(_))) {
            this.round = Some(round);
        }
        Poll::Ready(Some(event))
    }
}

impl Round {
    /// Goes on until there is something to tell.
    async fn next(mut self: Box<Self>) -> Step {
        if self.deadline.is_none() {
            self.deadline = self
                .limit
                .and_then(|limit| Instant::now().checked_add(limit));
        }
        loop {
            if self.asking.is_empty() && self.waiting.is_empty() {
                if self.listed && self.is_over() {
                    return self.ended();
                }
                let client = self.client.clone();
                let publisher = self.publisher.clone();
                let due = self.due;
                let list = async move {
                    if let Some(due) = due {
                        sleep_until(due).await;
                    }
                    client.list_offers(&publisher).await
                };
                let Some(list) = within(self.deadline, list).await else {
                    return self.ended();
                };
                let wait = match &list {
                    Ok(list) => list.received.retry_after,
                    Err(error) => error.retry_after(),
                };
                let pause = self.interval.max(wait.unwrap_or_default());
                self.due = Some(later(pause));
                match list {
                    Ok(list) => {
                        let event = self.compare(&list.into_inner());
                        return (self, Ok(event));
                    }
                    Err(error) if passes(&error, self.listed) => {
                        return (self, Ok(PublisherEvent::PollFailed { offer: None, error }));
                    }
                    Err(error) => return (self, Err(error)),
                }
            }
            self.ask();
            let deadline = self.deadline;
            match within(deadline, self.asking.join_next()).await {
                None => return self.ended(),
                Some(Some(Ok((offer, answer)))) => {
                    if let Some(event) = self.answered(&offer, answer) {
                        return (self, Ok(event));
                    }
                }
                // A request that was aborted tells nothing, and the next list asks again.
                Some(Some(Err(_)) | None) => {}
            }
        }
    }

    /// Compares a list with the last one, and notes whose status is to be asked.
    fn compare(&mut self, list: &[OfferSummary]) -> PublisherEvent {
        let first = !std::mem::replace(&mut self.listed, true);
        for seen in self.offers.values_mut() {
            seen.round = false;
        }
        for offer in list {
            let listed = fingerprint(offer);
            let in_flight = offer.is_in_flight();
            let changed = if let Some(seen) = self.offers.get_mut(offer.id.as_str()) {
                seen.round = true;
                std::mem::replace(&mut seen.listed, listed) != listed
            } else {
                let seen = Seen {
                    listed,
                    round: true,
                    report: None,
                };
                self.offers.insert(offer.id.as_str().into(), seen);
                !first
            };
            if in_flight {
                self.outcomes.entry(offer.id.clone()).or_default();
            }
            if in_flight || changed || self.is_open(&offer.id) {
                self.waiting.push_back(offer.id.as_str().into());
            }
        }
        // An offer that the list doesn't name any more is asked until it has an outcome, or the service doesn't know it.
        let gone: Vec<_> = self.offers.extract_if(|_, seen| !seen.round).collect();
        for (offer, seen) in gone {
            if self.is_open(&offer) {
                self.waiting.push_back(offer.clone());
                self.offers.insert(offer, seen);
            }
        }
        PublisherEvent::Listed {
            offers: list.len(),
            asked: self.waiting.len(),
        }
    }

    fn ask(&mut self) {
        while self.asking.len() < AT_ONCE
            && let Some(offer) = self.waiting.pop_front()
        {
            let client = self.client.clone();
            let publisher = self.publisher.clone();
            self.asking.spawn(async move {
                let answer = client.get_offer_status(&publisher, &*offer).await;
                (offer, answer)
            });
        }
    }

    fn answered(&mut self, offer: &str, answer: Answer) -> Option<PublisherEvent> {
        let wait = match &answer {
            Ok(report) => report.received.retry_after,
            Err(error) => error.retry_after(),
        };
        if let Some(wait) = wait {
            self.due = self.due.max(Some(later(wait)));
        }
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                if !passes(&error, true) {
                    // It can't be told how this one goes on, and the others shouldn't wait for it.
                    self.outcomes.remove(offer);
                }
                return Some(PublisherEvent::PollFailed {
                    offer: Some(offer.to_owned()),
                    error,
                });
            }
        };
        let report = answer.value.clone();
        let outcome = report.outcome();
        if let Some(known) = self.outcomes.get_mut(offer) {
            *known = outcome;
        }
        let seen = self.offers.get_mut(offer)?;
        let before = seen.report.replace(Box::new(report));
        let change = Change::between(before.as_deref(), answer)?;
        Some(PublisherEvent::Changed {
            offer: offer.to_owned(),
            change: Box::new(change),
        })
    }

    fn is_over(&self) -> bool {
        self.outcomes
            .values()
            .all(|outcome| self.is_final(*outcome))
    }

    /// Whether an offer was in flight and has no outcome yet.
    fn is_open(&self, offer: &str) -> bool {
        let outcome = self.outcomes.get(offer);
        outcome.is_some_and(|outcome| !self.is_final(*outcome))
    }

    fn is_final(&self, outcome: Option<Outcome>) -> bool {
        match outcome {
            None => false,
            Some(Outcome::AwaitingGoLive) => !self.until_live,
            Some(_) => true,
        }
    }

    fn ended(self: Box<Self>) -> Step {
        let outcomes = self
            .outcomes
            .iter()
            .map(|(offer, outcome)| (offer.clone(), outcome.unwrap_or(Outcome::Deadline)))
            .collect();
        (self, Ok(PublisherEvent::Ended(PublisherEnded { outcomes })))
    }
}

async fn within<T>(deadline: Option<Instant>, work: impl Future<Output = T>) -> Option<T> {
    match deadline {
        Some(deadline) => timeout_at(deadline, work).await.ok(),
        None => Some(work.await),
    }
}

/// What the list says of an offer, as one number: thousands of offers are kept for as long as the watch lasts.
fn fingerprint(offer: &OfferSummary) -> u64 {
    let mut hasher = DefaultHasher::new();
    offer.status.hash(&mut hasher);
    offer.version.hash(&mut hasher);
    offer.changed_time.hash(&mut hasher);
    hasher.finish()
}
