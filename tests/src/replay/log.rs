//! What a server remembers of the requests.

use std::{collections::BTreeMap, time::Instant};

/// What a [`Server`](super::Server) remembers of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedRequest {
    /// The HTTP method.
    pub method: String,
    /// The path as it arrived, percent-encoded, without the query.
    pub path: String,
    /// The query parameters, decoded, in order.
    pub query: Vec<(String, String)>,
    /// The headers by lower-case name, except `authorization`.
    pub headers: BTreeMap<String, String>,
    /// What the `authorization` header was; its token is not kept.
    pub authorization: Authorization,
    /// When the request arrived.
    pub when: Instant,
}

/// The kind of an `Authorization` header, without what it keeps secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authorization {
    /// There was none.
    Missing,
    /// `Bearer` with a token.
    Bearer,
    /// Something else, such as another scheme, or `Bearer` without a token.
    Other,
}
