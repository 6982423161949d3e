//! Chooses the response to a request: the checks, the recorded responses, and the error responses.

use std::{
    collections::{BTreeSet, HashMap},
    io,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize},
    },
    time::{Duration, Instant},
};

use axum::{
    body::Body as HttpBody,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::Response as HttpResponse,
};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::{
    error_responses::{error, json_response, no_such_resource},
    log::{Authorization, LoggedRequest},
    routes::{RecordedResponse, Responses, Route, segments},
};
use crate::{
    recording::{Body, Recording},
    store::Scenario,
};

/// The routes and the state of a server.
pub struct Service {
    routes: HashMap<Route, Responses>,
    publishers: BTreeSet<Vec<u8>>,
    versions: BTreeSet<String>,
    token: Option<String>,
    pub delay: Duration,
    pub holds: watch::Sender<usize>,
    pub log: Mutex<Vec<LoggedRequest>>,
    pub correlation_ids: AtomicU64,
}

impl Service {
    pub fn new(
        recordings: Vec<Recording>,
        scenarios: Vec<Scenario>,
        token: Option<String>,
        delay: Duration,
    ) -> io::Result<Self> {
        let mut scenario_offers: HashMap<Route, Vec<(String, Route)>> = HashMap::new();
        for scenario in &scenarios {
            let Some(first) = scenario.recordings.first() else {
                let what = format!("the scenario {} has no recordings", scenario.name);
                return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
            };
            let route = Route::of(&first.recording.request);
            if let Some((list, offer)) = route.list_and_offer() {
                scenario_offers
                    .entry(list)
                    .or_default()
                    .push((offer, route));
            }
        }

        let mut service = Self {
            routes: HashMap::new(),
            publishers: BTreeSet::new(),
            versions: BTreeSet::new(),
            token,
            delay,
            holds: watch::Sender::new(0),
            log: Mutex::default(),
            correlation_ids: AtomicU64::new(1),
        };
        for recording in recordings {
            let offers = scenario_offers.remove(&Route::of(&recording.request));
            service.add(vec![recording], offers)?;
        }
        for scenario in scenarios {
            let recordings = scenario.recordings.into_iter().map(Recording::from);
            service.add(recordings.collect(), None)?;
        }
        Ok(service)
    }

    /// Adds a route with these responses in order. `offers` are the offers of a list that have scenarios.
    fn add(
        &mut self,
        recordings: Vec<Recording>,
        offers: Option<Vec<(String, Route)>>,
    ) -> io::Result<()> {
        let invalid = |what| io::Error::new(io::ErrorKind::InvalidInput, what);
        let request = recordings[0].request.clone();
        let is_bad_request = recordings[0].response.status == 400;
        let route = Route::of(&request);
        if request.method != "GET" {
            return Err(invalid(format!("only GET is replayed: {request}")));
        }
        if self.routes.contains_key(&route) {
            return Err(invalid(format!("recorded twice: {request}")));
        }

        let with_scenarios = match (&recordings[0].response.body, offers) {
            (Some(Body::Json(list @ Value::Array(_))), Some(offers)) => {
                Some((list.clone(), offers))
            }
            _ => None,
        };
        let recorded = recordings
            .into_iter()
            .map(|recording| RecordedResponse::new(recording).map_err(invalid))
            .collect::<Result<_, _>>()?;
        if let [api, publishers, publisher, ..] = route.path.as_slice()
            && (api.as_slice(), publishers.as_slice()) == (b"api", b"publishers")
        {
            self.publishers.insert(publisher.clone());
        }
        // A version in a request that returned 400 may be unknown to the service.
        if !is_bad_request {
            self.versions
                .extend(request.query.get("api-version").cloned());
        }
        self.routes.insert(
            route,
            Responses {
                recorded,
                next: AtomicUsize::new(0),
                with_scenarios,
            },
        );
        Ok(())
    }

