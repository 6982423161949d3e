//! The timeout of an attempt.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::settings::Settings;
use crate::error::{Error, Kind};

/// The deadline of an attempt: the end of the attempt timeout, or the call's deadline if that is earlier.
pub(super) struct Timeout {
    deadline: Option<Instant>,
    /// The call's timeout, if its deadline is the earlier one.
    call: Option<Duration>,
    attempt: Duration,
}

impl Timeout {
    pub(super) fn new(settings: &Settings, start: Instant, call: Option<Instant>) -> Self {
        let own = start.checked_add(settings.attempt_timeout);
        let is_call = call.is_some_and(|call| own.is_none_or(|own| call < own));
        Self {
            deadline: if is_call { call } else { own },
            call: is_call.then_some(settings.call_timeout),
            attempt: settings.attempt_timeout,
        }
    }

    /// Returns the result of the future, or an error at the deadline.
    pub(super) async fn apply<T>(
        &self,
        work: impl Future<Output = reqwest::Result<T>>,
    ) -> Result<T, Error> {
        let done = match self.deadline {
            Some(deadline) => timeout_at(deadline, work).await,
            None => Ok(work.await),
        };
        match (done, self.call) {
            (Ok(result), _) => result.map_err(Error::from_reqwest),
            (Err(_), Some(call)) => Err(call_timed_out(call)),
            (Err(_), None) => {
                let seconds = self.attempt.as_secs_f64();
                let message = format!("the service didn't respond within {seconds} s");
                Err(Error::new(Kind::Timeout, message))
            }
        }
    }
}

pub(super) fn call_timed_out(timeout: Duration) -> Error {
    let seconds = timeout.as_secs_f64();
    Error::new(
        Kind::Timeout,
        format!("the call timed out after {seconds} s"),
    )
}
