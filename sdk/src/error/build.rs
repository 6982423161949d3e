//! Constructs errors, and chains the errors of several attempts. In a chain, the source of each error is an earlier error.

use std::error::Error as StdError;
use std::iter;
use std::sync::Arc;

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

    /// Sets fields of this error. Clones of this error don't change.
    pub(crate) fn with(mut self, set: impl FnOnce(&mut Inner)) -> Self {
        set(Arc::make_mut(&mut self.0));
        self
    }

    pub(crate) fn with_source(self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.with(|inner| inner.source = Some(Arc::from(source.into())))
    }

    pub(crate) fn with_operation(self, operation: &'static str) -> Self {
        self.with(|inner| inner.operation = Some(operation))
    }

    /// Chains the earlier `errors` of a call or watch with its `last` error, and returns `last`. The source of each error is the error
    /// before it. If several errors have the same kind, status code, code and message, the chain contains only the last of them.
    pub(crate) fn chain(mut errors: Vec<Self>, last: Self) -> Self {
        errors.push(last.clone());
        let newest_first = errors.into_iter().rev().flat_map(|error| {
            iter::successors(Some(error), |error: &Self| error.0.earlier.clone())
        });
        let mut distinct: Vec<Self> = Vec::new();
        for error in newest_first {
            if !distinct.iter().any(|later| later.is_same_error_as(&error)) {
                distinct.push(error);
            }
        }
        let chain = distinct.into_iter().rev().fold(None, |earlier, error| {
            Some(error.with(|inner| inner.earlier = earlier))
        });
        chain.unwrap_or(last)
    }

    /// Returns this error. If this error has no earlier error, it takes over the earlier error of `other`.
    pub(crate) fn or_earlier_of(self, other: &Self) -> Self {
        if self.0.earlier.is_some() || other.0.earlier.is_none() {
            return self;
        }
        self.with(|inner| inner.earlier.clone_from(&other.0.earlier))
    }

    /// Returns whether both errors have the same kind, status code, code and message.
    pub(crate) fn is_same_error_as(&self, other: &Self) -> bool {
        let (this, other) = (&self.0, &other.0);
        (this.kind, this.status, &this.code, &this.message)
            == (other.kind, other.status, &other.code, &other.message)
    }

    pub(crate) fn from_reqwest(error: reqwest::Error) -> Self {
        // After a timeout while connecting, `is_connect` and `is_timeout` are both true. This is a connection error, so `is_connect` is
        // checked first.
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
        // `Display` already names the operation, so the source needn't name the URL.
        Self::new(kind, message).with_source(error.without_url())
    }
}
