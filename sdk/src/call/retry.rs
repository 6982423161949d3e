//! Computes the time between two attempts from the retry policy, and parses the header `Retry-After`.

use std::time::{Duration, SystemTime};

/// The maximum number of attempts of a call, and the backoff between attempts.
///
/// Only `GET` and `HEAD` requests are retried, and only after an error for which
/// [`Error::is_retryable`](crate::Error::is_retryable) returns `true`. The wait between two attempts is computed as follows:
///
/// * The backoff is [`initial_backoff`](Self::initial_backoff) after the first attempt. After each further attempt, the backoff doubles,
///   up to [`max_backoff`](Self::max_backoff).
/// * The wait is the backoff plus a random time (jitter) between zero and the backoff.
/// * If the time in the response's `Retry-After` is longer than this wait, the client waits for that time, even beyond `max_backoff`.
/// * If the wait would end after the call's deadline ([`call_timeout`](crate::ClientBuilder::call_timeout)), the call fails immediately
///   with the last attempt's error.
///
/// After a 401, a call repeats its request with a new token, if the credential can fetch one. A call does this at most once. The repeated
/// request counts as an attempt, but is sent even if [`max_attempts`](Self::max_attempts) is reached.
///
/// ```
/// use std::time::Duration;
/// use cloud_partner_portal::RetryPolicy;
///
/// let patient = RetryPolicy::default().max_attempts(10).max_backoff(Duration::from_secs(60));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RetryPolicy {
    max_attempts: u32,
    initial_backoff: Duration,
    max_backoff: Duration,
}

impl Default for RetryPolicy {
    /// Five attempts, with backoffs from 1 s to 30 s.
    fn default() -> Self {
        Self {
            max_attempts: 5,
            initial_backoff: Duration::from_secs(1),
            max_backoff: Duration::from_secs(30),
        }
    }
}

impl RetryPolicy {
    /// Returns a policy without retries. But after a 401, the request can still be sent again with a new token.
    #[must_use]
    pub fn disabled() -> Self {
        Self::default().max_attempts(1)
    }

    /// Sets the maximum number of attempts of a call, by default 5. The value 0 has the same effect as 1.
    #[must_use]
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts.max(1);
        self
    }

    /// Sets the backoff after the first attempt, by default 1 s.
    #[must_use]
    pub fn initial_backoff(mut self, backoff: Duration) -> Self {
        self.initial_backoff = backoff;
        self
    }

    /// Sets the maximum backoff, by default 30 s. Jitter and `Retry-After` can make the time between two attempts longer.
    #[must_use]
    pub fn max_backoff(mut self, backoff: Duration) -> Self {
        self.max_backoff = backoff;
        self
    }

    /// Returns the backoff plus jitter, or `None` if no attempt is left. `attempts` is the number of attempts that the call has made.
    pub(super) fn backoff_after(&self, attempts: u32) -> Option<Duration> {
        if attempts >= self.max_attempts {
            return None;
        }
        let factor = 1_u32
            .checked_shl(attempts.saturating_sub(1))
            .unwrap_or(u32::MAX);
        let backoff = self
            .initial_backoff
            .saturating_mul(factor)
            .min(self.max_backoff);
        let jitter = Duration::try_from_secs_f64(backoff.as_secs_f64() * fastrand::f64());
        Some(backoff.saturating_add(jitter.unwrap_or_default()))
    }
}

/// Parses the value of `Retry-After`, which is a number of seconds or an HTTP date. Returns the time to wait, or `None` if the value is
/// invalid. For a date in the past, returns zero.
pub(super) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number that doesn't fit in a `u64` becomes `u64::MAX` seconds.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::RetryPolicy;

    #[test]
    fn the_backoff_doubles_up_to_the_maximum() {
        let second = Duration::from_secs(1);
        let policy = RetryPolicy::default()
            .max_attempts(u32::MAX)
            .initial_backoff(second)
            .max_backoff(4 * second);
        for (attempts, minimum) in [(1, 1), (2, 2), (3, 4), (4, 4), (u32::MAX - 1, 4)] {
            let range = minimum * second..=2 * minimum * second;
            let backoff = policy.backoff_after(attempts);
            assert!(
                backoff.is_some_and(|backoff| range.contains(&backoff)),
                "{attempts}: {backoff:?}"
            );
        }
        let unbounded = policy.max_backoff(Duration::MAX);
        assert!(unbounded.backoff_after(u32::MAX - 1).is_some());
    }
}
