//! One call of an operation: its token, its attempts, its limits, and what is told of it. The generated operations come through
//! here by progenitor's hooks, so one that is added to the contract has all of it.

use std::borrow::Cow;
use std::fmt::Display;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, LOCATION, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method};
use progenitor_client::{ClientHooks, ClientInfo, OperationInfo, ResponseValue};
use reqwest::ResponseBuilderExt;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep, timeout_at};

use crate::client::Shared;
use crate::credential::Token;
use crate::error::Kind;
use crate::failure::one_line;
use crate::response::{Received, Response};
use crate::trace::Trace;
use crate::{Error, generated};

/// What is said of a call that took too long; the time follows.
const UNDONE: &str = "the call wasn't done within";

/// How much of a failed request's body is kept.
const FAILURE_LIMIT: usize = 64 * 1024;

/// A call from its beginning to its end; progenitor carries it as its client's inner value.
pub(crate) struct Call {
    shared: Arc<Shared>,
    operation: &'static str,
    trace: Trace,
    progress: Mutex<Progress>,
}

/// What has become of a call so far.
#[derive(Default)]
struct Progress {
    attempts: u32,
    /// Why the last attempt failed, while another is under way.
    last_failure: Option<Error>,
    /// The token that was sent last, to be taken out of whatever is said of the answer.
    token: Option<Token>,
    outcome: Option<Result<Received, Error>>,
}

/// Until when an attempt may go on, and what is said of it when it would take longer.
struct Limit {
    end: Option<Instant>,
    said: &'static str,
    time: Duration,
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
                failed(where_decoding_fails::<T>(&body).unwrap_or_else(|| error.to_string()))
            }
            Err(_) => failed("the contract doesn't name this status as a success".to_owned()),
        }
    }
}

/// Decodes once more, more slowly, to tell which member is at fault.
fn where_decoding_fails<T: DeserializeOwned>(body: &[u8]) -> Option<String> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let error = serde_path_to_error::deserialize::<_, T>(&mut deserializer).err()?;
    let path = error.path().to_string();
    let path = match path.as_str() {
        "." => "$".to_owned(),
        path if path.starts_with('[') => format!("${path}"),
        path => format!("$.{path}"),
    };
    Some(format!("{path}: {}", error.inner()))
}

