//! Defines [`Response`], the result of a successful call.

use std::fmt;
use std::ops::Deref;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;

use crate::credential::token::Token;
use crate::decode;
use crate::error::response::one_line;
use crate::error::{Error, Kind};

/// The service's response to a call: the decoded value, with the status code, the headers and the body.
///
/// A response dereferences to the decoded value.
///
/// ```no_run
/// # async fn example(client: cloud_partner_portal::Client) -> Result<(), cloud_partner_portal::Error> {
/// let offers = client.list_offers("contoso").await?;
/// println!("{} offers, request {:?}", offers.len(), offers.correlation_id());
/// for offer in offers.into_inner() {
///     println!("{}", offer.id);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Response<T> {
    pub(crate) value: T,
    pub(crate) received: Received,
}

/// A response before its body is decoded.
#[derive(Clone, Default)]
pub(crate) struct Received {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) correlation_id: Option<String>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) attempts: u32,
    pub(crate) body: Bytes,
}

impl Received {
    /// Creates an error about this response. Redacts the token in the message and the body, because a server can send the token back.
    pub(super) fn error(&self, kind: Kind, message: &str, token: &Token) -> Error {
        let message = one_line(&token.redact(message)).unwrap_or_default();
        let body = token.redact_body(&self.body);
        self.describe(Error::new(kind, message))
            .with(|error| error.body = body)
    }

    /// Adds the status code, the correlation id, the time in `Retry-After` and the number of attempts to an error about this response.
    pub(crate) fn describe(&self, error: Error) -> Error {
        error.with(|error| {
            error.status = Some(self.status);
            error.correlation_id.clone_from(&self.correlation_id);
            error.retry_after = self.retry_after;
            error.attempts = self.attempts;
        })
    }
}

impl<T> Response<T> {
    /// Returns the decoded value.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.value
    }

    /// Returns the HTTP status code, 200 to 299.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.received.status
    }

    /// Returns the response's headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.received.headers
    }

    /// Returns the request's id in the service's logs (`X-Ms-Correlation-Request-Id`). Microsoft's support asks for this id. No
    /// official page documents the header.
    #[must_use]
    pub fn correlation_id(&self) -> Option<&str> {
        self.received.correlation_id.as_deref()
    }

    /// Returns the number of requests that the call sent.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.received.attempts
    }

    /// Returns the response body as the service sent it, but without a byte order mark. The body can hold properties that the spec
    /// doesn't define.
    #[must_use]
    pub fn raw_body(&self) -> &[u8] {
        &self.received.body
    }

    /// Returns the response body as JSON, including properties that the spec doesn't define.
    ///
    /// Two kinds of values become `null`: a string that can't be decoded, such as one with an unpaired surrogate, and a property that
    /// occurs twice in the same object.
    ///
    /// ```no_run
    /// # async fn example(client: cloud_partner_portal::Client) -> Result<(), cloud_partner_portal::Error> {
    /// let report = client.get_offer_status("contoso", "test-vm").await?;
    /// let json = report.json()?;
    /// println!("{:?}", json.get("cancellationRequestState"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`is_decode`](Error::is_decode) in these cases:
    ///
    /// * The body is empty, because the spec names no body for the response.
    /// * The body contains a value nested deeper than 128 levels, or a number beyond the range of `f64`.
    /// * The body is larger than 16 MiB, and contains a string that can't be decoded.
    ///
    /// In the last two cases, the call itself succeeds if the spec doesn't define the property that contains the value.
    pub fn json(&self) -> Result<serde_json::Value, Error> {
        decode::json(&self.received.body).map_err(|error| {
            let error = Error::new(Kind::Decode, format!("the response isn't JSON: {error}"));
            self.received.describe(error)
        })
    }
}

impl<T> Deref for Response<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: fmt::Debug> fmt::Debug for Response<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("value", &self.value)
            .field("status", &self.received.status)
            .field("correlation_id", &self.received.correlation_id)
            .field("attempts", &self.received.attempts)
            .finish_non_exhaustive()
    }
}
