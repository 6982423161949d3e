//! Defines [`Error`], the SDK's error type.

mod build;
pub(crate) mod response;

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;

/// The error type of this crate.
///
/// `Display` writes one line, such as `getOfferStatus: 404 Not Found: no such offer (code Http404Exception, request 7d3f)`. The line can
/// contain these parts:
///
/// * the operation, the HTTP status code and the message
/// * the service's machine-readable code, the correlation id, and the number of attempts
/// * the time in the response header `Retry-After`
/// * the credential, for a 401, a 403 or an error of the credential
///
/// `Display` never shows a token or a stack trace. [`body`](Self::body) returns the body of the error response.
///
/// `Display` doesn't include the chain of [`source`](StdError::source)s. Print this chain as well, as `anyhow` does.
///
/// If several attempts of a call fail with different errors, the call returns the error of the last attempt:
///
/// * Its `source` is the error of an earlier attempt, instead of the cause of the last attempt's error.
/// * Therefore, `Display` also shows this cause, such as `Connection refused (os error 111)`.
///
/// Cloning is cheap: clones share the body and the source.
///
/// ```no_run
/// # async fn example(client: cloud_partner_portal::Client) {
/// match client.get_offer_status("contoso", "test-vm").await {
///     Ok(report) => println!("{}", report.status),
///     Err(error) if error.is_not_found() => println!("no such offer"),
///     Err(error) => eprintln!("{error}"),
/// }
/// # }
/// ```
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone)]
pub(crate) struct Inner {
    pub(crate) kind: Kind,
    pub(crate) operation: Option<&'static str>,
    pub(crate) message: String,
    pub(crate) status: Option<u16>,
    pub(crate) code: Option<String>,
    pub(crate) correlation_id: Option<String>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: Bytes,
    pub(crate) attempts: u32,
    /// The name of the credential source, and why earlier sources were skipped.
    pub(crate) credential: Option<String>,
    pub(crate) source: Option<Arc<dyn StdError + Send + Sync>>,
    /// The error of an earlier attempt, or of an earlier request of a watch.
    pub(crate) earlier: Option<Error>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Argument,
    Configuration,
    Credential,
    CredentialTimeout,
    /// The connection can't be opened.
    Connect,
    Timeout,
    /// The connection broke after it was opened.
    Transport,
    /// The service sent an error response.
    Status,
    Decode,
    TooLarge,
}

impl Error {
    /// Returns the HTTP status code of the response, or `None` without a response.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// Returns the service's machine-readable code, such as `BadRequest`, `InvalidAPIVersion`, `Forbidden` or
    /// `Http404Exception`. Other codes are possible. Returns `None` if the response has no code, for example because the response
    /// is an HTML page.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// Returns the message on one line. For a 4xx or 5xx response, this is the first line of the service's message, or the
    /// empty string if the response has no message.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Returns the request's id in the service's logs (`X-Ms-Correlation-Request-Id`). Microsoft's support asks for this id.
    #[must_use]
    pub fn correlation_id(&self) -> Option<&str> {
        self.0.correlation_id.as_deref()
    }

    /// Returns the minimum time before another attempt, from the response header `Retry-After`.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Returns the response body, with the token redacted. The body of an error response is cut off after 64 KiB. The body can be a
    /// gateway's HTML page, or hold a stack trace of the server.
    #[must_use]
    pub fn body(&self) -> Option<&[u8]> {
        Some(self.0.body.as_ref()).filter(|body| !body.is_empty())
    }

    /// Returns the number of requests that the call sent, including the repeated request with a new token after a 401.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Returns the operation's id in the spec, such as `listOffers`, if the error occurred in a call.
    #[must_use]
    pub fn operation(&self) -> Option<&str> {
        self.0.operation
    }

    /// Returns the name of the credential source, and why earlier sources were skipped. Only a 401, a 403 and an error of the credential
    /// contain this text. For any other error, returns `None`.
    #[must_use]
    pub fn credential(&self) -> Option<&str> {
        self.0.credential.as_deref()
    }

