//! The interface between a watch's core, which makes the decisions, and its driver, which sends the requests. A core has no I/O and
//! no clock: the driver passes an input and the time, and the core returns actions. Times are durations since the driver was first
//! polled.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use crate::types::{OfferStatusReport, OfferSummary};
use crate::{Error, Response};

/// The maximum wait that a `Retry-After` header causes.
pub(crate) const MAXIMUM_RETRY_AFTER: Duration = Duration::from_secs(60 * 60);

/// Decides what a watch does.
pub(crate) trait Core {
    /// The type of the events that the watch reports.
    type Event;
    /// The type of the result of the watch.
    type Output: Clone;

    /// Processes one input. The first input is [`Input::Timer`] at zero.
    fn step(&mut self, input: Input, now: Duration) -> Vec<Action<Self::Event, Self::Output>>;

    /// Returns the time of the next [`Input::Timer`], unless a response arrives earlier. `None` means that the core needs no timer
    /// before the next response.
    fn wake_at(&self) -> Option<Duration>;

    /// Returns the event that reports the end of the watch.
    fn ended(result: Result<Self::Output, Error>) -> Self::Event;
}

/// A request of a watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// The list of the publisher's offers.
    List,
    /// The status of the offer with this id.
    Status(String),
}

/// An input of a step.
#[derive(Debug)]
pub(crate) enum Input {
    /// The time that `wake_at` returned is reached. The core ignores a timer that is too early or isn't needed.
    Timer,
    /// The result of [`Request::List`].
    List(Result<Response<Vec<OfferSummary>>, Error>),
    /// The result of [`Request::Status`] for this offer.
    Status(String, Result<Response<OfferStatusReport>, Error>),
}

/// An action that the driver performs.
#[derive(Debug)]
pub(crate) enum Action<E, O> {
    /// Sends a request. Its result becomes an input.
    Send(Request),
    /// Reports an event.
    Emit(E),
    /// Ends the watch with this result, and drops all requests.
    End(Result<O, Error>),
}

/// The outcomes that end a watch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Until {
    /// The watch ends with the first outcome, including [`Outcome::AwaitingGoLive`](crate::Outcome::AwaitingGoLive). This is the
    /// default.
    #[default]
    Outcome,
    /// The watch ends as with [`Until::Outcome`]. The caller treats [`Outcome::AwaitingGoLive`](crate::Outcome::AwaitingGoLive) as
    /// a success; the watch itself behaves the same.
    GoLive,
    /// The watch ends with the first outcome other than [`Outcome::AwaitingGoLive`](crate::Outcome::AwaitingGoLive).
    Live,
}

/// The options of both watches.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) interval: Duration,
    pub(crate) timeout: Option<Duration>,
    pub(crate) tolerate: Duration,
    pub(crate) until: Until,
    /// The part of each wait that is added to it, in thousandths, at most 100, so that many watches don't poll at the same time.
    pub(crate) jitter: u32,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(60),
            timeout: None,
            tolerate: Duration::from_secs(15 * 60),
            until: Until::default(),
            jitter: 0,
        }
    }
}

impl Rules {
    /// Sets a random jitter.
    pub(crate) fn with_random_jitter(self) -> Self {
        // The standard library's only stable source of randomness.
        let random = RandomState::new().build_hasher().finish();
        let jitter = u32::try_from(random % 101).unwrap_or_default();
        Self { jitter, ..self }
    }

    /// Returns a wait with jitter.
    pub(crate) fn with_jitter(&self, wait: Duration) -> Duration {
        wait.saturating_add(wait / 1000 * self.jitter)
    }

    /// Returns the wait that a `Retry-After` header causes, or zero without a header.
    pub(crate) fn retry_after(&self, header: Option<Duration>) -> Duration {
        self.with_jitter(header.unwrap_or_default())
            .min(MAXIMUM_RETRY_AFTER)
    }

    /// Returns `wait`, the time until the next request, if it comes from a `Retry-After` header that is longer than the interval.
    pub(crate) fn delay(&self, header: Option<Duration>, wait: Duration) -> Option<Duration> {
        let is_longer = header.is_some_and(|header| header > self.interval);
        (is_longer && wait == self.retry_after(header)).then_some(wait)
    }

    /// Returns whether the watch has timed out.
    pub(crate) fn timed_out(&self, now: Duration) -> bool {
        self.timeout.is_some_and(|timeout| now >= timeout)
    }
}

/// Returns the `Retry-After` of a response or of an error response.
pub(crate) fn retry_after<T>(result: &Result<Response<T>, Error>) -> Option<Duration> {
    match result {
        Ok(response) => response.received.retry_after,
        Err(error) => error.retry_after(),
    }
}
