//! The HTTP handler: logs a request, and chooses the recorded response or an error response in a format of the service.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body as HttpBody, Bytes};
use axum::extract::{Query, State};
use axum::http::header::{ALLOW, AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response as HttpResponse};
use serde_json::{Value, json};

use crate::recording::{self, Body, Recording};
use crate::store::Scenario;

const CORRELATION_ID: HeaderName = HeaderName::from_static("x-ms-correlation-request-id");

/// A request that a [`Server`](super::Server) has received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedRequest {
    /// The HTTP method.
    pub method: String,
    /// The path and query, as received.
    pub target: String,
    /// The headers by lower-case name, except `authorization`.
    pub headers: BTreeMap<String, String>,
}

impl LoggedRequest {
    fn new(method: &Method, uri: &Uri, headers: &HeaderMap) -> Self {
        let headers = headers.iter().filter(|(name, _)| *name != AUTHORIZATION);
        Self {
            method: method.to_string(),
            target: uri.to_string(),
            headers: headers
                .map(|(name, value)| {
                    let value = String::from_utf8_lossy(value.as_bytes());
                    (name.to_string(), value.into_owned())
                })
                .collect(),
        }
    }
}

/// The responses and the state of a server.
pub struct Service {
    routes: HashMap<Route, Responses>,
    /// The routes of the scenarios, which are also in `routes`.
    scenarios: Vec<Route>,
    token: Option<String>,
    delay: Duration,
    pub log: Mutex<Vec<LoggedRequest>>,
    last_correlation_id: AtomicU64,
}

/// The decoded path and query of a request, so that two encodings of the same path are equal.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Route {
    path: Vec<String>,
    query: BTreeMap<String, String>,
}

/// The responses of a route, in order.
struct Responses {
    recorded: Vec<Response<Bytes>>,
    /// For each response, the value of the `status` property in its body or in the latest body before it.
    offer_statuses: Vec<Option<Value>>,
    next: AtomicUsize,
}

