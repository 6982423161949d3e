//! Decides when a watch sends the next poll, and which error ends the watch. A poll is a request for the status of an offer or for the list
//! of offers. Each watched offer has its own schedule, and the list of offers has one, too.
//!
//! All times, such as `now`, are durations since the start of the watch.

use std::time::Duration;

use crate::watch::options::{WatchOptions, retry_after_header};
use crate::{Error, Response};

/// The maximum time for which errors are tolerated before the first successful poll. This time is short, because the cause of the errors
/// can be permanent. For example, the host name can be wrong.
const MAXIMUM_BEFORE_SUCCESS: Duration = Duration::from_secs(2 * 60);

/// The first wait after an error. Each further error doubles the wait, up to the interval of the watch.
const INITIAL_BACKOFF: Duration = Duration::from_secs(1);

/// The maximum number of errors that are kept.
const MAXIMUM_ERRORS: usize = 8;

/// Returns how long polls may fail before this error ends the watch. The rules are in the documentation of
/// [`WatchBuilder::tolerate`](crate::WatchBuilder::tolerate).
fn tolerated_time(error: &Error, has_succeeded: bool, tolerate: Duration) -> Duration {
    if error.is_invalid_argument() || error.is_configuration() {
        Duration::ZERO
    } else if has_succeeded {
        tolerate
    } else if error.is_retryable() || error.is_decode() || error.is_too_large() {
        tolerate.min(MAXIMUM_BEFORE_SUCCESS)
    } else {
        Duration::ZERO
    }
}

/// The time of the next poll, and the errors since the last successful poll.
#[derive(Debug, Default)]
pub(crate) struct PollSchedule {
    /// The earliest time of the next poll.
    pub(crate) next_poll: Duration,
    /// Whether a poll has succeeded.
    has_succeeded: bool,
    /// The time of the first poll after the last successful poll; `None` if no poll was sent since then.
    without_success_since: Option<Duration>,
    /// The last wait after an error, without jitter.
    backoff: Duration,
    /// The errors since the last successful poll, oldest first. If an error repeats, such as a 503 with the same message, only the last one
    /// is kept.
    pub(crate) errors: Vec<Error>,
}

impl PollSchedule {
    /// Records that a poll was sent.
    pub(crate) fn sent(&mut self, now: Duration) {
        self.without_success_since.get_or_insert(now);
    }

    /// Records the result of a poll, and sets the time of the next poll.
    ///
    /// Returns:
    ///
    /// * `Ok(Some(wait))` if a `Retry-After` that is longer than the interval delays the next poll. The caller reports this wait to
    ///   the program.
    /// * `Ok(None)` if there is no such delay.
    /// * `Err` if the error of the poll ends the watch. The sources of this `Err` are the earlier errors since the last successful poll.
    pub(crate) fn received<T>(
        &mut self,
        result: &Result<Response<T>, Error>,
        now: Duration,
        options: &WatchOptions,
    ) -> Result<Option<Duration>, Error> {
        let wait = match result {
            Ok(_) => {
                *self = Self {
                    has_succeeded: true,
                    ..Self::default()
                };
                options.with_jitter(options.interval)
            }
            Err(error) => self.wait_after(error, now, options)?,
        };
        let header = retry_after_header(result);
        let retry_after = options.retry_after(header);
        let wait = wait.max(retry_after);
        self.next_poll = now.saturating_add(wait);
        let exceeds_interval = header.is_some_and(|header| header > options.interval);
        Ok((exceeds_interval && wait == retry_after).then_some(wait))
    }

    /// Records an error. Returns the wait before the next poll, or the error that ends the watch.
    fn wait_after(
        &mut self,
        error: &Error,
        now: Duration,
        options: &WatchOptions,
    ) -> Result<Duration, Error> {
        self.keep(error);
        let give_up_at = self
            .without_success_since
            .unwrap_or(now)
            .saturating_add(tolerated_time(error, self.has_succeeded, options.tolerate));
        if now >= give_up_at {
            return Err(self.last_error().unwrap_or_else(|| error.clone()));
        }
        self.backoff = self
            .backoff
            .saturating_mul(2)
            .clamp(INITIAL_BACKOFF.min(options.interval), options.interval);
        // Shortens the last wait, so that the last poll is sent when the tolerated time ends.
        Ok(options
            .with_jitter(self.backoff)
            .min(give_up_at.saturating_sub(now)))
    }

    /// Returns the last error of `errors`, with the earlier errors as its sources.
    pub(crate) fn last_error(&self) -> Option<Error> {
        let (last, earlier) = self.errors.split_last()?;
        Some(Error::chain(earlier.to_vec(), last.clone()))
    }

    /// Adds the error. If the error is a repetition, it replaces the earlier error, so that the newest correlation id is kept. If the new
    /// error has no source, it gets the source of the replaced error.
    ///
    /// For example, the service rejects a token with a 401, and the request for a new token fails. The error of this token request
    /// has the 401 as its source. If the next token request also fails, its error gets the 401 as its source too.
    fn keep(&mut self, error: &Error) {
        let mut error = error.clone();
        self.errors.retain(|kept| {
            let is_repetition = kept.is_same_error_as(&error);
            if is_repetition {
                error = error.clone().or_earlier_of(kept);
            }
            !is_repetition
        });
        if self.errors.len() == MAXIMUM_ERRORS {
            self.errors.remove(0);
        }
        self.errors.push(error);
    }
}

#[cfg(test)]
mod tests {
    use super::PollSchedule;
    use crate::Error;
    use crate::error::Kind;

    #[test]
    fn a_401_remains_a_source_when_every_later_token_request_fails() {
        let unauthorized = Error::new(Kind::Status, "").with(|error| error.status = Some(401));
        let credential = || Error::new(Kind::Credential, "no token");
        let first = Error::chain(vec![unauthorized], credential());
        let mut schedule = PollSchedule::default();
        for error in [first, credential(), credential()] {
            schedule.keep(&error);
        }
        assert_eq!(schedule.errors.len(), 1);
        let last = schedule.last_error().expect("an error");
        assert!(last.is_credential());
        let source = std::error::Error::source(&last);
        let source = source.and_then(|error| error.downcast_ref::<Error>());
        assert_eq!(source.and_then(Error::status), Some(401));
    }
}
