//! One call of an operation: tokens, attempts, timeouts, limits and tracing.
//!
//! The parts run in this order: the facade method of `Client` checks its arguments, `progenitor.rs` builds the request, [`run`] is
//! the loop over attempts, `attempt.rs` sends the request and reads the response, and `decode` makes the value.

mod attempt;
mod body;
pub(crate) mod progenitor;
pub(crate) mod response;
pub(crate) mod retry;
pub(crate) mod settings;
mod timeout;
mod tracing;

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::time::Duration;

use http::Method;
use reqwest::Request;
use tokio::time::{Instant, sleep, timeout_at};

use crate::credential::token::Token;
use crate::decode::{self, Lenient};
use crate::error::{Error, Kind};
use crate::values::identifier::Identifier;
use response::{Received, Response};
use retry::RetryPolicy;
use settings::{Operation, Settings};
use timeout::{Timeout, call_timed_out};
use tracing::Trace;

/// Checks an identifier.
pub(crate) fn checked(
    operation: &'static str,
    name: &str,
    value: impl TryInto<Identifier, Error: Display>,
) -> Result<Identifier, Error> {
    value.try_into().map_err(|error| {
        Error::new(Kind::Argument, format!("{name}: {error}")).with_operation(operation)
    })
}

/// Runs a call: sends attempts until one succeeds or no attempt is left, and decodes the response.
pub(crate) async fn run<T: for<'de> Lenient<'de>>(
    settings: &Settings,
    retry: RetryPolicy,
    operation: Operation<'_>,
    request: Result<Request, Error>,
) -> Result<Response<T>, Error> {
    let trace = Trace::new(operation.id, operation.path);
    let call = Call {
        settings,
        retry,
        trace: &trace,
        deadline: Instant::now().checked_add(settings.call_timeout),
        success: operation.success,
        attempts: 0,
        earlier: Vec::new(),
    };
    let received = trace.within(call.received(request)).await;
    let value = received.and_then(|(received, token)| {
        let value = decode::body(&received.body);
        match value {
            Ok(value) => Ok(Response { value, received }),
            Err(_) if received.body.is_empty() => {
                let message = "the response is empty where JSON was expected";
                Err(received.error(Kind::Decode, message, &token))
            }
            Err(message) => Err(received.error(Kind::Decode, &message, &token)),
        }
    });
    value.map_err(|error| {
        error
            .with_operation(operation.id)
            .with_credential(|| settings.credential.describe())
    })
}

struct Call<'c> {
    settings: &'c Settings,
    retry: RetryPolicy,
    trace: &'c Trace,
    deadline: Option<Instant>,
    success: &'static [RangeInclusive<u16>],
    /// The number of requests that were sent.
    attempts: u32,
    /// The errors of the attempts before the current one.
    earlier: Vec<Error>,
}

impl Call<'_> {
    /// Returns the successful response and the token of its request.
    async fn received(
        mut self,
        request: Result<Request, Error>,
    ) -> Result<(Received, Token), Error> {
        let outcome = match request {
            Ok(request) => self.all_attempts(request).await,
            Err(error) => Err(error),
        };
        let outcome = match outcome {
            Ok((mut received, token)) => {
                received.attempts = self.attempts;
                Ok((received, token))
            }
            Err(error) => Err(Error::chain(self.earlier, error).with_attempts(self.attempts)),
        };
        self.trace
            .ended(outcome.as_ref().map(|(received, _)| received));
        outcome
    }

    async fn all_attempts(&mut self, mut request: Request) -> Result<(Received, Token), Error> {
        let user_agent = self.settings.user_agent.clone();
        request
            .headers_mut()
            .insert(http::header::USER_AGENT, user_agent);
        let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
        let mut token = self.token().await?;
        let mut may_renew = true;
        loop {
            let copy = request.try_clone();
            let error = match self.attempt(request, &token).await {
                Ok(received) => return Ok((received, token)),
                Err(error) => error,
            };
            // A request whose body can't be copied isn't retried.
            let Some(copy) = copy else {
                return Err(error);
            };
            request = copy;
            if error.is_unauthorized() && may_renew && self.settings.credential.reject(&token) {
                may_renew = false;
                token = self.renewed(&token, error).await?;
                continue;
            }
            let backoff = self
                .backoff(&error)
                .filter(|_| is_read && error.is_retryable());
            let Some(backoff) = backoff else {
                return Err(error);
            };
            self.trace.backing_off(backoff);
            self.earlier.push(error);
            sleep(backoff).await;
            token = self.token().await?;
        }
    }

    /// Returns a token, or an error at the call's deadline.
    async fn token(&self) -> Result<Token, Error> {
        let token = self.settings.credential.current();
        match self.deadline {
            Some(deadline) => timeout_at(deadline, token)
                .await
                .unwrap_or_else(|_| Err(call_timed_out(self.settings.call_timeout))),
            None => token.await,
        }
    }

    /// Returns a new token after the service has rejected a token.
    async fn renewed(&mut self, rejected: &Token, error: Error) -> Result<Token, Error> {
        let token = self.token().await;
        if token
            .as_ref()
            .is_ok_and(|token| token.header == rejected.header)
        {
            let why =
                "the credential returned the rejected token again, so the request wasn't repeated";
            return Err(error.with_source(Error::new(Kind::Credential, why)));
        }
        self.earlier.push(error);
        token
    }

    /// Returns the backoff before the next attempt, which is at least the `Retry-After`. Returns `None` if no attempt is left, or if
    /// the backoff would end after the call's deadline.
    fn backoff(&self, error: &Error) -> Option<Duration> {
        let backoff = self.retry.backoff_after(self.attempts)?;
        let backoff = backoff.max(error.retry_after().unwrap_or_default());
        let end = Instant::now().checked_add(backoff)?;
        self.deadline
            .is_none_or(|deadline| end < deadline)
            .then_some(backoff)
    }

    async fn attempt(&mut self, request: Request, token: &Token) -> Result<Received, Error> {
        self.attempts += 1;
        let started = Instant::now();
        let attempt = attempt::Attempt {
            settings: self.settings,
            success: self.success,
            token,
            timeout: Timeout::new(self.settings, started, self.deadline),
        };
        let outcome = attempt.send(request).await;
        self.trace
            .attempted(self.attempts, started.elapsed(), &outcome);
        outcome
    }
}
