//! The time that an attempt has.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::Error;
use crate::error::Kind;

/// Until when an attempt may go on, and what is said of it when it would take longer.
pub(crate) struct Limit {
    pub(crate) end: Option<Instant>,
    pub(crate) said: &'static str,
    pub(crate) time: Duration,
}

impl Limit {
    /// The work's result, or an error when it would take longer than there is time.
    pub(crate) async fn hold<T>(
        &self,
        work: impl Future<Output = reqwest::Result<T>>,
    ) -> Result<T, Error> {
        let done = match self.end {
            Some(end) => timeout_at(end, work).await,
            None => Ok(work.await),
        };
        if let Ok(result) = done {
            result.map_err(Error::from_reqwest)
        } else {
            let said = format!("{} {}", self.said, seconds(self.time));
            Err(Error::new(Kind::Timeout, said))
        }
    }
}

pub(crate) fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs_f64())
}