    /// Returns `true` if the publisher or the offer doesn't exist (404).
    ///
    /// *Example*: 404 with `Http404Exception`. *Likely cause*: the offer id is misspelt, or is the GUID from a page of the portal.
    /// *What to do*: list the publisher's offers, and pass the offer's `id` from this list.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.0.status == Some(404)
    }

    /// Returns `true` if the token is valid but has no access to this publisher (403).
    ///
    /// *Example*: 403 with `Forbidden`. *Likely cause*: the publisher id is misspelt, or the service principal was added in the portal
    /// with the wrong object id. *What to do*: check both ids.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        self.0.status == Some(403)
    }

    /// Returns `true` if the service rejects the token (401). If the credential can fetch tokens, the client has already tried to get a
    /// new token.
    ///
    /// *Example*: 401 with `Authorization has been denied for this request.` *Likely cause*: the token has expired, or was
    /// issued for another resource than `https://cloudpartner.azure.com`. *What to do*: get a new token for this resource.
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        self.0.status == Some(401)
    }

    /// Returns `true` if the service rejected the request because there were too many requests (429).
    ///
    /// *Example*: 429 with `Retry-After: 120`; not observed on this service so far. *Likely cause*: many concurrent clients.
    /// *What to do*: wait for [`retry_after`](Self::retry_after).
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        self.0.status == Some(429)
    }

    /// Returns `true` if the same call could succeed later. This is the case for the status codes 408, 429 and 5xx, for a timeout, and for
    /// an error of the connection.
    ///
    /// If the method is `GET` or `HEAD`, the client has already retried the call according to its
    /// [`RetryPolicy`](crate::RetryPolicy). The client doesn't retry any other method, because the service could execute the request
    /// twice.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.is_timeout()
            || matches!(self.0.kind, Kind::Connect | Kind::Transport)
            || matches!(self.0.status, Some(408 | 429 | 500..=599))
    }

    /// Returns `true` if the call, its last attempt or its credential timed out. If the credential timed out,
    /// [`is_credential`](Self::is_credential) returns `true`, too.
    ///
    /// *Example*: `the service didn't respond within 300 s`. *Likely cause*: the list is large, and the service needs minutes.
    /// *What to do*: raise [`attempt_timeout`](crate::ClientBuilder::attempt_timeout) or
    /// [`call_timeout`](crate::ClientBuilder::call_timeout).
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self.0.kind, Kind::Timeout | Kind::CredentialTimeout)
    }

    /// Returns `true` if the connection to the service can't be opened.
    ///
    /// *Example*: `the service can't be reached`. *Likely cause*: no network, a proxy, a wrong endpoint, or a certificate that
    /// isn't trusted. *What to do*: print the innermost [`source`](StdError::source).
    #[must_use]
    pub fn is_connection(&self) -> bool {
        self.0.kind == Kind::Connect
    }

    /// Returns `true` if the response has a 2xx status code but doesn't match the spec.
    ///
    /// *Example*: `the response is text/html where JSON was expected`, or `$[3].id: invalid type: integer`.
    /// *Likely cause*: a proxy's sign-in page, or the service has changed. *What to do*: look at [`body`](Self::body).
    #[must_use]
    pub fn is_decode(&self) -> bool {
        self.0.kind == Kind::Decode
    }

    /// Returns `true` if the response is larger than the client's limit.
    ///
    /// *Example*: `the response is larger than the limit of 268435456 bytes`. *Likely cause*: the endpoint isn't the service's
    /// address. *What to do*: if the response is valid, raise [`response_limit`](crate::ClientBuilder::response_limit).
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        self.0.kind == Kind::TooLarge
    }

    /// Returns `true` if there is no credential, or the credential failed or timed out.
    ///
    /// *Example*: `no credential: token: AZURE_TOKEN isn't set`, where the second `token` is the name of a source. *Likely cause*: an environment variable isn't set, or a secret expired.
    /// *What to do*: follow the message.
    #[must_use]
    pub fn is_credential(&self) -> bool {
        matches!(self.0.kind, Kind::Credential | Kind::CredentialTimeout)
    }

    /// Returns `true` if an argument is invalid, such as an identifier, the endpoint, or a token. No request was sent.
    ///
    /// *Example*: `publisherId: ".." is no identifier`. *What to do*: correct the argument.
    #[must_use]
    pub fn is_invalid_argument(&self) -> bool {
        self.0.kind == Kind::Argument
    }

    /// Returns `true` if the program was built without TLS, or TLS can't be set up on this machine. No request was sent.
    ///
    /// *Example*: `this program was built without TLS`. *Likely cause*: the features `rustls` and `native-tls` are both off.
    /// *What to do*: follow the message.
    #[must_use]
    pub fn is_configuration(&self) -> bool {
        self.0.kind == Kind::Configuration
    }
}

#[cfg(feature = "tracing")]
impl Error {
    /// Returns the error and its innermost cause, for `tracing` events.
    pub(crate) fn with_innermost_cause(&self) -> String {
        match &self.0.source {
            Some(source) => format!("{self}: {}", innermost(source.as_ref())),
            None => self.to_string(),
        }
    }
}

/// Returns the message of the last error in the chain of sources, on one line.
fn innermost(error: &dyn StdError) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    response::one_line(&cause.to_string()).unwrap_or_default()
}

/// Joins the parts, and skips each `None`.
fn join(parts: &[Option<String>], separator: &str) -> String {
    let parts: Vec<_> = parts.iter().flatten().map(String::as_str).collect();
    parts.join(separator)
}

fn with_reason_phrase(status: u16) -> String {
    let code = StatusCode::from_u16(status).ok();
    match code.and_then(|code| code.canonical_reason()) {
        Some(reason) => format!("{status} {reason}"),
        None => status.to_string(),
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        let operation = inner.operation.map(str::to_owned);
        let status = inner.status.map(with_reason_phrase);
        let message = Some(inner.message.clone()).filter(|message| !message.is_empty());
        // `source()` returns the earlier error if there is one, and the cause otherwise. Therefore, `Display` shows the cause only if there
        // is an earlier error.
        let source = inner.earlier.as_ref().and(inner.source.as_deref());
        let cause = source.map(|source| innermost(source));
        write!(f, "{}", join(&[operation, status, message, cause], ": "))?;

        let code = inner.code.as_ref().map(|code| format!("code {code}"));
        let id = inner.correlation_id.as_ref();
        let id = id.map(|id| format!("request {id}"));
        let attempts = (inner.attempts > 1).then(|| format!("after {} attempts", inner.attempts));
        let notes = join(&[code, id, attempts], ", ");
        if !notes.is_empty() {
            write!(f, " ({notes})")?;
        }
        if let Some(time) = inner.retry_after {
            write!(f, "; the service asks to wait {} s", time.as_secs())?;
        }
        if let Some(credential) = &inner.credential {
            write!(f, "; credential: {credential}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        f.debug_struct("Error")
            .field("kind", &inner.kind)
            .field("message", &self.to_string())
            .field("body_bytes", &inner.body.len())
            .field("source", &inner.source.as_ref().map(ToString::to_string))
            .field("earlier", &inner.earlier)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        if let Some(earlier) = &self.0.earlier {
            return Some(earlier);
        }
        let source = self.0.source.as_deref()?;
        Some(source)
    }
}
