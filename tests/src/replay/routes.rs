//! The routes of the server, and the responses of each route.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicUsize, Ordering},
};

use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode},
};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::recording::{Body, Recording, Request};

/// The decoded path and query of a request, so that two encodings of the same path are equal.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Route {
    pub path: Vec<Vec<u8>>,
    pub query: BTreeMap<String, String>,
}

impl Route {
    pub fn of(request: &Request) -> Self {
        Self {
            path: segments(&request.path),
            query: request.query.clone(),
        }
    }

    /// Returns the route of the list that contains the offer of this status route, and the offer's id.
    pub fn list_and_offer(&self) -> Option<(Self, String)> {
        let [list @ .., offer, _status] = self.path.as_slice() else {
            return None;
        };
        let list = Self {
            path: list.to_vec(),
            query: self.query.clone(),
        };
        Some((list, String::from_utf8(offer.clone()).ok()?))
    }
}

pub fn segments(path: &str) -> Vec<Vec<u8>> {
    path.split('/')
        .skip(1)
        .map(|segment| percent_decode_str(segment).collect())
        .collect()
}

/// The responses of a route.
pub struct Responses {
    pub recorded: Vec<RecordedResponse>,
    pub next: AtomicUsize,
    /// The body of a list whose offers have scenarios; and the id and scenario route of each such offer.
    pub with_scenarios: Option<(Value, Vec<(String, Route)>)>,
}

/// A recorded response, ready to be sent.
pub struct RecordedResponse {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// The value of the body's `status` property, which is copied to lists.
    pub offer_status: Option<Value>,
}

impl Responses {
    pub fn next(&self) -> &RecordedResponse {
        let last = self.recorded.len() - 1;
        let index = self
            .next
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |next| {
                Some((next + 1).min(last))
            })
            .unwrap_or(last);
        &self.recorded[index]
    }

    /// Returns the status in the next response, or in the latest response before it that contains a status.
    pub fn offer_status(&self) -> Option<&Value> {
        let next = self.next.load(Ordering::Relaxed);
        self.recorded[..=next]
            .iter()
            .rev()
            .find_map(|response| response.offer_status.as_ref())
    }
}

impl RecordedResponse {
    pub fn new(recording: Recording) -> Result<Self, String> {
        let line = recording.request.to_string();
        let response = recording.response;
        let mut headers = HeaderMap::new();
        for (name, value) in &response.headers {
            let name = HeaderName::try_from(name).map_err(|error| format!("{line}: {error}"))?;
            let value = HeaderValue::try_from(value).map_err(|error| format!("{line}: {error}"))?;
            headers.insert(name, value);
        }
        let (offer_status, body) = match response.body {
            Some(Body::Json(value)) => {
                let status = value.get("status").cloned();
                (status, value.to_string().into())
            }
            Some(Body::Text(text)) => (None, text.into()),
            None => (None, Bytes::new()),
        };
        Ok(Self {
            status: StatusCode::from_u16(response.status)
                .map_err(|error| format!("{line}: {error}"))?,
            headers,
            body,
            offer_status,
        })
    }
}
