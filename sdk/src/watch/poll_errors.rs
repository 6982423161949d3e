//! How long a watch tolerates the errors of its polls, and when it polls again after an error.

use std::time::Duration;

use crate::Error;
use crate::watch::options::Rules;

/// The maximum time for which errors are tolerated before the first success. It is short, because a wrong host name or endpoint is a
/// permanent error.
const MAXIMUM_BEFORE_SUCCESS: Duration = Duration::from_secs(2 * 60);

/// The first wait after an error. The wait doubles up to the interval.
const INITIAL_BACKOFF: Duration = Duration::from_secs(1);

/// The maximum number of distinct errors that are kept.
const MAXIMUM_ERRORS: usize = 8;

/// Returns the maximum time without a success before this error ends the watch.
///
/// | error | before the first success | after it |
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
pub(crate) enum Verdict {
    /// The watch reports the error and polls again at this time.
    RetryAt(Duration, Error),
    /// The watch ends with the error. Its sources are the earlier errors since the last success.
    GiveUp(Error),
}

/// The successes and errors of one kind of poll: of the list, or of one offer's status.
#[derive(Debug, Default)]
pub(crate) struct Health {
    succeeded: bool,
    /// The time at which the first poll after the last success was sent.
    without_success_since: Option<Duration>,
    backoff: Duration,
    /// The distinct errors since the last success, the oldest first.
    errors: Vec<Error>,
}

impl Health {
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
    pub(crate) fn failed(&mut self, error: Error, now: Duration, rules: &Rules) -> Verdict {
        self.keep(&error);
        let tolerated = tolerated(&error, self.succeeded, rules.tolerate);
        let give_up_at = self
            .without_success_since
            .unwrap_or(now)
            .saturating_add(tolerated);
        if now >= give_up_at {
            return Verdict::GiveUp(self.last_error().unwrap_or(error));
        }
        self.backoff = self
            .backoff
            .saturating_mul(2)
            .clamp(INITIAL_BACKOFF.min(rules.interval), rules.interval);
        // The last poll is sent when the tolerated time ends, not a whole interval later.
        let poll = now
            .saturating_add(rules.with_jitter(self.backoff))
            .min(give_up_at);
        let retry_at = now.saturating_add(rules.retry_after(error.retry_after()));
        Verdict::RetryAt(poll.max(retry_at), error)
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

    /// Keeps the error, and drops an earlier error with the same cause, because the newer error has the newer correlation id. The
    /// newer error takes over the sources of the dropped error if it has none, such as a 401 after which every token request fails.
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