pub async fn handle(
    State(service): State<Arc<Service>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> HttpResponse {
    service
        .log
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(LoggedRequest::new(&method, &uri, &headers));

    // The response is chosen after the delay, so that a client that disconnects before doesn't advance a scenario.
    if !service.delay.is_zero() {
        tokio::time::sleep(service.delay).await;
    }

    let mut response = service.respond(&method, &uri, &headers);
    let headers = response.headers_mut();
    if !headers.contains_key(CORRELATION_ID) {
        let number = service.last_correlation_id.fetch_add(1, Ordering::Relaxed) + 1;
        let id = format!("00000000-0000-4000-8000-{number:012x}");
        if let Ok(id) = HeaderValue::try_from(id) {
            headers.insert(CORRELATION_ID, id);
        }
    }
    response
}

impl Service {
    pub fn new(
        recordings: Vec<Recording>,
        scenarios: Vec<Scenario>,
        token: Option<String>,
        delay: Duration,
    ) -> Result<Self, String> {
        let mut service = Self {
            routes: HashMap::new(),
            scenarios: Vec::new(),
            token,
            delay,
            log: Mutex::default(),
            last_correlation_id: AtomicU64::new(0),
        };
        for recording in recordings {
            service.add(vec![recording])?;
        }
        for scenario in scenarios {
            if scenario.recordings.is_empty() {
                return Err(format!("the scenario {} has no recordings", scenario.name));
            }
            let recordings = scenario.recordings.into_iter().map(Recording::from);
            let route = service.add(recordings.collect())?;
            service.scenarios.push(route);
        }
        Ok(service)
    }

    /// Adds the responses of one route.
    fn add(&mut self, recordings: Vec<Recording>) -> Result<Route, String> {
        let request = recordings[0].request.clone();
        if request.method != "GET" {
            return Err(format!("only GET is replayed: {request}"));
        }
        let mut responses = Responses {
            recorded: Vec::new(),
            offer_statuses: Vec::new(),
            next: AtomicUsize::new(0),
        };
        for recording in recordings {
            let status = match &recording.response.body {
                Some(Body::Json(body)) => body.get("status").cloned(),
                _ => None,
            };
            let before = responses.offer_statuses.last().cloned().flatten();
            responses.offer_statuses.push(status.or(before));
            let response = http_response(&recording.response)
                .map_err(|error| format!("{request}: {error}"))?;
            responses.recorded.push(response);
        }
        let route = Route {
            path: request.segments(),
            query: request.query.clone(),
        };
        match self.routes.insert(route.clone(), responses) {
            Some(_) => Err(format!("recorded twice: {request}")),
            None => Ok(route),
        }
    }

    fn respond(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> HttpResponse {
        if method != Method::GET {
            let what = format!("The requested resource does not support the method '{method}'.");
            let response = json_response(StatusCode::METHOD_NOT_ALLOWED, &json!({"Message": what}));
            return ([(ALLOW, "GET")], response).into_response();
        }
        let token = headers.get(AUTHORIZATION).and_then(bearer_token);
        if token.is_none_or(|token| self.token.as_ref().is_some_and(|t| t.as_bytes() != token)) {
            let what = "Authorization has been denied for this request.";
            return json_response(StatusCode::UNAUTHORIZED, &json!({"Message": what}));
        }
        let query = Query::<Vec<(String, String)>>::try_from_uri(uri);
        let query = query.map(|Query(query)| query).unwrap_or_default();
        let parameters = query.len();
        let route = Route {
            path: recording::segments(uri.path()),
            query: query.into_iter().collect(),
        };
        match self.routes.get(&route) {
            // The route contains a repeated parameter once, but a request with a repeated parameter isn't recorded.
            Some(responses) if parameters == route.query.len() => self.recorded(&route, responses),
            _ => self.error_response(&route),
        }
    }

    fn recorded(&self, route: &Route, responses: &Responses) -> HttpResponse {
        let last = responses.recorded.len() - 1;
        let advance = |next| Some(last.min(next + 1));
        let next = responses
            .next
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, advance);
        let mut response = responses.recorded[next.unwrap_or(last)].clone();

        let statuses = self.scenario_statuses(route);
        if !statuses.is_empty()
            && let Ok(Value::Array(mut list)) = serde_json::from_slice(response.body())
        {
            for offer in &mut list {
                if let Some((_, status)) = statuses.iter().find(|(id, _)| offer["id"] == **id) {
                    offer["status"] = Value::clone(status);
                }
            }
            *response.body_mut() = Value::Array(list).to_string().into();
        }
        response.map(HttpBody::from)
    }

    /// Returns the ids of the offers of this list that have a scenario, and the status that the next status request will return.
    fn scenario_statuses(&self, list: &Route) -> Vec<(&str, &Value)> {
        self.scenarios
            .iter()
            .filter(|scenario| scenario.query == list.query)
            .filter_map(|scenario| match scenario.path.strip_prefix(&*list.path)? {
                [offer, _status] => {
                    let responses = self.routes.get(scenario)?;
                    let next = responses.next.load(Ordering::Relaxed);
                    Some((offer.as_str(), responses.offer_statuses[next].as_ref()?))
                }
                _ => None,
            })
            .collect()
    }

    /// Returns the error response for a request that isn't recorded.
    fn error_response(&self, route: &Route) -> HttpResponse {
        let error = |status, code, message| {
            let error = json!({"code": code, "message": message});
            json_response(status, &json!({ "error": error }))
        };
        let version = route.query.get("api-version");
        // A version in a request that returned 400 may be unknown to the service.
        let is_known = version.is_some()
            && self.routes.iter().any(|(known, responses)| {
                known.query.get("api-version") == version && responses.recorded[0].status() != 400
            });
        if !is_known {
            let what = "The api-version is missing or not supported.";
            return error(StatusCode::BAD_REQUEST, "InvalidAPIVersion", what);
        }
        let path: Vec<&str> = route.path.iter().map(String::as_str).collect();
        let ["api", "publishers", _, rest @ ..] = path.as_slice() else {
            let what = "No HTTP resource was found that matches the request.";
            return json_response(StatusCode::NOT_FOUND, &json!({"Message": what}));
        };
        let is_known =
            |path: &[String]| self.routes.keys().any(|known| known.path.starts_with(path));
        if !is_known(&route.path[..3]) {
            let what = "The principal has no access to the publisher.";
            return error(StatusCode::FORBIDDEN, "Forbidden", what);
        }
        if self.routes.keys().any(|known| known.path == route.path) {
            let what = "The query has parameters that are not expected here, or lacks some.";
            return error(StatusCode::BAD_REQUEST, "BadRequest", what);
        }
        let what = match rest {
            [_, offer, ..] => format!("The offer '{offer}' was not found."),
            _ => "The publisher's offers were not found.".to_owned(),
        };
        let error = json!({
            "serviceName": "Product",
            "error": what,
            "exceptionCode": "Http404Exception",
            "httpStatusCode": "NotFound",
        });
        json_response(StatusCode::NOT_FOUND, &json!({ "Product": error }))
    }
}

fn http_response(recorded: &recording::Response) -> Result<Response<Bytes>, axum::http::Error> {
    let mut response = Response::builder().status(recorded.status);
    for (name, value) in &recorded.headers {
        response = response.header(name, value);
    }
    response.body(match &recorded.body {
        Some(Body::Json(value)) => value.to_string().into(),
        Some(Body::Text(text)) => text.clone().into(),
        None => Bytes::new(),
    })
}

fn json_response(status: StatusCode, body: &Value) -> HttpResponse {
    let json = [(CONTENT_TYPE, "application/json; charset=utf-8")];
    (status, json, body.to_string()).into_response()
}

/// Returns the token of a bearer header. It is never empty, because HTTP removes the trailing space of an empty one.
fn bearer_token(value: &HeaderValue) -> Option<&[u8]> {
    let (scheme, token) = value.as_bytes().split_at_checked("Bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then_some(token)
}
