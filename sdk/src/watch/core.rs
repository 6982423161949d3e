//! The interface between the decisions of a watch and its driver. A core has no I/O and no clock: it gets an input and the time,
//! and returns actions. Times are durations since the watch was first polled.

use std::time::Duration;

use crate::types::{OfferStatusReport, OfferSummary};
use crate::{Error, Response};

/// The longest wait that a `Retry-After` header can cause.
pub(crate) const MAXIMUM_RETRY_AFTER: Duration = Duration::from_secs(60 * 60);

/// The decisions of a watch.
pub(crate) trait Core {
    /// What the watch reports to its reader.
    type Event;

    /// Processes one input. The first input is [`Input::Timer`] at zero.
    fn step(&mut self, input: Input, now: Duration) -> Vec<Action<Self::Event>>;

    /// When the core wants the next [`Input::Timer`], unless a response arrives before. `None` while only a response can change
    /// anything.
    fn wake_at(&self) -> Option<Duration>;
}

/// A request of a watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// The list of the publisher's offers.
    List,
    /// The status of the offer with this id.
    Status(String),
}

/// What has happened since the last step.
#[derive(Debug)]
pub(crate) enum Input {
    /// The time that `wake_at` returned has come. An early or superfluous timer does no harm.
    Timer,
    /// The result of [`Request::List`].
    List(Result<Response<Vec<OfferSummary>>, Error>),
    /// The result of [`Request::Status`] for this offer.
    Status(String, Result<Response<OfferStatusReport>, Error>),
}

/// What the driver does next.
#[derive(Debug)]
pub(crate) enum Action<E> {
    /// Sends a request; its result comes as an input.
    Send(Request),
    /// Reports an event.
    Emit(E),
    /// Reports the last event, drops all requests and ends the watch.
    End(E),
}

/// Until which outcome a watch goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Until {
    /// Ends with the first outcome of any kind, also with [`Outcome::AwaitingGoLive`](crate::Outcome::AwaitingGoLive). The
    /// default.
    #[default]
    Outcome,
    /// Ends as with [`Until::Outcome`], and says that [`Outcome::AwaitingGoLive`](crate::Outcome::AwaitingGoLive) is the outcome
    /// that the caller waits for. The watch itself makes no difference between the two.
    GoLive,
    /// Goes on while the offer waits for its go-live, until it is published, failed, canceled or blocked.
    Live,
}

/// The options that both watches have.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) interval: Duration,
    pub(crate) timeout: Option<Duration>,
    pub(crate) tolerate: Duration,
    pub(crate) until: Until,
    /// Thousandths that are added to every wait, at most 100, so that many watches don't poll at the same time.
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
    /// Returns a wait with its jitter.
    pub(crate) fn with_jitter(&self, wait: Duration) -> Duration {
        wait.saturating_add(wait / 1000 * self.jitter)
    }

    /// Returns the wait that a `Retry-After` header causes; zero without one.
    pub(crate) fn retry_after(&self, header: Option<Duration>) -> Duration {
        self.with_jitter(header.unwrap_or_default())
            .min(MAXIMUM_RETRY_AFTER)
    }

    /// Returns the wait until the next request if it is longer than the interval because of a `Retry-After` header.
    pub(crate) fn delay(&self, header: Option<Duration>, wait: Duration) -> Option<Duration> {
        let is_longer = header.is_some_and(|header| header > self.interval);
        (is_longer && wait == self.retry_after(header)).then_some(wait)
    }

    /// Whether the watch's timeout has passed.
    pub(crate) fn timed_out(&self, now: Duration) -> bool {
        self.timeout.is_some_and(|timeout| now >= timeout)
    }
}
