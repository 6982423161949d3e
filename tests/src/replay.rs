//! A server on this machine that answers from recordings, and refuses as the service would whatever it has none for.
//!
//! What it checks, in this order, and what it answers then:
//!
//! | the request | answer |
//! |---|---|
//! | is no GET | 405 |
//! | has no `Authorization: Bearer …`, or another token than [`Replay::token`] | 401, `{"Message": …}` |
//! | has no `api-version` or one that no recording was made with | 400 `InvalidAPIVersion` |
//! | is for a path outside `/api/publishers` | 404, `{"Message": …}` |
//! | is for a publisher of whom nothing is recorded | 403 `Forbidden` |
//! | was recorded, but with other query parameters | 400 `BadRequest` |
//! | is for anything else of which nothing is recorded | 404, `{"Product": {…}}` |
//!
//! Everything else gets the recorded answer, byte for byte. Paths are compared decoded, segment by segment.
//!
//! **Scenarios.** Each request gets the scenario's next answer, and the last one again and again, whoever asks. In the
//! recorded list of the same publisher, the offer shows the status that the next request for it would show; that is the
//! only member of a list that moves.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body as HttpBody, Bytes},
    extract::{Query, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    response::Response as HttpResponse,
    serve::ListenerExt,
};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use tokio::sync::{oneshot, watch};

use crate::{
    library::Scenario,
    recording::{Body, Recording, Request},
};

const CORRELATION_ID: HeaderName = HeaderName::from_static("x-ms-correlation-request-id");

/// A replay server that has yet to be started.
pub struct Replay {
    recordings: Vec<Recording>,
    scenarios: Vec<Scenario>,
    port: u16,
    token: Option<String>,
    delay: Duration,
}

impl Replay {
    /// A server of these recordings and scenarios.
    pub fn new(
        recordings: impl IntoIterator<Item = impl Into<Recording>>,
        scenarios: impl IntoIterator<Item = Scenario>,
    ) -> Self {
        Self {
            recordings: recordings.into_iter().map(Into::into).collect(),
            scenarios: scenarios.into_iter().collect(),
            port: 0,
            token: None,
            delay: Duration::ZERO,
        }
    }

