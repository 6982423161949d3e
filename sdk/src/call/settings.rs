//! Defines two inputs of a call: the client's settings, and the operation.

use std::ops::RangeInclusive;
use std::time::Duration;

use http::HeaderValue;
use tokio::time::Instant;

use super::retry::RetryPolicy;
use crate::credential::Credential;

#[derive(Clone)]
pub(crate) struct Settings {
    /// The service's address without a trailing slash.
    pub(crate) endpoint: String,
    pub(crate) http: reqwest::Client,
    pub(crate) credential: Credential,
    pub(crate) user_agent: HeaderValue,
    pub(crate) attempt_timeout: Duration,
    pub(crate) call_timeout: Duration,
    pub(crate) retry: RetryPolicy,
    /// The maximum size of a response body in bytes.
    pub(crate) response_limit: usize,
}

impl Settings {
    /// Returns the time that is left until a call times out. `started` is the start of the call.
    pub(super) fn call_left(&self, started: Instant) -> Duration {
        self.call_timeout.saturating_sub(started.elapsed())
    }

    /// Returns the message of the error after a call timeout.
    pub(super) fn call_timeout_message(&self) -> String {
        let seconds = self.call_timeout.as_secs_f64();
        format!("the call timed out after {seconds} s")
    }
}

pub(crate) struct Operation<'o> {
    /// The operation's id in the spec.
    pub(crate) id: &'static str,
    /// The status codes that the spec names as successes.
    pub(crate) success_codes: &'static [RangeInclusive<u16>],
    /// The name of each path parameter in the spec, and the identifier that the caller passed.
    pub(crate) path: &'o [(&'static str, &'o str)],
}
