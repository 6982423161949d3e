//! The watch of all offers of a publisher.

use std::collections::BTreeMap;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;

#[cfg(doc)]
use crate::Outcome;
use crate::types::PublisherId;
use crate::watch::driver::Driver;
use crate::watch::options::{Rules, Until};
use crate::watch::publisher_core::PublisherCore;
use crate::{Change, Client, Error, WatchResult};

/// An event of a [`PublisherWatch`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum PublisherWatchEvent {
    /// The list was read.
    #[non_exhaustive]
    Listed {
        /// The number of offers in the list.
        offers: usize,
        /// The number of offers that are polled next. If it is zero, the watch ends.
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
    /// A poll failed, and the watch continues. The error says nothing about the publication.
    #[non_exhaustive]
    PollFailed {
        /// The offer's id; `None` for a list request.
        offer: Option<String>,
        /// Why the poll failed.
        error: Error,
    },
    /// The service's `Retry-After` is longer than the interval.
    #[non_exhaustive]
    Delayed {
        /// The offer's id; `None` for a list request.
        offer: Option<String>,
        /// The time until the next request, which is at most one hour.
        wait: Duration,
    },
    /// The watch of an offer has ended. `Ok` holds the outcome. `Err` is the error that ended the watch of this offer. If a later list
    /// contradicts the outcome, the offer can end again with another result.
    #[non_exhaustive]
    OfferEnded {
        /// The offer's id.
        offer: String,
        /// How the watch of the offer ended.
        result: Result<WatchResult, Error>,
    },
    /// The watch has ended. `Err` means that list requests failed for longer than tolerated.
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
    /// The error of the last list request, if it failed.
    pub last_error: Option<Error>,
}

impl PublisherWatchResult {
    /// Returns whether at least one offer was watched, every watched offer has [`Outcome::Succeeded`],
    /// and the watch didn't time out.
    #[must_use]
    pub fn is_success(&self) -> bool {
        let succeeded = |result: &Result<WatchResult, Error>| matches!(result, Ok(result) if result.outcome.is_success());
        !self.timed_out && !self.offers.is_empty() && self.offers.values().all(succeeded)
    }
}

impl Client {
    /// Returns a builder of a watch of all offers of a publisher; see [`PublisherWatch`].
    ///
    /// # Errors
    ///
    /// [`is_invalid_argument`](Error::is_invalid_argument) when the identifier doesn't match the pattern of the spec.
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
            rules: Rules::default(),
        })
    }
}

/// The options of a [`PublisherWatch`]. Await it for the result, or [`start`](Self::start) it to read the events.
#[derive(Clone, Debug)]
#[must_use = "a watch does nothing until it is awaited or read"]
pub struct PublisherWatchBuilder {
    client: Client,
    publisher: PublisherId,
    rules: Rules,
}

impl PublisherWatchBuilder {
    /// Sets the time between two lists; 60 s by default. Up to a tenth is added. A `Retry-After` of the service extends one
    /// wait, up to one hour. See also [`WatchBuilder::interval`](crate::WatchBuilder::interval).
    pub fn interval(mut self, interval: Duration) -> Self {
        self.rules.interval = interval;
        self
    }

    /// Sets the maximum duration of the watch from the first list request; unlimited by default. After this time, offers without an
    /// outcome get [`Outcome::TimedOut`].
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.rules.timeout = Some(timeout);
        self
    }

    /// Sets how long failing requests are tolerated; 15 min by default. The list and the status of each offer count separately. The
    /// policy is the policy of [`WatchBuilder::tolerate`](crate::WatchBuilder::tolerate). Also sets how long a list may contradict the
    /// outcome of an offer; see [`PublisherWatch`].
    pub fn tolerate(mut self, time: Duration) -> Self {
        self.rules.tolerate = time;
        self
    }

    /// Sets the outcomes that end the watch of an offer; [`Until::Outcome`] by default.
    pub fn until(mut self, until: Until) -> Self {
        self.rules.until = until;
        self
    }

    /// Returns the watch. The watch sends no request until it is awaited or read.
    pub fn start(self) -> PublisherWatch {
        let core = PublisherCore::new(self.rules.with_random_jitter());
        PublisherWatch {
            driver: Driver::new(&self.client, self.publisher, core),
        }
    }
}

impl IntoFuture for PublisherWatchBuilder {
    type Output = Result<PublisherWatchResult, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        self.start().into_future()
    }
}

/// A watch of all offers of a publisher: await it for the result, or read it as a stream of events.
///
/// The watch lists the offers at an interval. An offer is watched, as by [`Watch`](crate::Watch), if it is in flight in any list, if
/// its status, version or time of the last change differs between two lists, or if it is new since the first list. Offers that had
/// ended before the first list aren't watched. The watch ends when every watched offer has ended, and a list that is newer than the
/// last outcome shows no change. If no offer is in flight, the watch ends with the first list and an empty result, which isn't a
/// success.
///
/// In each interval, the watch sends one list request, and one status request for each watched offer that hasn't ended. At most eight
/// status requests are concurrent. For example, 10,000 offers with 50 in flight take 51 requests. A status request that failed can
/// be repeated within the interval. The watch of an offer that disappears from the list continues.
///
/// The lists and the reports can contradict each other. Right after the start of a publication, for example, the offer can be in
/// flight in the list while the report still shows the outcome of the previous publication. A list contradicts an outcome in two
/// cases: the offer is in flight in the list but not in the report, or the outcome is [`Outcome::Succeeded`] or
/// [`Outcome::AwaitingGoLive`] and the offer is `failed`, `canceled` or `neverPublished` in the list. The last list that has a status
/// of the offer counts. While this list contradicts the outcome, the offer is polled once in each interval. A report of a publication
/// in progress drops the outcome. If the contradiction lasts longer than [tolerated](PublisherWatchBuilder::tolerate), the two outcomes
/// above become [`Outcome::Contradictory`]. If the watch times out before that, they become [`Outcome::TimedOut`]. Any other outcome is
/// kept.
///
/// The watch doesn't detect a publication that starts and ends between two lists with the same status, version and time. To wait for
/// one publication, use [`Client::watch`](crate::Client::watch) with [`WatchBuilder::after`](crate::WatchBuilder::after).
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
#[must_use = "a watch does nothing until it is awaited or read"]
#[derive(Debug)]
pub struct PublisherWatch {
    driver: Driver<PublisherCore>,
}

impl PublisherWatch {
    /// Returns the next event, or `None` after [`PublisherWatchEvent::Ended`]. Equivalent to reading the watch as a [`Stream`]. This
    /// method is cancel safe: no event is lost when the future is dropped.
    pub async fn next_event(&mut self) -> Option<PublisherWatchEvent> {
        self.driver.next_event().await
    }
}

impl Stream for PublisherWatch {
    type Item = PublisherWatchEvent;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.driver.poll_event(context)
    }
}

impl IntoFuture for PublisherWatch {
    type Output = Result<PublisherWatchResult, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    /// Continues a watch that was read before. A watch that has ended returns its result again.
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.driver.finish())
    }
}