    /// Listens on this port; 0, the default, takes any that is free.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Accepts only this bearer token; the default is to accept every one that isn't empty.
    #[must_use]
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Lets every answer wait for this long.
    #[must_use]
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Starts to listen on the loopback interface, in a thread of its own: it needs no runtime around it, and answers
    /// even while the caller's runtime is blocked.
    ///
    /// Fails when the port is taken, and when two of the recordings and scenarios ask the same.
    pub fn start(self) -> io::Result<Server> {
        let state = Arc::new(Service::new(
            self.recordings,
            self.scenarios,
            self.token,
            self.delay,
        )?);

        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, self.port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let listener = {
            let _inside = runtime.enter();
            tokio::net::TcpListener::from_std(listener)?
        };
        // Without this, a small answer can wait for the acknowledgement of the one before.
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&state));
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = thread::Builder::new()
            .name("replay".to_owned())
            .spawn(move || {
                runtime.spawn(async move { axum::serve(listener, router).await });
                // Ends when the other half is dropped. With the runtime, every connection ends too.
                drop(runtime.block_on(stopped));
            })?;
        Ok(Server {
            address,
            state,
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

/// A running replay server. It stops when this is dropped, with all its connections.
pub struct Server {
    address: SocketAddr,
    state: Arc<Service>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Where it listens, such as `http://127.0.0.1:49152`, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests that have arrived so far, in order; those that still wait for their answer too.
    #[must_use]
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.state
            .log
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Answers nothing until the returned value is dropped. Requests are still logged, and wait.
    #[must_use = "answers are held only as long as this is kept"]
    pub fn hold(&self) -> Hold {
        self.state.holds.send_modify(|holds| *holds += 1);
        Hold(Arc::clone(&self.state))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// Keeps a [`Server`] from answering until it is dropped.
pub struct Hold(Arc<Service>);

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.holds.send_modify(|holds| *holds -= 1);
    }
}

/// What a [`Server`] remembers of a request.
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

/// Method, path and query, decoded so that two ways to write the same are the same.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Route {
    path: Vec<Vec<u8>>,
    query: BTreeMap<String, String>,
}

impl Route {
    fn of(request: &Request) -> Self {
        Self {
            path: segments(&request.path),
            query: request.query.clone(),
        }
    }

    /// The list that shows the offer whose status this route asks for, and the offer's id.
    fn list_and_offer(&self) -> Option<(Self, String)> {
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

fn segments(path: &str) -> Vec<Vec<u8>> {
    path.split('/')
        .skip(1)
        .map(|segment| percent_decode_str(segment).collect())
        .collect()
}

/// What one route answers.
struct Answers {
    recorded: Vec<Answer>,
    next: AtomicUsize,
    /// The body of a list with offers that a scenario moves, and who moves which.
    moving: Option<(Value, Vec<(String, Route)>)>,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    /// The body's `status`, for lists that show it.
    offer_status: Option<Value>,
}

impl Answers {
    fn next(&self) -> &Answer {
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
    fn offer_status(&self) -> Option<&Value> {
        let next = self.next.load(Ordering::Relaxed);
        self.recorded[..=next]
            .iter()
            .rev()
            .find_map(|answer| answer.offer_status.as_ref())
    }
}

struct Service {
    routes: HashMap<Route, Answers>,
    publishers: BTreeSet<Vec<u8>>,
    versions: BTreeSet<String>,
    token: Option<String>,
    delay: Duration,
    holds: watch::Sender<usize>,
    log: Mutex<Vec<LoggedRequest>>,
    correlation_ids: AtomicU64,
}

impl Service {
    fn new(
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
        self.versions
            .extend(request.query.get("api-version").cloned());
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

    fn log(&self, method: &Method, uri: &Uri, query: &[(String, String)], headers: &HeaderMap) {
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

    fn answer(
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
        if version.is_none_or(|(_, version)| !self.versions.contains(version)) {
            let what = "The api-version is missing or not supported.";
            return error(StatusCode::BAD_REQUEST, "InvalidAPIVersion", what);
        }

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

impl Answer {
    fn new(recording: Recording) -> Result<Self, String> {
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

/// The token of a bearer header. It is never empty: HTTP takes white space off a header's end, and then the space is gone.
fn bearer(value: &HeaderValue) -> Option<&[u8]> {
    let (scheme, token) = value.as_bytes().split_at_checked("Bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then_some(token)
}

fn error(status: StatusCode, code: &str, message: &str) -> HttpResponse {
    refuse(
        status,
        &json!({ "error": { "code": code, "message": message } }),
    )
}

fn no_such_resource() -> HttpResponse {
    let what = "No HTTP resource was found that matches the request.";
    refuse(StatusCode::NOT_FOUND, &json!({ "Message": what }))
}

fn refuse(status: StatusCode, body: &Value) -> HttpResponse {
    let mut response = HttpResponse::new(HttpBody::from(body.to_string()));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

async fn answer(
    State(service): State<Arc<Service>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> HttpResponse {
    let query = Query::<Vec<(String, String)>>::try_from_uri(&uri)
        .map(|Query(query)| query)
        .unwrap_or_default();
    service.log(&method, &uri, &query, &headers);

    // First wait, then choose the answer: a client that gives up while it waits has not used up a scenario's answer.
    let mut holds = service.holds.subscribe();
    drop(holds.wait_for(|holds| *holds == 0).await);
    if !service.delay.is_zero() {
        tokio::time::sleep(service.delay).await;
    }

    let mut response = service.answer(&method, &uri, query, &headers);
    let headers = response.headers_mut();
    if !headers.contains_key(CORRELATION_ID) {
        let number = service.correlation_ids.fetch_add(1, Ordering::Relaxed);
        let id = format!("00000000-0000-4000-8000-{number:012x}");
        if let Ok(id) = HeaderValue::try_from(id) {
            headers.insert(CORRELATION_ID, id);
        }
    }
    response
}
