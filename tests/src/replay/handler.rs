//! The HTTP handler of the replay server: logs each request, and returns the recorded response or an error response.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body as HttpBody, Bytes};
use axum::extract::{Query, State};
use axum::http::header::{ALLOW, AUTHORIZATION, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, Response, StatusCode};
use axum::response::{IntoResponse as _, Response as HttpResponse};
use serde_json::{Value, json};

use crate::background_server::lock;
use crate::load::Scenario;
use crate::recording::{self, Body, Recording};

/// The correlation id that the server adds to a response without a recorded correlation id.
pub const ADDED_CORRELATION_ID: &str = "00000000-0000-4000-8000-000000000001";

const CORRELATION_ID: HeaderName = HeaderName::from_static("x-ms-correlation-request-id");

/// The settings and the state of a replay server.
pub struct Handler {
    routes: HashMap<Route, Responses>,
    /// The routes of the scenarios (sequences of responses to one request). `routes` contains these routes too.
    scenarios: Vec<Route>,
    /// The accepted bearer token; `None` accepts every non-empty token.
    token: Option<String>,
    delay: Duration,
    /// The received requests, without the header `authorization`.
    pub log: Mutex<Vec<Parts>>,
}

/// The decoded path and the sorted query parameters of a request. For example, the paths `/a` and `/%61` have the same route.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Route {
    path: Vec<String>,
    query: Vec<(String, String)>,
}

/// The recorded responses of a route: one response, or the responses of a scenario in order.
struct Responses {
    recorded: Vec<Response<Bytes>>,
    /// The number of responses that were sent.
    sent: AtomicUsize,
}

impl Responses {
    /// Returns the response that follows `sent` earlier responses. The last recorded response repeats.
    fn after(&self, sent: usize) -> &Response<Bytes> {
        &self.recorded[sent.min(self.recorded.len() - 1)]
    }
}

pub async fn handle(State(handler): State<Arc<Handler>>, mut request: Parts) -> HttpResponse {
    let authorization = request.headers.remove(AUTHORIZATION);
    lock(&handler.log).push(request.clone());

    // The server chooses the response after the delay. Therefore, a client that disconnects during the delay doesn't advance a scenario.
    if !handler.delay.is_zero() {
        tokio::time::sleep(handler.delay).await;
    }

    let mut response = handler.respond(&request, authorization.as_ref());
    let added = HeaderValue::from_static(ADDED_CORRELATION_ID);
    let headers = response.headers_mut();
    headers.entry(CORRELATION_ID).or_insert(added);
    response
}

impl Handler {
    pub fn new(
        recordings: Vec<Recording>,
        scenarios: Vec<Scenario>,
        token: Option<String>,
        delay: Duration,
    ) -> Result<Self, String> {
        let mut handler = Self {
            routes: HashMap::new(),
            scenarios: Vec::new(),
            token,
            delay,
            log: Mutex::default(),
        };
        for recording in recordings {
            handler.add(&[recording])?;
        }
        for Scenario { name, recordings } in scenarios {
            let Some(first) = recordings.first() else {
                return Err(format!("the scenario {name} has no recordings"));
            };
            if recordings
                .iter()
                .any(|other| other.request != first.request)
            {
                return Err(format!(
                    "the recordings of the scenario {name} have different requests"
                ));
            }
            let route = handler.add(&recordings)?;
            handler.scenarios.push(route);
        }
        Ok(handler)
    }

    /// Adds a route with the responses of these recordings, which must all have the same request.
    fn add(&mut self, recordings: &[Recording]) -> Result<Route, String> {
        let request = &recordings[0].request;
        if request.method != "GET" {
            return Err(format!(
                "only GET is replayed: {} {}",
                request.method, request.path
            ));
        }
        let recorded = recordings.iter().map(http_response);
        let recorded = recorded.collect::<Result<_, _>>();
        let responses = Responses {
            recorded: recorded.map_err(|error| format!("{}: {error}", request.path))?,
            sent: AtomicUsize::new(0),
        };
        let route = Route {
            path: request.segments(),
            query: request.query.clone().into_iter().collect(),
        };
        match self.routes.insert(route.clone(), responses) {
            Some(_) => Err(format!(
                "two recordings or scenarios have the same request: GET {}",
                request.path
            )),
            None => Ok(route),
        }
    }

