//! Which answer a request gets: what it must have, what was recorded, and what is refused.

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
    log::{Authorization, LoggedRequest},
    refusals::{error, no_such_resource, refuse},
    routes::{Answer, Answers, Route, segments},
};
use crate::{
    library::Scenario,
    recording::{Body, Recording},
};

/// What a server answers from.
pub struct Service {
    routes: HashMap<Route, Answers>,
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
        let mut moved: HashMap<Route, Vec<(String, Route)>> = HashMap::new();
        for scenario in &scenarios {
            let Some(first) = scenario.answers.first() else {
                let what = format!("the scenario {} has no answers", scenario.name);
                return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
            };
            let route = Route::of(&first.recording.request);
            if let Some((list, offer)) = route.list_and_offer() {
                moved.entry(list).or_default().push((offer, route));
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
            let offers = moved.remove(&Route::of(&recording.request));
            service.add(vec![recording], offers)?;
        }
        for scenario in scenarios {
            let answers = scenario.answers.into_iter().map(Recording::from);
            service.add(answers.collect(), None)?;
        }
        Ok(service)
    }

    /// Adds a route that answers one after the other; `offers` are those of its list that scenarios move.
    fn add(
        &mut self,
        recordings: Vec<Recording>,
        offers: Option<Vec<(String, Route)>>,
    ) -> io::Result<()> {
        let invalid = |what| io::Error::new(io::ErrorKind::InvalidInput, what);
        let request = recordings[0].request.clone();
        let was_malformed = recordings[0].response.status == 400;
        let route = Route::of(&request);
        if request.method != "GET" {
            return Err(invalid(format!("only GET is replayed: {request}")));
        }
        if self.routes.contains_key(&route) {
            return Err(invalid(format!("recorded twice: {request}")));
        }

        let moving = match (&recordings[0].response.body, offers) {
            (Some(Body::Json(list @ Value::Array(_))), Some(offers)) => {
                Some((list.clone(), offers))
            }
            _ => None,
        };
        let recorded = recordings
            .into_iter()
            .map(|recording| Answer::new(recording).map_err(invalid))
            .collect::<Result<_, _>>()?;
        if let [api, publishers, publisher, ..] = route.path.as_slice()
            && (api.as_slice(), publishers.as_slice()) == (b"api", b"publishers")
        {
            self.publishers.insert(publisher.clone());
        }
        // A version that was answered with 400 may be unknown to the service.
        if !was_malformed {
            self.versions
                .extend(request.query.get("api-version").cloned());
        }
        self.routes.insert(
            route,
            Answers {
                recorded,
                next: AtomicUsize::new(0),
                moving,
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

    pub fn answer(
        &self,
        method: &Method,
        uri: &Uri,
        query: Vec<(String, String)>,
        headers: &HeaderMap,
    ) -> HttpResponse {
        if method != Method::GET {
            let what = format!("The requested resource does not support the method '{method}'.");
            let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED, &json!({ "Message": what }));
            let get = HeaderValue::from_static("GET");
            response.headers_mut().insert(header::ALLOW, get);
            return response;
        }
        let token = headers.get(header::AUTHORIZATION).and_then(bearer);
        if token.is_none_or(|token| self.token.as_ref().is_some_and(|t| t.as_bytes() != token)) {
            let what = "Authorization has been denied for this request.";
            return refuse(StatusCode::UNAUTHORIZED, &json!({ "Message": what }));
        }
        let version = query.iter().find(|(name, _)| name == "api-version");
        let is_known = version.is_some_and(|(_, version)| self.versions.contains(version));
        let parameters = query.len();
        let route = Route {
            path: segments(uri.path()),
            query: query.into_iter().collect(),
        };
        if parameters == route.query.len()
            && let Some(answers) = self.routes.get(&route)
        {
            return self.recorded(answers);
        }
        if !is_known {
            let what = "The api-version is missing or not supported.";
            return error(StatusCode::BAD_REQUEST, "InvalidAPIVersion", what);
        }
        self.unknown(&route)
    }

    fn recorded(&self, answers: &Answers) -> HttpResponse {
        let answer = answers.next();
        let body = match &answers.moving {
            None => answer.body.clone(),
            Some((list, offers)) => {
                let mut list = list.clone();
                for item in list.as_array_mut().into_iter().flatten() {
                    let scenario = offers.iter().find(|(id, _)| item["id"] == id.as_str());
                    if let Some((_, route)) = scenario
                        && let Some(answers) = self.routes.get(route)
                        && let Some(status) = answers.offer_status()
                    {
                        item["status"] = status.clone();
                    }
                }
                list.to_string().into()
            }
        };
        let mut response = HttpResponse::new(HttpBody::from(body));
        *response.status_mut() = answer.status;
        *response.headers_mut() = answer.headers.clone();
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
        refuse(
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

/// The token of a bearer header. It is never empty: HTTP takes white space off a header's end, and then the space is gone.
fn bearer(value: &HeaderValue) -> Option<&[u8]> {
    let (scheme, token) = value.as_bytes().split_at_checked("Bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then_some(token)
}
