//! Watching all offers of a publisher.

use std::collections::BTreeMap;
use std::fmt;
use std::future::{Future, IntoFuture, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;

use crate::types::PublisherId;
use crate::watch::core::{Rules, Until};
use crate::watch::driver::Driver;
use crate::watch::many::Many;
use crate::watch::random_jitter;
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
        /// The number of offers that are watched and haven't ended: they are polled now.
        watched: usize,
    },
    /// An offer's report differs from the one before, or is its first.
    #[non_exhaustive]
    Changed {
        /// The offer's id.
        offer: String,
        /// The report, and the steps that have changed.
        change: Box<Change>,
    },
    /// A poll failed, and the watch continues. It says nothing about the offer.
    #[non_exhaustive]
    PollFailed {
        /// The offer's id; `None` when the list couldn't be read.
        offer: Option<String>,
        /// Why the poll failed.
        error: Error,
    },
    /// The service asks with `Retry-After` for a longer wait than the interval. At most one hour, whatever it asks for.
    #[non_exhaustive]
    Delayed {
        /// The offer's id; `None` when the response was the list.
        offer: Option<String>,
        /// The time until the next request.
        wait: Duration,
    },
    /// The watch of an offer has ended. `Ok` holds the outcome; `Err` is the error for which the watch of this offer was given
    /// up. An offer that is in flight again in a later list can end once more, with another result.
    #[non_exhaustive]
    OfferEnded {
        /// The offer's id.
        offer: String,
        /// How the watch of the offer ended.
        result: Result<WatchResult, Error>,
    },
    /// The watch has ended. `Err` when the list itself couldn't be read for longer than is tolerated.
    Ended(Result<PublisherWatchResult, Error>),
}

/// How a watch of a publisher ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PublisherWatchResult {
    /// The result of each offer that was watched, by its id. `Err` is the error for which the watch of the offer was given up.
    /// Empty when no offer was in flight.
    pub offers: BTreeMap<String, Result<WatchResult, Error>>,
    /// Whether the timeout passed before a list confirmed that nothing is in flight any more.
    pub timed_out: bool,
    /// The error of the last list request, if it failed.
    pub last_error: Option<Error>,
}

impl PublisherWatchResult {
    /// Returns whether every watched offer was seen to succeed: there was at least one, each has [`Outcome::Succeeded`](crate::Outcome::Succeeded), and the
    /// watch didn't time out.
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
    /// Sets the time between two lists; 60 s by default. Up to a tenth is added. A `Retry-After` of the service makes one wait
    /// longer, up to one hour. See also [`WatchBuilder::interval`](crate::WatchBuilder::interval).
    pub fn interval(mut self, interval: Duration) -> Self {
        self.rules.interval = interval;
        self
    }

    /// Sets how long the watch lasts at most, counted from the first list; unlimited by default. Then the offers without an
    /// outcome have [`Outcome::TimedOut`](crate::Outcome::TimedOut).
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.rules.timeout = Some(timeout);
        self
    }

    /// Sets for how long failing requests are tolerated, of the list and of each offer's status apart; 15 min by default. The
    /// policy is that of [`WatchBuilder::tolerate`](crate::WatchBuilder::tolerate).
    pub fn tolerate(mut self, time: Duration) -> Self {
        self.rules.tolerate = time;
        self
    }

    /// Sets until which outcome each offer is watched; [`Until::Outcome`] by default.
    pub fn until(mut self, until: Until) -> Self {
        self.rules.until = until;
        self
    }

    /// Returns the watch. Nothing is sent until it is awaited or read.
    pub fn start(mut self) -> PublisherWatch {
        self.rules.jitter = random_jitter();
        PublisherWatch {
            driver: Driver::new(&self.client, self.publisher, Many::new(self.rules)),
            result: None,
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
/// It lists the offers at an interval. An offer is watched as by [`Watch`](crate::Watch) when it is in flight in any list, or
/// when its status, version or time of the last change differs between two lists; also when it is new since the first list.
/// Offers that had ended before the first list aren't part of the watch. It ends when every watched offer has ended, and a list
/// that is newer than the last outcome shows nothing new. When no offer is in flight it ends with the first list and an empty
/// result, which isn't a success.
///
/// Each interval takes one list request and one status request for each watched offer that hasn't ended, at most eight of them
/// at once. So 10,000 offers of which 50 are in flight take 51 requests. A status request that failed can be repeated within the
/// interval. An offer that vanishes from the list is watched until its status ends or can't be read any longer.
///
/// If an offer that had ended is in flight again in a later list, its result is dropped, and a new watch of it starts. Between
/// two lists an offer can be published again and end with the same status, version and time: that isn't noticed.
///
/// Right after a publication was started, the list and the status can still show the publication before. To wait for one
/// publication, use [`Client::watch`](crate::Client::watch) with [`WatchBuilder::after`](crate::WatchBuilder::after).
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
pub struct PublisherWatch {
    driver: Driver<Many>,
    /// The result, once the watch has ended.
    result: Option<Result<PublisherWatchResult, Error>>,
}

impl PublisherWatch {
    /// Returns the next event, or `None` after [`PublisherWatchEvent::Ended`]. Equal to reading the watch as a [`Stream`].
    /// Cancel safe: no event is lost when the future is dropped.
    pub async fn next_event(&mut self) -> Option<PublisherWatchEvent> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

impl Stream for PublisherWatch {
    type Item = PublisherWatchEvent;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        let event = ready!(this.driver.poll_event(context));
        if let Some(PublisherWatchEvent::Ended(result)) = &event {
            this.result = Some(result.clone());
        }
        Poll::Ready(event)
    }
}

impl IntoFuture for PublisherWatch {
    type Output = Result<PublisherWatchResult, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    /// Continues a watch that was read before; one that has ended gives its result again.
    fn into_future(mut self) -> Self::IntoFuture {
        Box::pin(async move {
            loop {
                if let Some(result) = self.result {
                    return result;
                }
                self.next_event().await;
            }
        })
    }
}

impl fmt::Debug for PublisherWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublisherWatch")
            .field("result", &self.result)
            .finish_non_exhaustive()
    }
}
