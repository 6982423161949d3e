//! One call of an operation: its token, its attempts, its limits, and what is told of it. The generated operations come through
//! here by progenitor's hooks, so one that is added to the contract has all of it.

mod body;
pub(crate) mod response;
pub(crate) mod retry;
pub(crate) mod timeout;
mod tracing;

use std::borrow::Cow;
use std::fmt::Display;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, LOCATION, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use progenitor_client::{ClientHooks, ClientInfo, OperationInfo, ResponseValue};
use reqwest::ResponseBuilderExt;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep, timeout_at};

use crate::client::Shared;
use crate::credential::token::Token;
use crate::error::Kind;
use crate::error::response::one_line;
use crate::{Error, RetryPolicy, decode::path as place, generated};
use body::{Body, is_json, read, without_mark};
use response::{Received, Response};
use timeout::{Limit, seconds};
use tracing::Trace;

const API_VERSION: &str = "api-version";

static CORRELATION_ID: HeaderName = HeaderName::from_static("x-ms-correlation-request-id");

/// What is said of a call that took too long; the time follows.
const UNDONE: &str = "the call wasn't done within";

const SAME_TOKEN: &str =
    "the credential returned the rejected token again, so the request wasn't repeated";

/// How much of a failed request's body is kept.
const FAILURE_LIMIT: usize = 64 * 1024;

/// A call from its beginning to its end; progenitor carries it as its client's inner value.
pub(crate) struct Call {
    shared: Arc<Shared>,
    retry: RetryPolicy,
    operation: &'static str,
    trace: Trace,
    progress: Mutex<Progress>,
}

/// What has become of a call so far.
#[derive(Default)]
struct Progress {
    attempts: u32,
    /// The errors of the attempts before.
    earlier: Vec<Error>,
    /// The token that was sent last, to be taken out of whatever is said of the answer.
    token: Option<Token>,
    outcome: Option<Result<Received, Error>>,
}

/// A call with the generated client that carries it.
pub(crate) struct Running {
    pub(crate) client: generated::Client,
}

/// An identifier that fits the contract, or an error that says which one doesn't.
pub(crate) fn checked<T>(
    operation: &'static str,
    name: &str,
    value: impl TryInto<T, Error: Display>,
) -> Result<T, Error> {
    value.try_into().map_err(|error| {
        Error::new(Kind::Argument, format!("{name}: {error}")).with_operation(operation)
    })
}

impl Running {
    pub(crate) fn traced<F: Future>(&self, call: F) -> impl Future<Output = F::Output> {
        self.client.inner.trace.within(call)
    }

    /// The call's answer: what the pipeline has kept of it, with the value that progenitor decoded.
    pub(crate) fn end<T: DeserializeOwned>(
        self,
        result: Result<ResponseValue<T>, progenitor_client::Error<()>>,
    ) -> Result<Response<T>, Error> {
        let call = self.client.inner;
        let (outcome, token) = {
            let mut progress = call.progress();
            (progress.outcome.take(), progress.token.take())
        };
        let (mut received, result) = match (outcome, result) {
            (Some(Err(error)), _) => return Err(error),
            (Some(Ok(received)), result) => (received, result),
            (None, Err(error)) => {
                let why = format!("the request can't be built: {error}");
                return Err(Error::new(Kind::Argument, why).with_operation(call.operation));
            }
            // progenitor has an answer only from `exec`, which leaves an outcome.
            (None, Ok(_)) => {
                return Err(Error::new(Kind::Transport, "the answer was lost"));
            }
        };
        let mut failed = |message: String| {
            let message = one_line(&message).unwrap_or_default();
            let error = Error::new(Kind::Decode, message).with_operation(call.operation);
            Err(match &token {
                Some(token) => scrubbed(error, &mut received, token),
                None => error.with_received(&received),
            })
        };
        match result {
            Ok(value) => Ok(Response {
                value: value.into_inner(),
                received,
            }),
            Err(progenitor_client::Error::InvalidResponsePayload(body, error)) => {
                if body.is_empty() {
                    return failed("the answer is empty where JSON was expected".to_owned());
                }
                failed(format!("{}: {error}", place::path(&body, &error)))
            }
            Err(_) => failed("the contract doesn't name this status as a success".to_owned()),
        }
    }
}

