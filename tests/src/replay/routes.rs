//! What is asked, and what each question is answered with.

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

/// Method, path and query, decoded so that two ways to write the same are the same.
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

    /// The list that shows the offer whose status this route asks for, and the offer's id.
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

/// What one route answers.
pub struct Answers {
    pub recorded: Vec<Answer>,
    pub next: AtomicUsize,
    /// The body of a list with offers that a scenario moves, and who moves which.
    pub moving: Option<(Value, Vec<(String, Route)>)>,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// The body's `status`, for lists that show it.
    pub offer_status: Option<Value>,
}

impl Answers {
    pub fn next(&self) -> &Answer {
        let last = self.recorded.len() - 1;
        let index = self
            .next
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |next| {
                Some((next + 1).min(last))
            })
            .unwrap_or(last);
        &self.recorded[index]
    }

    /// The offer's status in the answer that is next, or in the latest before it that has one.
    pub fn offer_status(&self) -> Option<&Value> {
        let next = self.next.load(Ordering::Relaxed);
        self.recorded[..=next]
            .iter()
            .rev()
            .find_map(|answer| answer.offer_status.as_ref())
    }
}

impl Answer {
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
