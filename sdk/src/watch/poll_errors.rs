//! How long a watch tolerates the errors of its polls, and when it polls again after an error.

use std::time::Duration;

use crate::Error;
use crate::watch::options::WatchOptions;

/// The maximum time for which errors are tolerated before the first success. It is short, because these errors can be permanent, such
/// as a wrong host name.
const MAXIMUM_BEFORE_SUCCESS: Duration = Duration::from_secs(2 * 60);

/// The first wait after an error. The wait doubles up to the interval.
const INITIAL_BACKOFF: Duration = Duration::from_secs(1);

/// The maximum number of distinct errors that are kept.
const MAXIMUM_ERRORS: usize = 8;

/// Returns the maximum time without a success before this error ends the watch.
///
/// | error | before the first success | after the first success |
/// |---|---|---|
/// | invalid argument, configuration | ends at once | ends at once |
/// | connection, timeout, 408, 429, 5xx; a 2xx that can't be decoded or is too large | 2 min, or `tolerate` if that is shorter | `tolerate` |
/// | 401, no token, 403, 404, any other status code | ends at once | `tolerate` |
fn tolerated(error: &Error, succeeded: bool, tolerate: Duration) -> Duration {
    if error.is_invalid_argument() || error.is_configuration() {
        Duration::ZERO
    } else if succeeded {
        tolerate
    } else if error.is_retryable() || error.is_decode() || error.is_too_large() {
        tolerate.min(MAXIMUM_BEFORE_SUCCESS)
    } else {
        Duration::ZERO
    }
}

/// The decision after an error.
#[derive(Debug)]
pub(crate) enum Decision {
    /// The watch reports the error and polls again at this time.
    RetryAt(Duration, Error),
    /// The watch ends with the error, whose sources are the earlier errors since the last success.
    GiveUp(Error),
}

/// The successes and errors of one kind of poll: of the list, or of one offer's status.
#[derive(Debug, Default)]
pub(crate) struct PollHistory {
    succeeded: bool,
    /// The time at which the first poll after the last success was sent.
    without_success_since: Option<Duration>,
    backoff: Duration,
    /// The distinct errors since the last success, the oldest first.
    errors: Vec<Error>,
}

impl PollHistory {
    /// Records that a poll was sent.
    pub(crate) fn sent(&mut self, now: Duration) {
        self.without_success_since.get_or_insert(now);
    }

    /// Records a success, which drops the earlier errors.
    pub(crate) fn succeeded(&mut self) {
        *self = Self {
            succeeded: true,
            ..Self::default()
        };
    }

    /// Records an error and decides whether the watch continues.
    pub(crate) fn failed(
        &mut self,
        error: Error,
        now: Duration,
        options: &WatchOptions,
    ) -> Decision {
        self.keep(&error);
        let tolerated = tolerated(&error, self.succeeded, options.tolerate);
        let give_up_at = self
            .without_success_since
            .unwrap_or(now)
            .saturating_add(tolerated);
        if now >= give_up_at {
            return Decision::GiveUp(self.last_error().unwrap_or(error));
        }
        self.backoff = self
            .backoff
            .saturating_mul(2)
            .clamp(INITIAL_BACKOFF.min(options.interval), options.interval);
        // The last poll is sent when the tolerated time ends, not a whole interval later.
        let poll = now
            .saturating_add(options.with_jitter(self.backoff))
            .min(give_up_at);
        let retry_at = now.saturating_add(options.retry_after(error.retry_after()));
        Decision::RetryAt(poll.max(retry_at), error)
    }

    /// Returns the last error since the last success. Its sources are the earlier errors with a different cause.
    pub(crate) fn last_error(&self) -> Option<Error> {
        let (last, earlier) = self.errors.split_last()?;
        Some(Error::chain(earlier.to_vec(), last.clone()))
    }

    /// Returns the distinct errors since the last success, the oldest first.
    pub(crate) fn errors(&self) -> &[Error] {
        &self.errors
    }

    /// Adds the error. It replaces an earlier error with the same cause, because its correlation id is newer. If the new error has no
    /// sources, it gets the sources of the replaced error. For example, a 401 remains a source of the errors of all later token
    /// requests.
    fn keep(&mut self, error: &Error) {
        let mut error = error.clone();
        self.errors.retain(|kept| {
            let is_same = kept.has_cause_of(&error);
            if is_same {
                error = error.clone().or_earlier_of(kept);
            }
            !is_same
        });
        if self.errors.len() == MAXIMUM_ERRORS {
            self.errors.remove(0);
        }
        self.errors.push(error);
    }
}

#[cfg(test)]
mod tests {
    use super::PollHistory;
    use crate::Error;
    use crate::error::Kind;
    use crate::watch::options::WatchOptions;

    #[test]
    fn a_401_remains_a_source_when_every_later_token_request_fails() {
        let unauthorized = Error::new(Kind::Status, "").with(|error| error.status = Some(401));
        let credential = || Error::new(Kind::Credential, "no token");
        let first = Error::chain(vec![unauthorized], credential());
        let mut history = PollHistory::default();
        for error in [first, credential(), credential()] {
            history.failed(error, std::time::Duration::ZERO, &WatchOptions::default());
        }
        assert_eq!(history.errors().len(), 1);
        let last = history.last_error().expect("an error");
        assert!(last.is_credential());
        let source = std::error::Error::source(&last);
        let source = source.and_then(|error| error.downcast_ref::<Error>());
        assert_eq!(source.and_then(Error::status), Some(401));
    }
}
