//! Writes a span for each call, and an event for each attempt and backoff, if the feature `tracing` is on. Spans and events never hold a
//! body or a token.
#![cfg_attr(not(feature = "tracing"), allow(unused_variables, clippy::unused_self))]

use std::future::Future;
use std::time::Duration;

#[cfg(feature = "tracing")]
use tracing::{Instrument, Span, debug, field::Empty, info_span, warn};

use super::response::Received;
use crate::error::Error;

/// The span of a call. Without the feature `tracing`, the methods of `Trace` do nothing.
pub(super) struct Trace {
    #[cfg(feature = "tracing")]
    span: Span,
}

impl Trace {
    pub(super) fn new(operation: &'static str, path: &[(&'static str, &str)]) -> Self {
        #[cfg(feature = "tracing")]
        let span = info_span!(
            "cloud_partner_portal",
            operation,
            publisher = Empty,
            offer = Empty,
            attempts = Empty,
            status = Empty,
            correlation_id = Empty,
        );
        #[cfg(feature = "tracing")]
        for (name, value) in path {
            // The parameter `publisherId` is recorded as `publisher`. `record` ignores a name that the span doesn't have.
            span.record(name.trim_end_matches("Id"), *value);
        }
        Self {
            #[cfg(feature = "tracing")]
            span,
        }
    }

    /// Returns a future that runs the call inside the span.
    pub(super) fn within<F: Future>(&self, call: F) -> impl Future<Output = F::Output> {
        #[cfg(feature = "tracing")]
        let call = call.instrument(self.span.clone());
        call
    }

    pub(super) fn attempted(&self, number: u32, took: Duration, outcome: &Result<Received, Error>) {
        #[cfg(feature = "tracing")]
        let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        #[cfg(feature = "tracing")]
        match outcome {
            Ok(received) => debug!(
                parent: &self.span,
                attempt = number,
                status = received.status,
                correlation_id = received.correlation_id,
                milliseconds,
                "the service responded"
            ),
            Err(error) => debug!(
                parent: &self.span,
                attempt = number,
                status = error.status(),
                correlation_id = error.correlation_id(),
                milliseconds,
                error = %error.with_innermost_cause(),
                "the attempt failed"
            ),
        }
    }

    pub(super) fn backing_off(&self, wait: Duration, error: &Error) {
        #[cfg(feature = "tracing")]
        warn!(
            parent: &self.span,
            error = %error.with_innermost_cause(),
            seconds = (wait.as_secs_f64() * 10.0).round() / 10.0,
            "the attempt failed; retrying after a backoff"
        );
    }

    pub(super) fn ended(&self, status: Option<u16>, correlation_id: Option<&str>, attempts: u32) {
        #[cfg(feature = "tracing")]
        {
            self.span.record("attempts", attempts);
            self.span.record("status", status);
            self.span.record("correlation_id", correlation_id);
        }
    }
}
