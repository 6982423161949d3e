//! The retry policy, and the parsing of `Retry-After`.

use std::time::{Duration, SystemTime};

/// The maximum number of attempts of a call, and the backoff between attempts.
///
/// Only `GET` and `HEAD` requests are retried, and only after 408, 429, 5xx, a connection that can't be opened or broke, and an
/// attempt that timed out. The backoff doubles from [`initial_backoff`](Self::initial_backoff) to
/// [`max_backoff`](Self::max_backoff). Jitter of up to the same length is added to each backoff. A backoff is never shorter than the
/// service's `Retry-After`. If a backoff would end after the call's deadline
/// ([`call_timeout`](crate::ClientBuilder::call_timeout)), the call fails immediately with the errors so far.
///
/// Independently of the policy, a request whose token was rejected (401) is sent once more with a new token, at most once per call.
/// This request is an attempt like any other: it counts in [`Error::attempts`](crate::Error::attempts) and towards
/// [`max_attempts`](Self::max_attempts). It is the only attempt that can exceed the maximum, by one.
///
/// ```
/// use std::time::Duration;
/// use cloud_partner_portal::RetryPolicy;
///
/// let patient = RetryPolicy::default().max_attempts(10).max_backoff(Duration::from_secs(60));
/// # let _ = patient;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// Returns a policy without retries: a maximum of one attempt. A call sends a second request only after a 401, with a new token.
    #[must_use]
    pub fn disabled() -> Self {
        Self::default().max_attempts(1)
    }

    /// Sets the maximum number of attempts of a call, by default 5; 0 counts as 1. Each request that is sent is an attempt. Only the
    /// request with a new token after a 401 is sent even if the maximum is reached.
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

    /// Sets the maximum backoff before jitter and `Retry-After`, by default 30 s.
    #[must_use]
    pub fn max_backoff(mut self, backoff: Duration) -> Self {
        self.max_backoff = backoff;
        self
    }

    /// Returns the backoff after this number of attempts, or `None` if no attempt is left.
    pub(super) fn backoff_after(&self, attempts: u32) -> Option<Duration> {
        if attempts >= self.max_attempts {
            return None;
        }
        let doubled = 1_u32
            .checked_shl(attempts.saturating_sub(1))
            .unwrap_or(u32::MAX);
        let backoff = self
            .initial_backoff
            .saturating_mul(doubled)
            .min(self.max_backoff);
        let jitter = Duration::try_from_secs_f64(backoff.as_secs_f64() * fastrand::f64());
        Some(backoff.saturating_add(jitter.unwrap_or_default()))
    }
}

/// Returns the wait in a `Retry-After` header, which holds seconds or an HTTP date. A date in the past is a wait of zero.
pub(super) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number that overflows is the maximum wait.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::{RetryPolicy, retry_after};

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = httpdate::parse_http_date("Wed, 21 Oct 2015 07:28:00 GMT")
            .unwrap_or(SystemTime::UNIX_EPOCH);
        for (value, seconds) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("99999999999999999999", Some(u64::MAX)),
            ("Wed, 21 Oct 2015 07:28:30 GMT", Some(30)),
            ("Wednesday, 21-Oct-15 07:29:00 GMT", Some(60)),
            ("Wed, 21 Oct 2015 07:00:00 GMT", Some(0)),
            ("-1", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(
                retry_after(value, now),
                seconds.map(Duration::from_secs),
                "{value}"
            );
        }
    }

    #[test]
    fn backoffs_double_up_to_the_maximum() {
        let policy = RetryPolicy::default()
            .max_attempts(6)
            .initial_backoff(Duration::from_secs(1))
            .max_backoff(Duration::from_secs(4));
        for (attempts, minimum) in [(1, 1.0), (2, 2.0), (3, 4.0), (4, 4.0), (5, 4.0)] {
            let backoff = policy
                .backoff_after(attempts)
                .map(|backoff| backoff.as_secs_f64());
            assert!(
                backoff.is_some_and(|backoff| (minimum..=2.0 * minimum).contains(&backoff)),
                "{attempts}: {backoff:?}"
            );
        }
        assert_eq!(policy.backoff_after(6), None);
        assert_eq!(RetryPolicy::disabled().backoff_after(1), None);
        assert_eq!(
            RetryPolicy::default().max_attempts(0).backoff_after(1),
            None
        );
        let patient = policy.max_attempts(u32::MAX).max_backoff(Duration::MAX);
        assert_eq!(patient.backoff_after(u32::MAX - 1).map(|_| ()), Some(()));
    }
}
