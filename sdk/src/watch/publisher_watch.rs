//! Defines the public types of the watch of all offers of a publisher.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

#[cfg(doc)]
use crate::Outcome;
use crate::types::PublisherId;
use crate::watch::options::{Until, WatchOptions};
use crate::watch::publisher_state_machine::PublisherStateMachine;
use crate::watch::runner::{Runner, impl_watch};
use crate::{Change, Client, Error, WatchResult};

/// An event of a [`PublisherWatch`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum PublisherWatchEvent {
    /// A list of offers was received.
    #[non_exhaustive]
    Listed {
        /// The number of offers in the list.
        offers: usize,
        /// The number of offers whose status is requested next. If this number is zero, the watch ends.
        watched: usize,
    },
    /// An offer's report differs from the previous report, or is the first report.
    #[non_exhaustive]
    Changed {
        /// The offer's id.
        offer: String,
        /// The report, and the steps that have changed.
        change: Box<Change>,
    },
    /// A request failed, and the watch continues. The error doesn't mean that a publication failed.
    #[non_exhaustive]
    PollFailed {
        /// The offer's id; `None` for a list request.
        offer: Option<String>,
        /// The error of the request.
        error: Error,
    },
    /// A `Retry-After` that is longer than the interval delays the next requests.
    #[non_exhaustive]
    Delayed {
        /// The offer's id; `None` for a list request.
        offer: Option<String>,
        /// The delay, at most one hour. The `Retry-After` of an error response delays all requests. The `Retry-After` of any other
        /// response delays only the next list request.
        wait: Duration,
    },
    /// The watch of an offer has ended. A later list can contradict the outcome, or show that the offer has changed again. Then the
    /// publisher watch requests the offer's status again, and can emit another `OfferEnded` event with a new result.
    #[non_exhaustive]
    OfferEnded {
        /// The offer's id.
        offer: String,
        /// The outcome, or the error that ended the watch of this offer.
        result: Result<WatchResult, Error>,
    },
    /// The watch has ended. `Err` is the error of the list request that ended the watch.
    Ended(Result<PublisherWatchResult, Error>),
}

/// How a watch of a publisher ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PublisherWatchResult {
    /// The result of each watched offer, by id. `Err` is the error that ended the watch of the offer. The map is empty if no offer
    /// was watched.
    pub offers: BTreeMap<String, Result<WatchResult, Error>>,
    /// Whether the watch timed out.
    pub timed_out: bool,
    /// The error of the last completed list request; `None` if this request succeeded.
    pub last_error: Option<Error>,
}

impl PublisherWatchResult {
    /// Returns whether at least one offer was watched, every watched offer has [`Outcome::Succeeded`], and the watch didn't time out.
    #[must_use]
    pub fn is_success(&self) -> bool {
        let succeeded = |result: &Result<WatchResult, Error>| matches!(result, Ok(result) if result.outcome.is_success());
        !self.timed_out && !self.offers.is_empty() && self.offers.values().all(succeeded)
    }
}

impl Client {
    /// Returns a builder for a [`PublisherWatch`] of all offers of a publisher.
    ///
    /// # Errors
    ///
    /// [`is_invalid_argument`](Error::is_invalid_argument) if the identifier doesn't match the pattern of the spec.
    pub fn watch_publisher(
        &self,
        publisher_id: impl AsRef<str>,
    ) -> Result<PublisherWatchBuilder, Error> {
        Ok(PublisherWatchBuilder {
            client: self.clone(),
            publisher: crate::call::checked(
                "watch_publisher",
                "publisherId",
                publisher_id.as_ref(),
            )?,
            options: WatchOptions::default(),
        })
    }
}

/// Builds a [`PublisherWatch`]. Await the builder for the result, or call [`start`](Self::start) to read the events.
#[derive(Clone, Debug)]
#[must_use = "a watch does nothing until you await it or read its events"]
pub struct PublisherWatchBuilder {
    client: Client,
    publisher: PublisherId,
    options: WatchOptions,
}

impl PublisherWatchBuilder {
    /// Sets the time between a list and the next list request; 60 s by default. The actual wait can differ, as described for
    /// [`WatchBuilder::interval`](crate::WatchBuilder::interval).
    pub fn interval(mut self, interval: Duration) -> Self {
        self.options.interval = interval;
        self
    }

