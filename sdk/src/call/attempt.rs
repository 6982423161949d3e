//! One attempt of a call: sends the request with its token, and reads the response.

use std::ops::RangeInclusive;
use std::time::SystemTime;

use http::header::{AUTHORIZATION, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use http::{HeaderName, StatusCode};
use reqwest::Request;

use super::body::{Body, is_json, read, without_mark};
use super::response::Received;
use super::retry::retry_after;
use super::settings::Settings;
use super::timeout::Timeout;
use crate::credential::token::Token;
use crate::error::response::{ErrorResponse, one_line};
use crate::error::{Error, Kind};

static CORRELATION_ID: HeaderName = HeaderName::from_static("x-ms-correlation-request-id");

/// The maximum number of bytes that are read from the body of an error response.
const ERROR_LIMIT: usize = 64 * 1024;

pub(super) struct Attempt<'a> {
    pub(super) settings: &'a Settings,
    pub(super) success: &'static [RangeInclusive<u16>],
    pub(super) token: &'a Token,
    pub(super) timeout: Timeout,
}

impl Attempt<'_> {
    /// Sends the request. Returns the response of a success, and an error for any other response.
    pub(super) async fn send(&self, mut request: Request) -> Result<Received, Error> {
        let authorization = self.token.header.clone();
        request.headers_mut().insert(AUTHORIZATION, authorization);
        let response = self.settings.http.execute(request);
        let mut response = self.timeout.apply(response).await?;
        let status = response.status();
        let mut received = Received {
            status: status.as_u16(),
            headers: std::mem::take(response.headers_mut()),
            ..Received::default()
        };
        received.correlation_id = self.header(&received, &CORRELATION_ID);
        received.retry_after = self
            .header(&received, &RETRY_AFTER)
            .and_then(|value| retry_after(&value, SystemTime::now()));
        if status.is_success() {
            self.read_success(response, &mut received).await?;
            return Ok(received);
        }
        Err(self.read_error(response, received, status).await)
    }

    async fn read_success(
        &self,
        mut response: reqwest::Response,
        received: &mut Received,
    ) -> Result<(), Error> {
        let limit = self.settings.response_limit;
        let mut body = Body::default();
        let complete = self
            .timeout
            .apply(read(&mut response, limit, &mut body))
            .await;
        if !complete.map_err(|error| received.describe(error))? {
            let message = format!("the response is larger than the limit of {limit} bytes");
            return Err(received.describe(Error::new(Kind::TooLarge, message)));
        }
        received.body = without_mark(body.into_bytes());
        if !self
            .success
            .iter()
            .any(|range| range.contains(&received.status))
        {
            let message = "the spec doesn't name this status code as a success";
            return Err(received.error(Kind::Decode, message, self.token));
        }
        let is_other = received
            .headers
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.to_str().is_ok_and(|kind| !is_json(kind)));
        if is_other
            && !received.body.is_empty()
            && let Some(kind) = self.header(received, &CONTENT_TYPE)
        {
            let message = format!("the response is {kind} where JSON was expected");
            return Err(received.error(Kind::Decode, &message, self.token));
        }
        Ok(())
    }

    async fn read_error(
        &self,
        mut response: reqwest::Response,
        mut received: Received,
        status: StatusCode,
    ) -> Error {
        let mut body = Body::default();
        // An error while reading is ignored, because the incomplete body is more useful in the message.
        let _ = self
            .timeout
            .apply(read(&mut response, ERROR_LIMIT, &mut body))
            .await;
        received.body = body.into_bytes();
        if status.is_redirection() {
            let host = self
                .header(&received, &LOCATION)
                .and_then(|location| reqwest::Url::parse(&location).ok())
                .and_then(|location| location.host_str().map(ToOwned::to_owned));
            let message = format!(
                "the service redirects to {}, which isn't followed because the token must stay here",
                host.as_deref().unwrap_or("another address")
            );
            return received.error(Kind::Status, &message, self.token);
        }
        let ErrorResponse { code, message } =
            ErrorResponse::read(&received.redacted_body(self.token));
        let code = code.map(|code| self.token.redact(&code).into_owned());
        received
            .error(Kind::Status, &message.unwrap_or_default(), self.token)
            .with_code(code)
    }

    /// Returns the value of a header on one line, with the token redacted.
    fn header(&self, received: &Received, name: &HeaderName) -> Option<String> {
        let value = received.headers.get(name)?.to_str().ok()?;
        one_line(&self.token.redact(value))
    }
}