impl ClientHooks<Call> for generated::Client {
    async fn pre<E>(
        &self,
        request: &mut reqwest::Request,
        _: &OperationInfo,
    ) -> Result<(), progenitor_client::Error<E>> {
        let version = <Self as ClientInfo<Call>>::api_version();
        let url = request.url_mut();
        url.query_pairs_mut().append_pair(API_VERSION, version);
        let headers = request.headers_mut();
        // progenitor sends the version as a header, too; the service takes it from the query.
        headers.remove(API_VERSION);
        headers.insert(USER_AGENT, self.inner.shared.user_agent.clone());
        Ok(())
    }

    async fn exec(
        &self,
        request: reqwest::Request,
        _: &OperationInfo,
    ) -> reqwest::Result<reqwest::Response> {
        let url = request.url().clone();
        let outcome = self.inner.run(request).await;
        let body = match &outcome {
            Ok(received) => received.body.clone(),
            Err(_) => Bytes::new(),
        };
        // reqwest would parse a made-up address for an answer without one.
        let answer = http::Response::builder().url(url).body(body);
        let mut answer = answer.unwrap_or_default();
        // A failure is handed on beside progenitor; any status that no contract names as a success ends its part.
        let status = outcome.as_ref().map_or(599, |received| received.status);
        if let Ok(status) = http::StatusCode::from_u16(status) {
            *answer.status_mut() = status;
        }
        self.inner.trace.ended(&outcome);
        self.inner.progress().outcome = Some(outcome);
        Ok(reqwest::Response::from(answer))
    }
}

