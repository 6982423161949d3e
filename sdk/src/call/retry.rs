//! When a request that failed is tried again.

use std::time::{Duration, SystemTime};

use backon::{BackoffBuilder, ExponentialBuilder};

/// How often a request that failed is tried again, and after how long.
///
/// Only requests that read are repeated, and only after 408, 429, 5xx, a connection that failed or broke, and an attempt that
/// took too long; nothing else ever is. The pauses double from [`first_pause`](Self::first_pause) to
/// [`longest_pause`](Self::longest_pause), each with up to its own length of jitter on top, and are never shorter than the
/// service's `Retry-After`. When the next pause would end after the whole call's time
/// ([`call_timeout`](crate::ClientBuilder::call_timeout)), the call fails at once with what it has.
///
/// ```
/// use std::time::Duration;
/// use cloud_partner_portal::RetryPolicy;
///
/// let patient = RetryPolicy::default().max_attempts(10).longest_pause(Duration::from_secs(60));
/// # let _ = patient;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    max_attempts: u32,
    first_pause: Duration,
    longest_pause: Duration,
}

impl Default for RetryPolicy {
    /// Five attempts, with pauses from 1 s to 30 s.
    fn default() -> Self {
        Self {
            max_attempts: 5,
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(30),
        }
    }
}

impl RetryPolicy {
    /// One attempt only.
    #[must_use]
    pub fn never() -> Self {
        Self::default().max_attempts(1)
    }

    /// How many requests one call sends at most; 5 unless told, 0 counts as 1.
    #[must_use]
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts.max(1);
        self
    }

    /// The pause after the first failure; 1 s unless told.
    #[must_use]
    pub fn first_pause(mut self, pause: Duration) -> Self {
        self.first_pause = pause;
        self
    }

    /// The longest pause between two attempts, before jitter and `Retry-After`; 30 s unless told.
    #[must_use]
    pub fn longest_pause(mut self, pause: Duration) -> Self {
        self.longest_pause = pause;
        self
    }

    /// The pauses of one call.
    pub(crate) fn pauses(self) -> impl Iterator<Item = Duration> + Send {
        ExponentialBuilder::default()
            .with_min_delay(self.first_pause.min(self.longest_pause))
            .with_max_delay(self.longest_pause)
            .with_max_times(self.max_attempts.saturating_sub(1) as usize)
            .with_jitter()
            .build()
    }
}

/// What a `Retry-After` header says: seconds, or an HTTP date. A date in the past means now.
pub(crate) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More than can be counted is a long time too.
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
    fn pauses_grow_to_the_longest_and_are_one_fewer_than_the_attempts() {
        let policy = RetryPolicy::default()
            .max_attempts(6)
            .first_pause(Duration::from_secs(1))
            .longest_pause(Duration::from_secs(4));
        let pauses: Vec<_> = policy.pauses().map(|pause| pause.as_secs_f64()).collect();
        for (pause, floor) in pauses.iter().zip([1.0, 2.0, 4.0, 4.0, 4.0]) {
            assert!((floor..=2.0 * floor).contains(pause), "{pauses:?}");
        }
        assert_eq!(pauses.len(), 5);
        assert_eq!(RetryPolicy::never().pauses().count(), 0);
        assert_eq!(RetryPolicy::default().max_attempts(0).pauses().count(), 0);
    }
}
