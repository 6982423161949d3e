//! Construction of errors, and the chain of the errors of several attempts.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::{Error, Inner, Kind};

impl Error {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self(Arc::new(Inner {
            kind,
            operation: None,
            message: message.into(),
            status: None,
            code: None,
            correlation_id: None,
            retry_after: None,
            body: Bytes::new(),
            attempts: 0,
            credential: None,
            source: None,
            earlier: None,
        }))
    }

    /// Returns the mutable fields. Callers change only errors that aren't shared yet, so this doesn't copy.
    fn inner(&mut self) -> &mut Inner {
        Arc::make_mut(&mut self.0)
    }

    pub(crate) fn with_source(
        mut self,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        self.inner().source = Some(Arc::from(source.into()));
        self
    }

    pub(crate) fn with_operation(mut self, operation: &'static str) -> Self {
        self.inner().operation = Some(operation);
        self
    }

    /// Adds the description of the credential to a 401, a 403 and an error of the credential.
    pub(crate) fn with_credential(mut self, credential: impl FnOnce() -> String) -> Self {
        if self.is_credential() || self.is_unauthorized() || self.is_forbidden() {
            self.inner().credential = Some(credential());
        }
        self
    }

    /// Chains the errors of a call's attempts or of a watch's polls, from the first to the last. The source of each error is the
    /// error before it. Of several errors with the same cause, only the last is kept.
    pub(crate) fn chain(mut errors: Vec<Self>, last: Self) -> Self {
        errors.push(last.clone());
        let errors: Vec<_> = errors.into_iter().flat_map(Self::unchained).collect();
        let later = errors.clone();
        let distinct = errors.into_iter().enumerate().filter(|(index, error)| {
            !later[index + 1..]
                .iter()
                .any(|later| later.has_cause_of(error))
        });
        let chained = distinct.fold(None, |earlier: Option<Self>, (_, mut error)| {
            error.inner().earlier = earlier;
            Some(error)
        });
        chained.unwrap_or(last)
    }

    /// Splits a chain into its errors, from the first to the last.
    fn unchained(self) -> Vec<Self> {
        let mut errors = Vec::new();
        let mut next = Some(self);
        while let Some(mut error) = next {
            next = error.inner().earlier.take();
            errors.push(error);
        }
        errors.reverse();
        errors
    }

    pub(crate) fn has_cause_of(&self, other: &Self) -> bool {
        let (one, other) = (&self.0, &other.0);
        (one.kind, one.status, &one.code, &one.message)
            == (other.kind, other.status, &other.code, &other.message)
    }

    pub(crate) fn with_attempts(mut self, attempts: u32) -> Self {
        self.inner().attempts = attempts;
        self
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.inner().status = Some(status);
        self
    }

    pub(crate) fn with_code(mut self, code: Option<String>) -> Self {
        self.inner().code = code;
        self
    }

    pub(crate) fn with_correlation_id(mut self, id: Option<String>) -> Self {
        self.inner().correlation_id = id;
        self
    }

    pub(crate) fn with_retry_after(mut self, time: Option<Duration>) -> Self {
        self.inner().retry_after = time;
        self
    }

    pub(crate) fn with_body(mut self, body: Bytes) -> Self {
        self.inner().body = body;
        self
    }

    pub(crate) fn from_reqwest(error: reqwest::Error) -> Self {
        // A connection timeout is both, and counts as a connection error.
        let (kind, message) = if error.is_connect() {
            (Kind::Connect, "the service can't be reached")
        } else if error.is_timeout() {
            (Kind::Timeout, "the service didn't respond in time")
        } else if error.is_builder() {
            (Kind::Argument, "the request can't be built")
        } else {
            (
                Kind::Transport,
                "the connection broke before the response was complete",
            )
        };
        // The URL is removed from the message, because the operation's id already identifies the request.
        Self::new(kind, message).with_source(error.without_url())
    }
}