impl Call {
    pub(crate) fn new(
        shared: Arc<Shared>,
        retry: RetryPolicy,
        operation: &'static str,
        parts: &[(&'static str, &str)],
    ) -> Self {
        Self {
            shared,
            retry,
            operation,
            trace: Trace::new(operation, parts),
            progress: Mutex::default(),
        }
    }

    fn progress(&self) -> std::sync::MutexGuard<'_, Progress> {
        // Nothing that holds the lock can panic half-way.
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The whole call within its time: that for the token and each attempt ends with it, and no pause does.
    async fn run(&self, request: reqwest::Request) -> Result<Received, Error> {
        let deadline = Instant::now().checked_add(self.shared.call_timeout);
        let outcome = self.attempts(request, deadline).await;
        let (attempts, earlier) = {
            let mut progress = self.progress();
            (progress.attempts, std::mem::take(&mut progress.earlier))
        };
        match outcome {
            Ok(received) => Ok(Received {
                attempts,
                ..received
            }),
            Err(error) => Err(Error::chain(earlier, error)
                .with_attempts(attempts)
                .with_operation(self.operation)
                .with_credential(|| self.shared.credential.describe())),
        }
    }

    /// A token, when it can be had in the call's time.
    async fn token(&self, deadline: Option<Instant>) -> Result<Token, Error> {
        let token = self.shared.credential.current();
        match deadline {
            Some(deadline) => timeout_at(deadline, token).await.unwrap_or_else(|_| {
                let said = format!("{UNDONE} {}", seconds(self.shared.call_timeout));
                Err(Error::new(Kind::Timeout, said))
            }),
            None => token.await,
        }
    }

    /// The limit of an attempt: its own time, or what is left of the call's.
    fn limit(&self, started: Instant, deadline: Option<Instant>) -> Limit {
        let time = self.shared.attempt_timeout;
        let end = started.checked_add(time);
        match (end, deadline) {
            (_, Some(deadline)) if end.is_none_or(|end| deadline < end) => Limit {
                end: Some(deadline),
                said: UNDONE,
                time: self.shared.call_timeout,
            },
            _ => Limit {
                end,
                said: "the service didn't answer within",
                time,
            },
        }
    }

    async fn attempts(
        &self,
        mut request: reqwest::Request,
        deadline: Option<Instant>,
    ) -> Result<Received, Error> {
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        let mut pauses = self.retry.pauses();
        let mut rejected: Option<(Token, Error)> = None;
        loop {
            let token = self.token(deadline).await?;
            if let Some((old, error)) = rejected.take_if(|(old, _)| old.header == token.header) {
                drop(old);
                self.progress().earlier.pop();
                let same = Error::new(Kind::Credential, SAME_TOKEN);
                return Err(error.with_source(same));
            }
            let header = token.header.clone();
            request.headers_mut().insert(AUTHORIZATION, header);
            let copy = request.try_clone();
            let error = match self.attempt(request, &token, deadline).await {
                Ok(received) => return Ok(received),
                Err(error) => error,
            };
            // A body that can't be copied is sent once.
            let Some(copy) = copy else {
                return Err(error);
            };
            request = copy;
            if error.is_unauthorized()
                && rejected.is_none()
                && self.shared.credential.reject(&token)
            {
                self.progress().earlier.push(error.clone());
                rejected = Some((token, error));
                continue;
            }
            if !(reads && error.is_retryable()) {
                return Err(error);
            }
            let Some(pause) = pauses.next() else {
                return Err(error);
            };
            let pause = pause.max(error.retry_after().unwrap_or_default());
            let resume = Instant::now().checked_add(pause);
            if resume.is_none_or(|resume| deadline.is_some_and(|deadline| resume >= deadline)) {
                return Err(error);
            }
            self.trace.pausing(pause);
            self.progress().earlier.push(error);
            sleep(pause).await;
        }
    }

    /// One request and its answer within the attempt's time.
    async fn attempt(
        &self,
        request: reqwest::Request,
        token: &Token,
        deadline: Option<Instant>,
    ) -> Result<Received, Error> {
        let number = {
            let mut progress = self.progress();
            progress.attempts += 1;
            progress.token = Some(token.clone());
            progress.attempts
        };
        let started = Instant::now();
        let limit = self.limit(started, deadline);
        let outcome = self.exchange(request, token, &limit).await;
        self.trace.attempted(number, started.elapsed(), &outcome);
        outcome
    }

    async fn exchange(
        &self,
        request: reqwest::Request,
        token: &Token,
        limit: &Limit,
    ) -> Result<Received, Error> {
        let mut response = limit.hold(self.shared.http.execute(request)).await?;
        let status = response.status();
        let headers = std::mem::take(response.headers_mut());
        let header = |name: &HeaderName| header(&headers, name, token);
        let mut received = Received {
            status: status.as_u16(),
            correlation_id: header(&CORRELATION_ID),
            retry_after: header(&RETRY_AFTER)
                .and_then(|value| retry::retry_after(&value, SystemTime::now())),
            attempts: 0,
            body: Bytes::new(),
        };
        let mut body = Body::default();
        if status.is_success() {
            let largest = self.shared.response_limit;
            let whole = limit.hold(read(&mut response, largest, &mut body)).await;
            if !whole.map_err(|error| error.with_received(&received))? {
                let message = format!("the answer is larger than the limit of {largest} bytes");
                return Err(Error::new(Kind::TooLarge, message).with_received(&received));
            }
            received.body = without_mark(body.into_bytes());
            let is_other = |kind: &HeaderValue| kind.to_str().is_ok_and(|kind| !is_json(kind));
            if headers.get(CONTENT_TYPE).is_some_and(is_other)
                && !received.body.is_empty()
                && let Some(kind) = header(&CONTENT_TYPE)
            {
                let error = Error::new(
                    Kind::Decode,
                    format!("the answer is {kind} where JSON was expected"),
                );
                return Err(scrubbed(error, &mut received, token));
            }
            return Ok(received);
        }
        // Whatever could be read of a failure is better than the failure to read it.
        let _ = limit
            .hold(read(&mut response, FAILURE_LIMIT, &mut body))
            .await;
        received.body = body.into_bytes();
        if status.is_redirection() {
            let host = header(&LOCATION)
                .and_then(|location| reqwest::Url::parse(&location).ok())
                .and_then(|location| location.host_str().map(ToOwned::to_owned));
            let error = Error::new(
                Kind::Status,
                format!(
                    "the service redirects to {}, which isn't followed because the token must stay here",
                    host.as_deref().unwrap_or("another address")
                ),
            );
            return Err(scrubbed(error, &mut received, token));
        }
        scrub(&mut received, token);
        Err(Error::status_error(&received).redacted(token))
    }
}

/// The error with what was received, and without the token in either.
fn scrubbed(error: Error, received: &mut Received, token: &Token) -> Error {
    scrub(received, token);
    error.with_received(received).redacted(token)
}

/// Takes the token out of what a server sent back, should it be there: errors are shown and logged.
fn scrub(received: &mut Received, token: &Token) {
    let text = String::from_utf8_lossy(&received.body);
    if let Cow::Owned(clean) = token.redact(&text) {
        received.body = clean.into();
    }
}

/// A header in one line, without the token.
fn header(headers: &HeaderMap, name: &HeaderName, token: &Token) -> Option<String> {
    one_line(&token.redact(headers.get(name)?.to_str().ok()?))
}