    fn respond(&self, request: &Parts, authorization: Option<&HeaderValue>) -> HttpResponse {
        let method = &request.method;
        if method != Method::GET {
            let message = format!("The requested resource does not support the method '{method}'.");
            let body = json!({ "Message": message });
            let response = json_response(StatusCode::METHOD_NOT_ALLOWED, &body);
            return ([(ALLOW, "GET")], response).into_response();
        }
        let token = authorization.and_then(bearer_token);
        if token.is_none_or(|token| self.token.as_ref().is_some_and(|t| t.as_bytes() != token)) {
            let body = json!({ "Message": "Authorization has been denied for this request." });
            return json_response(StatusCode::UNAUTHORIZED, &body);
        }
        let query = Query::<Vec<(String, String)>>::try_from_uri(&request.uri);
        let mut query = query.map(|Query(query)| query).unwrap_or_default();
        query.sort();
        let route = Route {
            path: recording::segments(request.uri.path()),
            query,
        };
        match self.routes.get(&route) {
            Some(responses) => self.recorded(&route, responses),
            None => self.error_response(&route),
        }
    }

    /// Returns the next recorded response of a route. In a list of offers, replaces the status of each offer that has a scenario by the
    /// status in the scenario's next response. The recorded status could contradict the scenario.
    fn recorded(&self, route: &Route, responses: &Responses) -> HttpResponse {
        let sent = responses.sent.fetch_add(1, Ordering::Relaxed);
        let mut response = responses.after(sent).clone();
        let statuses = self.scenario_statuses(route);
        if !statuses.is_empty()
            && let Ok(Value::Array(mut list)) = serde_json::from_slice(response.body())
        {
            for offer in &mut list {
                if let Some((_, status)) = statuses.iter().find(|(id, _)| offer["id"] == **id) {
                    offer["status"] = status.clone();
                }
            }
            *response.body_mut() = Value::Array(list).to_string().into();
        }
        response.map(HttpBody::from)
    }

    /// Returns the id of each offer that has a scenario, with the status in the scenario's next response. `list` is the route of the list
    /// that contains the offers.
    fn scenario_statuses(&self, list: &Route) -> Vec<(&str, Value)> {
        self.scenarios
            .iter()
            .filter(|scenario| scenario.query == list.query)
            .filter_map(|scenario| match scenario.path.strip_prefix(&*list.path)? {
                [offer, _status] => {
                    let responses = self.routes.get(scenario)?;
                    let next = responses.after(responses.sent.load(Ordering::Relaxed));
                    let report: Value = serde_json::from_slice(next.body()).ok()?;
                    Some((offer.as_str(), report.get("status")?.clone()))
                }
                _ => None,
            })
            .collect()
    }

    /// Returns the error response for a request that isn't recorded.
    fn error_response(&self, route: &Route) -> HttpResponse {
        let publisher = &route.path[..route.path.len().min(3)];
        // A recorded 400 response doesn't make its `api-version` known, because the service may have rejected this version.
        let is_known_version = self.routes.iter().any(|(recorded, responses)| {
            recorded.version() == route.version() && responses.recorded[0].status() != 400
        });
        let mut paths = self.routes.keys().map(|recorded| &recorded.path);
        let (status, body) = if !is_known_version {
            let message = "The api-version is missing or not supported.";
            let error = json!({ "code": "InvalidAPIVersion", "message": message });
            (StatusCode::BAD_REQUEST, json!({ "error": error }))
        } else if !paths.any(|path| path.starts_with(publisher)) {
            let message = "The principal has no access to the publisher.";
            let error = json!({ "code": "Forbidden", "message": message });
            (StatusCode::FORBIDDEN, json!({ "error": error }))
        } else {
            let message = match route.path.get(4) {
                Some(offer) => format!("The offer '{offer}' was not found."),
                None => "The publisher's offers were not found.".to_owned(),
            };
            let error = json!({
                "serviceName": "Product",
                "error": message,
                "exceptionCode": "Http404Exception",
                "httpStatusCode": "NotFound",
            });
            (StatusCode::NOT_FOUND, json!({ "Product": error }))
        };
        json_response(status, &body)
    }
}

impl Route {
    fn version(&self) -> Option<&str> {
        let mut parameters = self.query.iter();
        let version = parameters.find(|(name, _)| name == "api-version");
        version.map(|(_, version)| version.as_str())
    }
}

fn http_response(recording: &Recording) -> Result<Response<Bytes>, axum::http::Error> {
    let recorded = &recording.response;
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

/// Returns the token of an `Authorization: Bearer …` header. Returns `None` for another scheme or an empty token. A header with an empty
/// token has the value `Bearer`, because the HTTP parser removes the space at the end.
fn bearer_token(value: &HeaderValue) -> Option<&[u8]> {
    let (scheme, token) = value.as_bytes().split_at_checked("Bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then_some(token)
}
