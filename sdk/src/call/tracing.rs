//! The span of a call and the event of each attempt, with the feature `tracing`. Spans and events never hold a body or a token.

#[cfg(feature = "tracing")]
pub(crate) use on::Trace;

#[cfg(not(feature = "tracing"))]
pub(crate) use off::Trace;

#[cfg(feature = "tracing")]
mod on {
    use std::future::Future;
    use std::time::Duration;

    use tracing::field::Empty;
    use tracing::{Instrument, Span, debug, info_span, warn};

    use crate::call::response::Received;
    use crate::error::Error;

    pub(crate) struct Trace(Span);

    impl Trace {
        pub(crate) fn new(operation: &'static str, parts: &[(&'static str, &str)]) -> Self {
            let span = info_span!(
                "cloud_partner_portal",
                operation,
                publisher = Empty,
                offer = Empty,
                attempts = Empty,
                status = Empty,
                correlation_id = Empty,
            );
            for (name, value) in parts {
                // `publisherId` is recorded as `publisher`; `record` ignores a name that the span doesn't have.
                span.record(name.trim_end_matches("Id"), *value);
            }
            Self(span)
        }

        pub(crate) fn within<F: Future>(&self, call: F) -> impl Future<Output = F::Output> {
            call.instrument(self.0.clone())
        }

        pub(crate) fn attempted(
            &self,
            number: u32,
            took: Duration,
            outcome: &Result<Received, Error>,
        ) {
            let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            match outcome {
                Ok(received) => debug!(
                    parent: &self.0,
                    attempt = number,
                    status = received.status,
                    correlation_id = received.correlation_id,
                    milliseconds,
                    "responded"
                ),
                Err(error) => warn!(
                    parent: &self.0,
                    attempt = number,
                    status = error.status(),
                    correlation_id = error.correlation_id(),
                    milliseconds,
                    error = %error,
                    "failed"
                ),
            }
        }

        pub(crate) fn backing_off(&self, backoff: Duration) {
            debug!(parent: &self.0, seconds = backoff.as_secs_f64(), "retrying after a backoff");
        }

        pub(crate) fn ended(&self, outcome: Result<&Received, &Error>) {
            let (attempts, status, id) = match outcome {
                Ok(received) => (
                    received.attempts,
                    Some(received.status),
                    received.correlation_id.as_deref(),
                ),
                Err(error) => (error.attempts(), error.status(), error.correlation_id()),
            };
            self.0.record("attempts", attempts);
            self.0.record("status", status);
            self.0.record("correlation_id", id);
        }
    }
}

#[cfg(not(feature = "tracing"))]
mod off {
    use std::future::Future;
    use std::time::Duration;

    use crate::call::response::Received;
    use crate::error::Error;

    pub(crate) struct Trace;

    #[expect(
        clippy::unused_self,
        reason = "the same methods as with the feature `tracing`"
    )]
    impl Trace {
        pub(crate) fn new(_: &'static str, _: &[(&'static str, &str)]) -> Self {
            Self
        }

        pub(crate) fn within<F: Future>(&self, call: F) -> impl Future<Output = F::Output> {
            call
        }

        pub(crate) fn attempted(&self, _: u32, _: Duration, _: &Result<Received, Error>) {}

        pub(crate) fn backing_off(&self, _: Duration) {}

        pub(crate) fn ended(&self, _: Result<&Received, &Error>) {}
    }
}
