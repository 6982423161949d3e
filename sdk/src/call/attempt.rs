//! Makes one attempt of a call: sends the request with the token, and reads the response.

use std::future::Future;
use std::ops::RangeInclusive;
use std::pin::pin;
use std::time::SystemTime;

use bytes::Bytes;
use http::header::{
    AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, LOCATION, RETRY_AFTER, USER_AGENT,
};
use http::{HeaderName, HeaderValue, Method};
use reqwest::Request;
use tokio::time::{Instant, timeout};

use super::response::Received;
use super::retry::retry_after;
use super::settings::Settings;
use crate::credential::token::Token;
use crate::error::response::{ErrorResponse, one_line};
use crate::error::{Error, Kind};

static CORRELATION_ID: HeaderName = HeaderName::from_static("x-ms-correlation-request-id");

/// The maximum number of bytes that are read from the body of an error response.
const ERROR_LIMIT: usize = 64 * 1024;
/// Before a body arrives, the client allocates at most this number of bytes, even if `Content-Length` is larger.
const TRUSTED_LENGTH: usize = 16 * 1024 * 1024;

pub(super) struct Attempt<'a> {
    pub(super) settings: &'a Settings,
    pub(super) success_codes: &'static [RangeInclusive<u16>],
    pub(super) token: &'a Token,
    pub(super) call_started: Instant,
    pub(super) started: Instant,
}

impl Attempt<'_> {
    /// Sends the request, and reads the response. Returns an error if the response is an error response, incomplete, too large, or not
    /// JSON.
    pub(super) async fn send(&self, request: Request) -> Result<Received, Error> {
        // The status code is 0 until the response headers arrive.
        let (mut received, mut body) = (Received::default(), Vec::new());
        let work = self.send_and_read(request, &mut received, &mut body);
        let read = self.in_time(work).await;
        received.body = body.into();
        match (received.status, read) {
            (0, Err(error)) => Err(error),
            (200..=299, Err(error)) => Err(received.describe(error)),
            (200..=299, Ok(is_within_limit)) => self.check_success(received, is_within_limit),
            // The service sent an error response. Its status code and `Retry-After` matter more than an error while reading the body.
            _ => Err(self.error_response(&received)),
        }
    }

    /// Sends the request, and reads the response into `received` and `body`. Returns `false` if the body is longer than the limit. If an
    /// error or a timeout interrupts the response, `received` and `body` hold the part that has arrived.
    async fn send_and_read(
        &self,
        mut request: Request,
        received: &mut Received,
        body: &mut Vec<u8>,
    ) -> reqwest::Result<bool> {
        // If a request has no body, reqwest sends no `Content-Length`. Microsoft's web server rejects such a `POST` with 411.
        let needs_length = matches!(
            *request.method(),
            Method::POST | Method::PUT | Method::PATCH
        );
        if needs_length && request.body().is_none() {
            let zero = HeaderValue::from_static("0");
            request.headers_mut().insert(CONTENT_LENGTH, zero);
        }
        let headers = request.headers_mut();
        headers.insert(USER_AGENT, self.settings.user_agent.clone());
        headers.insert(AUTHORIZATION, self.token.header.clone());
        let mut response = self.settings.http.execute(request).await?;
        received.status = response.status().as_u16();
        received.headers = std::mem::take(response.headers_mut());
        received.correlation_id = self.header(received, &CORRELATION_ID);
        received.retry_after = self
            .header(received, &RETRY_AFTER)
            .and_then(|value| retry_after(&value, SystemTime::now()));
        let limit = if response.status().is_success() {
            self.settings.response_limit
        } else {
            ERROR_LIMIT
        };
        let length = response.content_length().unwrap_or(0);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        body.reserve_exact(length.min(limit).min(TRUSTED_LENGTH));
        // The bytes are counted as they arrive, because `Content-Length` can be wrong or absent.
        while let Some(chunk) = response.chunk().await? {
            let free = limit - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(free)]);
            if chunk.len() > free {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn check_success(
        &self,
        mut received: Received,
        is_within_limit: bool,
    ) -> Result<Received, Error> {
        if !is_within_limit {
            let limit = self.settings.response_limit;
            let message = format!("the response is larger than the limit of {limit} bytes");
            received.body = Bytes::new();
            return Err(received.describe(Error::new(Kind::TooLarge, message)));
        }
        received.body = without_byte_order_mark(received.body);
        let status = received.status;
        if !self
            .success_codes
            .iter()
            .any(|range| range.contains(&status))
        {
            let message = "the spec doesn't name this status code as a success";
            return Err(received.error(Kind::Decode, message, self.token));
        }
        let content_type = received.headers.get(CONTENT_TYPE);
        if let Some(content_type) = content_type.and_then(|value| value.to_str().ok())
            && !content_type.trim().is_empty()
            && !is_json(content_type)
            && !received.body.is_empty()
        {
            let message = format!("the response is {content_type} where JSON was expected");
            return Err(received.error(Kind::Decode, &message, self.token));
        }
        Ok(received)
    }

    fn error_response(&self, received: &Received) -> Error {
        if (300..400).contains(&received.status) {
            let location = self
                .header(received, &LOCATION)
                .and_then(|location| reqwest::Url::parse(&location).ok());
            let host = location.as_ref().and_then(reqwest::Url::host_str);
            let message = format!(
                "the service redirects to {}, but redirects aren't followed; check the endpoint",
                host.unwrap_or("another address")
            );
            return received.error(Kind::Status, &message, self.token);
        }
        let ErrorResponse { code, message } =
            ErrorResponse::read(&self.token.redact_body(&received.body));
        let code = code.map(|code| self.token.redact(&code).into_owned());
        received
            .error(Kind::Status, &message.unwrap_or_default(), self.token)
            .with(|error| error.code = code)
    }

    /// Waits for the future, and returns its result. Returns an error if the attempt or the call times out.
    async fn in_time<T>(&self, work: impl Future<Output = reqwest::Result<T>>) -> Result<T, Error> {
        let attempt_timeout = self.settings.attempt_timeout;
        let attempt_left = attempt_timeout.saturating_sub(self.started.elapsed());
        let call_left = self.settings.call_left(self.call_started);
        match timeout(attempt_left.min(call_left), pin!(work)).await {
            Ok(result) => result.map_err(Error::from_reqwest),
            Err(_) if call_left < attempt_left => {
                let message = self.settings.call_timeout_message();
                Err(Error::new(Kind::Timeout, message))
            }
            Err(_) => {
                let seconds = attempt_timeout.as_secs_f64();
                let message = format!("the service didn't respond within {seconds} s");
                Err(Error::new(Kind::Timeout, message))
            }
        }
    }

    /// Returns the value of a header on one line, with the token redacted.
    fn header(&self, received: &Received, name: &HeaderName) -> Option<String> {
        let value = received.headers.get(name)?.to_str().ok()?;
        one_line(&self.token.redact(value))
    }
}

/// Returns the body without a byte order mark, which JSON parsers reject.
fn without_byte_order_mark(body: Bytes) -> Bytes {
    match body.strip_prefix("\u{feff}".as_bytes()) {
        Some(rest) => body.slice_ref(rest),
        None => body,
    }
}

fn is_json(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    let media_type = media_type.to_ascii_lowercase();
    media_type == "application/json" || media_type == "text/json" || media_type.ends_with("+json")
}
