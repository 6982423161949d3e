//! Defines the options of both watches: the watch of one offer, and the watch of all offers of a publisher.

use std::time::Duration;

use crate::{Error, Outcome, Response};

/// The maximum wait that a `Retry-After` header causes.
const MAXIMUM_RETRY_AFTER: Duration = Duration::from_secs(60 * 60);

/// The outcomes that end a watch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Until {
    /// The watch ends with the first outcome, including [`Outcome::AwaitingGoLive`]. This is the default.
    #[default]
    Outcome,
    /// The watch ends with the first outcome, exactly as with [`Until::Outcome`]. This variant lets the calling program remember that its
    /// user accepts [`Outcome::AwaitingGoLive`] as a success. The command-line tool then exits with 0 for this outcome.
    GoLive,
    /// The watch ends with the first outcome other than [`Outcome::AwaitingGoLive`].
    Live,
}

impl Until {
    /// Returns whether a report with this outcome ends the watch.
    pub(crate) fn ends_with(self, outcome: Outcome) -> bool {
        self != Self::Live || outcome != Outcome::AwaitingGoLive
    }
}

#[derive(Clone, Debug)]
pub(crate) struct WatchOptions {
    pub(crate) interval: Duration,
    pub(crate) timeout: Option<Duration>,
    pub(crate) tolerate: Duration,
    pub(crate) until: Until,
    /// The time that is added to each wait, in thousandths of the wait: 0 to 100. With 50, a wait of 60 s becomes 63 s. A random
    /// jitter prevents many watches from sending their requests at the same moment.
    pub(crate) jitter: u32,
}

impl Default for WatchOptions {
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

impl WatchOptions {
    /// Returns the options with a random jitter.
    pub(crate) fn with_random_jitter(self) -> Self {
        let jitter = fastrand::u32(..=100);
        Self { jitter, ..self }
    }

    /// Returns the wait with the jitter added.
    pub(crate) fn with_jitter(&self, wait: Duration) -> Duration {
        wait.saturating_add(wait / 1000 * self.jitter)
    }

    /// Returns the minimum wait after a response. This is the time in the `Retry-After` header plus the jitter, at most one hour.
    /// Without this header, the minimum wait is zero.
    pub(crate) fn retry_after(&self, header: Option<Duration>) -> Duration {
        self.with_jitter(header.unwrap_or_default())
            .min(MAXIMUM_RETRY_AFTER)
    }

    /// Returns whether the watch has timed out.
    pub(crate) fn timed_out(&self, now: Duration) -> bool {
        self.timeout.is_some_and(|timeout| now >= timeout)
    }
}

/// Returns the time in the `Retry-After` header of a response. The response can be an error response.
pub(crate) fn retry_after_header<T>(result: &Result<Response<T>, Error>) -> Option<Duration> {
    match result {
        Ok(response) => response.received.retry_after,
        Err(error) => error.retry_after(),
    }
}
