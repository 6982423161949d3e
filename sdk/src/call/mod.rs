//! Runs one call of an operation: gets a token, makes one or more attempts, and decodes the response.
//!
//! A method of `Client` checks its arguments and calls [`run`]. `run` loops over the attempts. In each attempt, `attempt.rs` sends the
//! request and reads the response. After the loop, `run` decodes the body.

mod attempt;
pub(crate) mod progenitor;
pub(crate) mod response;
pub(crate) mod retry;
pub(crate) mod settings;
mod tracing;

use std::time::Duration;

use http::Method;
use reqwest::Request;
use tokio::time::{Instant, sleep, timeout};

use crate::credential::token::Token;
use crate::decode::{self, Lenient};
use crate::error::{Error, Kind};
use crate::values::identifier::{Identifier, InvalidIdentifier};
use attempt::Attempt;
use response::{Received, Response};
use settings::{Operation, Settings};
use tracing::Trace;

/// Checks an argument, such as a publisher's id, and returns it as an identifier for the request's path.
pub(crate) fn checked(
    operation: &'static str,
    name: &str,
    value: &str,
) -> Result<Identifier, Error> {
    value.parse().map_err(|error: InvalidIdentifier| {
        Error::new(Kind::Argument, format!("{name}: {error}")).with_operation(operation)
    })
}

/// A function that builds the request of an attempt.
pub(crate) type BuildRequest<'b> = &'b (dyn Fn() -> Result<Request, Error> + Send + Sync);

/// Sends the request of an operation, and decodes the response. Retries the request if its method and the error allow a retry.
pub(crate) async fn run<T: for<'de> Lenient<'de>>(
    settings: &Settings,
    operation: Operation<'_>,
    build_request: BuildRequest<'_>,
) -> Result<Response<T>, Error> {
    let trace = Trace::new(operation.id, operation.path);
    let mut call = Call {
        settings,
        operation: &operation,
        trace: &trace,
        started: Instant::now(),
        attempts: 0,
        earlier: Vec::new(),
    };
    let response = match trace.within(call.all_attempts(build_request)).await {
        Ok((mut received, token)) => {
            received.attempts = call.attempts;
            let id = received.correlation_id.as_deref();
            trace.ended(Some(received.status), id, call.attempts);
            decoded(received, &token)
        }
        Err(error) => {
            let error = Error::chain(call.earlier, error);
            trace.ended(error.status(), error.correlation_id(), call.attempts);
            Err(error.with(|error| error.attempts = call.attempts))
        }
    };
    response.map_err(|error| {
        let is_about_credential =
            error.is_credential() || error.is_unauthorized() || error.is_forbidden();
        let credential = is_about_credential.then(|| settings.credential.describe());
        error
            .with_operation(operation.id)
            .with(|error| error.credential = credential)
    })
}

fn decoded<T: for<'de> Lenient<'de>>(
    received: Received,
    token: &Token,
) -> Result<Response<T>, Error> {
    match decode::body(&received.body) {
        Ok(value) => Ok(Response { value, received }),
        Err(_) if received.body.is_empty() => {
            let message = "the response is empty where JSON was expected";
            Err(received.error(Kind::Decode, message, token))
        }
        Err(message) => Err(received.error(Kind::Decode, &message, token)),
    }
}

struct Call<'c> {
    settings: &'c Settings,
    operation: &'c Operation<'c>,
    trace: &'c Trace,
    started: Instant,
    /// The number of requests that were sent.
    attempts: u32,
    /// The errors of earlier attempts, oldest first.
    earlier: Vec<Error>,
}

impl Call<'_> {
    /// Makes attempts until one succeeds or an error ends the call. Returns the response and the token that the request had.
    async fn all_attempts(
        &mut self,
        build_request: BuildRequest<'_>,
    ) -> Result<(Received, Token), Error> {
        let mut request = build_request()?;
        let is_safe = matches!(*request.method(), Method::GET | Method::HEAD);
        let mut token = self.token().await?;
        let mut may_renew = true;
        loop {
            let error = match self.attempt(request, &token).await {
                Ok(received) => return Ok((received, token)),
                Err(error) => error,
            };
            if error.is_unauthorized() && may_renew && self.settings.credential.reject(&token) {
                may_renew = false;
                token = self.renewed(&token, error).await?;
            } else {
                let Some(wait) = self.wait_after(&error).filter(|_| is_safe) else {
                    return Err(error);
                };
                self.trace.backing_off(wait, &error);
                self.earlier.push(error);
                sleep(wait).await;
                token = self.token().await?;
            }
            request = build_request()?;
        }
    }

    /// Returns a token, or an error if the credential fails or the call times out.
    async fn token(&self) -> Result<Token, Error> {
        let left = self.settings.call_left(self.started);
        let token = timeout(left, self.settings.credential.current()).await;
        token.unwrap_or_else(|_| {
            let message = format!(
                "{} while the credential fetched a token; {}",
                self.settings.call_timeout_message(),
                self.settings.credential.timeout_advice()
            );
            Err(Error::new(Kind::CredentialTimeout, message))
        })
    }

    /// Returns a new token after a 401. `rejected` is the token that the service rejected, and `error` is the 401. If the credential
    /// returns the rejected token again, returns `error`.
    async fn renewed(&mut self, rejected: &Token, error: Error) -> Result<Token, Error> {
        let token = self.token().await;
        let is_rejected = |token: &Token| token.header == rejected.header;
        if token.as_ref().is_ok_and(is_rejected) {
            let why =
                "the credential returned the rejected token again, so the request wasn't repeated";
            return Err(error.with_source(Error::new(Kind::Credential, why)));
        }
        self.earlier.push(error);
        token
    }

    /// Returns the wait before the next attempt: the backoff with jitter, or `Retry-After` if it is longer. Returns `None` in these cases:
    ///
    /// * The error isn't retryable.
    /// * No attempt is left.
    /// * The wait would end after the call's deadline.
    fn wait_after(&self, error: &Error) -> Option<Duration> {
        let backoff = self.settings.retry.backoff_after(self.attempts)?;
        let wait = backoff.max(error.retry_after().unwrap_or_default());
        let is_in_time = wait < self.settings.call_left(self.started);
        (error.is_retryable() && is_in_time).then_some(wait)
    }

    async fn attempt(&mut self, request: Request, token: &Token) -> Result<Received, Error> {
        self.attempts += 1;
        let attempt = Attempt {
            settings: self.settings,
            success_codes: self.operation.success_codes,
            token,
            call_started: self.started,
            started: Instant::now(),
        };
        let outcome = attempt.send(request).await;
        self.trace
            .attempted(self.attempts, attempt.started.elapsed(), &outcome);
        outcome
    }
}