impl ClientHooks<Call> for generated::Client {
    async fn pre<E>(
        &self,
        request: &mut reqwest::Request,
        _: &OperationInfo,
    ) -> Result<(), progenitor_client::Error<E>> {
        // progenitor sends the version as a header, the service wants it in the query.
        let version = <Self as ClientInfo<Call>>::api_version();
        request.headers_mut().remove("api-version");
        request
            .url_mut()
            .query_pairs_mut()
            .append_pair("api-version", version);
        request
            .headers_mut()
            .insert(USER_AGENT, self.inner.shared.user_agent.clone());
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
        operation: &'static str,
        parts: &[(&'static str, &str)],
    ) -> Self {
        Self {
            shared,
            operation,
            trace: Trace::new(operation, parts),
            progress: Mutex::default(),
        }
    }

    fn progress(&self) -> std::sync::MutexGuard<'_, Progress> {
        // Nothing that holds the lock can panic half-way.
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The whole call within its time.
    async fn run(&self, request: reqwest::Request) -> Result<Received, Error> {
        let limit = self.shared.call_timeout;
        let deadline = Instant::now().checked_add(limit);
        let attempts = self.attempts(request, deadline);
        let outcome = match deadline {
            Some(deadline) => timeout_at(deadline, attempts).await.unwrap_or_else(|_| {
                let said = format!("{UNDONE} {}", seconds(limit));
                Err(Error::new(Kind::Timeout, said))
            }),
            None => attempts.await,
        };
        let (attempts, last_failure) = {
            let mut progress = self.progress();
            (progress.attempts, progress.last_failure.take())
        };
        match outcome {
            Ok(received) => Ok(Received {
                attempts,
                ..received
            }),
            Err(mut error) => {
                // What was known before the time was up says more than that it was.
                if error.is_timeout()
                    && let Some(failure) = last_failure
                {
                    error = error.with_source(failure);
                }
                Err(error.with_attempts(attempts).with_operation(self.operation))
            }
        }
    }

    /// The limit of an attempt that begins now: its own time, or what is left of the call's.
    fn limit(&self, deadline: Option<Instant>) -> Limit {
        let time = self.shared.attempt_timeout;
        let end = Instant::now().checked_add(time);
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
        request: reqwest::Request,
        deadline: Option<Instant>,
    ) -> Result<Received, Error> {
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        let mut pauses = self.shared.retry.pauses();
        let mut refreshed = false;
        loop {
            let token = self.shared.credential.current().await?;
            // A body that can't be copied is sent once.
            let Some(mut next) = request.try_clone() else {
                return self.attempt(request, &token, deadline).await;
            };
            next.headers_mut()
                .insert(AUTHORIZATION, token.header.clone());
            let error = match self.attempt(next, &token, deadline).await {
                Ok(received) => return Ok(received),
                Err(error) => error,
            };
            if error.is_unauthorized() && !refreshed && self.shared.credential.refused(&token) {
                refreshed = true;
                self.progress().last_failure = Some(error);
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
            self.trace.pausing(pause, &error);
            self.progress().last_failure = Some(error);
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
        let outcome = self.exchange(request, token, &self.limit(deadline)).await;
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
        let header = |name: &str| header(&headers, name, token);
        let mut received = Received {
            status: status.as_u16(),
            correlation_id: header("x-ms-correlation-request-id"),
            retry_after: header(RETRY_AFTER.as_str())
                .and_then(|value| crate::retry::retry_after(&value, SystemTime::now())),
            attempts: 0,
            body: Bytes::new(),
        };
        let mut body = Vec::new();
        if status.is_success() {
            let largest = self.shared.response_limit;
            let whole = limit.hold(read(&mut response, largest, &mut body)).await;
            if !whole.map_err(|error| error.with_received(&received))? {
                let message = format!("the answer is larger than the limit of {largest} bytes");
                return Err(Error::new(Kind::TooLarge, message).with_received(&received));
            }
            received.body = without_mark(body.into());
            let is_other = |kind: &HeaderValue| kind.to_str().is_ok_and(|kind| !is_json(kind));
            if headers.get(CONTENT_TYPE).is_some_and(is_other)
                && !received.body.is_empty()
                && let Some(kind) = header(CONTENT_TYPE.as_str())
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
        received.body = body.into();
        if status.is_redirection() {
            let host = header(LOCATION.as_str())
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

impl Limit {
    /// The work's result, or an error when it would take longer than there is time.
    async fn hold<T>(&self, work: impl Future<Output = reqwest::Result<T>>) -> Result<T, Error> {
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

/// Reads a body up to a limit, whatever its `Content-Length` says; `false` when there is more.
async fn read(
    response: &mut reqwest::Response,
    limit: usize,
    body: &mut Vec<u8>,
) -> reqwest::Result<bool> {
    // Only so much is set aside in advance for a length that nobody has proven yet.
    const TRUSTED: u64 = 16 * 1024 * 1024;
    let expected = response.content_length().unwrap_or(0).min(TRUSTED);
    while let Some(chunk) = response.chunk().await? {
        let room = limit - body.len();
        if chunk.len() > room {
            body.extend_from_slice(&chunk[..room]);
            return Ok(false);
        }
        if body.capacity() == 0 {
            body.reserve(usize::try_from(expected).unwrap_or(0).max(chunk.len()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(true)
}

/// The body without a byte order mark, on which JSON readers fail.
fn without_mark(body: Bytes) -> Bytes {
    if body.starts_with("\u{feff}".as_bytes()) {
        body.slice(3..)
    } else {
        body
    }
}

fn is_json(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json")
        || kind.eq_ignore_ascii_case("text/json")
        || kind.to_ascii_lowercase().ends_with("+json")
}

/// A header in one line, without the token.
fn header(headers: &HeaderMap, name: &str, token: &Token) -> Option<String> {
    one_line(&token.redact(headers.get(name)?.to_str().ok()?))
}

fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs_f64())
}
