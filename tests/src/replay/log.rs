//! The log of received requests.

use std::{collections::BTreeMap, time::Instant};

/// A request that a [`Server`](super::Server) has received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedRequest {
    /// The HTTP method.
    pub method: String,
    /// The percent-encoded path, without the query.
    pub path: String,
    /// The query parameters, decoded, in order.
    pub query: Vec<(String, String)>,
    /// The headers by lower-case name, except `authorization`.
    pub headers: BTreeMap<String, String>,
    /// The kind of the `authorization` header. Its token is not stored.
    pub authorization: Authorization,
    /// The time at which the request arrived.
    pub when: Instant,
}

/// The kind of an `Authorization` header, without the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authorization {
    /// The request had no such header.
    Missing,
    /// `Bearer` with a token.
    Bearer,
    /// Another scheme, or `Bearer` without a token.
    Other,
}