    pub fn log(&self, method: &Method, uri: &Uri, query: &[(String, String)], headers: &HeaderMap) {
        let authorization = match headers.get(header::AUTHORIZATION) {
            None => Authorization::Missing,
            Some(value) if bearer(value).is_some() => Authorization::Bearer,
            Some(_) => Authorization::Other,
        };
        let request = LoggedRequest {
            method: method.to_string(),
            path: uri.path().to_owned(),
            query: query.to_vec(),
            headers: headers
                .iter()
                .filter(|(name, _)| *name != header::AUTHORIZATION)
                .map(|(name, value)| {
                    let value = String::from_utf8_lossy(value.as_bytes());
                    (name.to_string(), value.into_owned())
                })
                .collect(),
            authorization,
            when: Instant::now(),
        };
        self.log
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(request);
    }

    pub fn respond(
        &self,
        method: &Method,
        uri: &Uri,
        query: Vec<(String, String)>,
        headers: &HeaderMap,
    ) -> HttpResponse {
        if method != Method::GET {
            let what = format!("The requested resource does not support the method '{method}'.");
            let mut response =
                json_response(StatusCode::METHOD_NOT_ALLOWED, &json!({ "Message": what }));
            let get = HeaderValue::from_static("GET");
            response.headers_mut().insert(header::ALLOW, get);
            return response;
        }
        let token = headers.get(header::AUTHORIZATION).and_then(bearer);
        if token.is_none_or(|token| self.token.as_ref().is_some_and(|t| t.as_bytes() != token)) {
            let what = "Authorization has been denied for this request.";
            return json_response(StatusCode::UNAUTHORIZED, &json!({ "Message": what }));
        }
        let version = query.iter().find(|(name, _)| name == "api-version");
        let is_known = version.is_some_and(|(_, version)| self.versions.contains(version));
        let parameters = query.len();
        let route = Route {
            path: segments(uri.path()),
            query: query.into_iter().collect(),
        };
        if parameters == route.query.len()
            && let Some(responses) = self.routes.get(&route)
        {
            return self.recorded(responses);
        }
        if !is_known {
            let what = "The api-version is missing or not supported.";
            return error(StatusCode::BAD_REQUEST, "InvalidAPIVersion", what);
        }
        self.unknown(&route)
    }

    fn recorded(&self, responses: &Responses) -> HttpResponse {
        let recorded = responses.next();
        let body = match &responses.with_scenarios {
            None => recorded.body.clone(),
            Some((list, offers)) => {
                let mut list = list.clone();
                for item in list.as_array_mut().into_iter().flatten() {
                    let scenario = offers.iter().find(|(id, _)| item["id"] == id.as_str());
                    if let Some((_, route)) = scenario
                        && let Some(responses) = self.routes.get(route)
                        && let Some(status) = responses.offer_status()
                    {
                        item["status"] = status.clone();
                    }
                }
                list.to_string().into()
            }
        };
        let mut response = HttpResponse::new(HttpBody::from(body));
        *response.status_mut() = recorded.status;
        *response.headers_mut() = recorded.headers.clone();
        response
    }

    fn unknown(&self, route: &Route) -> HttpResponse {
        let [api, publishers, publisher, rest @ ..] = route.path.as_slice() else {
            return no_such_resource();
        };
        if (api.as_slice(), publishers.as_slice()) != (b"api", b"publishers") {
            return no_such_resource();
        }
        if !self.publishers.contains(publisher) {
            let what = "The principal has no access to the publisher.";
            return error(StatusCode::FORBIDDEN, "Forbidden", what);
        }
        if self.routes.keys().any(|known| known.path == route.path) {
            let what = "The query has parameters that are not expected here, or lacks some.";
            return error(StatusCode::BAD_REQUEST, "BadRequest", what);
        }
        let what = match rest {
            [_offers, offer, ..] => {
                format!(
                    "The offer '{}' was not found.",
                    String::from_utf8_lossy(offer)
                )
            }
            _ => "The publisher's offers were not found.".to_owned(),
        };
        json_response(
            StatusCode::NOT_FOUND,
            &json!({
                "Product": {
                    "serviceName": "Product",
                    "error": what,
                    "exceptionCode": "Http404Exception",
                    "httpStatusCode": "NotFound",
                },
            }),
        )
    }
}

/// Returns the token of a bearer header. It is never empty, because HTTP removes the trailing space of an empty one.
fn bearer(value: &HeaderValue) -> Option<&[u8]> {
    let (scheme, token) = value.as_bytes().split_at_checked("Bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then_some(token)
}