    /// Sets the maximum duration of the watch from the first list request; unlimited by default. After this time, the watch ends.
    /// Each watched offer without a result gets [`Outcome::TimedOut`]. [`Outcome::TimedOut`] also replaces [`Outcome::Succeeded`] and
    /// [`Outcome::AwaitingGoLive`] in two cases:
    ///
    /// * The last list contradicts the outcome.
    /// * After the last report of the offer, a list has shown that the offer has changed again.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = Some(timeout);
        self
    }

    /// Sets how long requests may fail, as in [`WatchBuilder::tolerate`](crate::WatchBuilder::tolerate); 15 min by default. If the
    /// list requests fail for longer, the watch ends with an error. If the status requests of an offer fail for longer, the watch of
    /// this offer ends with an error.
    ///
    /// The option also sets how long lists may contradict the outcome of an offer; see [`PublisherWatch`].
    pub fn tolerate(mut self, time: Duration) -> Self {
        self.options.tolerate = time;
        self
    }

    /// Sets the outcomes that end the watch of an offer; [`Until::Outcome`] by default.
    pub fn until(mut self, until: Until) -> Self {
        self.options.until = until;
        self
    }

    /// Returns the watch. The watch sends no request until you await it or read its events.
    pub fn start(self) -> PublisherWatch {
        let state_machine = PublisherStateMachine::new(self.options.with_random_jitter());
        PublisherWatch {
            runner: Runner::new(&self.client, self.publisher, state_machine),
        }
    }
}

/// A watch of all offers of a publisher: await it for the result, or read its stream of events.
///
/// The watch requests the list of offers at an interval. It also requests the status of an offer (it *polls* the offer) if one of
/// these statements is true:
///
/// * The offer is [in flight](crate::types::OfferSummary::is_in_flight) in a list.
/// * The offer's status, version or time of the last change differs between two lists.
/// * The offer is missing in the first list, but occurs in a later list.
///
/// The watch ends when every watched offer has a result and a later list shows no further change. If the first list contains no
/// offer in flight, the watch ends with an empty result, which isn't a success.
///
/// # Number of requests
///
/// In each interval, the watch sends one list request, and one status request for each watched offer without a result. For example,
/// 10,000 offers with 50 in flight take 51 requests. The watch can repeat a failed status request within the interval. At most eight
/// status requests run concurrently. If an offer disappears from the list, its watch continues.
///
/// # Contradictions
///
/// A list and a report can contradict each other. For example, the list can already show that a publication has started, but the
/// report still has the outcome of the previous publication. A list contradicts an outcome in two cases:
///
/// * The offer is in flight in the list but not in the report.
/// * The outcome is [`Outcome::Succeeded`] or [`Outcome::AwaitingGoLive`], and the offer is `failed`, `canceled` or `neverPublished`
///   in the list.
///
/// The watch compares the outcome with the offer's latest status in a list. If a new list has no status of the offer, the status from
/// the earlier list still counts. During a contradiction, the watch polls the offer once in each interval. If a new report has no
/// outcome, the watch of the offer continues. If the contradiction doesn't end, the watch replaces [`Outcome::Succeeded`] and
/// [`Outcome::AwaitingGoLive`]:
///
/// * by [`Outcome::Contradictory`], if the contradiction lasts for at least the [tolerated time](PublisherWatchBuilder::tolerate)
/// * by [`Outcome::TimedOut`], if the watch times out earlier
///
/// Every other outcome is kept.
///
/// # Publications that the watch doesn't detect
///
/// A publication can start and end between two lists. If the offer has the same status, version and time of the last change in both
/// lists, the watch doesn't detect this publication. To wait for one publication, use [`Client::watch`](crate::Client::watch) with
/// [`WatchBuilder::after`](crate::WatchBuilder::after).
///
/// ```no_run
/// # async fn example(client: cloud_partner_portal::Client) -> Result<(), cloud_partner_portal::Error> {
/// use cloud_partner_portal::PublisherWatchEvent;
///
/// let mut watch = client.watch_publisher("contoso")?.start();
/// while let Some(event) = watch.next_event().await {
///     match event {
///         PublisherWatchEvent::Changed { offer, change, .. } => {
///             println!("{offer}: {}", change.report.status);
///         }
///         PublisherWatchEvent::Ended(result) => println!("success: {}", result?.is_success()),
///         _ => {}
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a watch does nothing until you await it or read its events"]
#[derive(Debug)]
pub struct PublisherWatch {
    runner: Runner<PublisherStateMachine>,
}

impl_watch!(
    PublisherWatch,
    PublisherWatchBuilder,
    PublisherWatchEvent,
    PublisherWatchResult
);
