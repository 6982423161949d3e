//! A server on the loopback interface that returns recorded responses.
//!
//! The first row of this table that applies to a request decides the response:
//!
//! | the request | response |
//! |---|---|
//! | isn't a GET request | 405 |
//! | has no `Authorization: Bearer …`, or another token than [`Replay::token`] | 401, `{"Message": …}` |
//! | is recorded | the recorded response, byte for byte |
//! | has no `api-version`, or one that no recording has, except recordings of a 400 | 400 `InvalidAPIVersion` |
//! | is for a publisher without recordings | 403 `Forbidden` |
//! | is any other request | 404, `{"Product": {…}}` |
//!
//! Paths are compared segment by segment, after decoding. A response without a correlation id gets [`ADDED_CORRELATION_ID`].
//!
//! **Scenarios.** Each request of the scenario, from any client, gets the next response. The last response repeats. In the recorded
//! list of the same publisher, the server replaces the offer's status by the status that the next status request will return. No
//! other property of the list changes.

mod service;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt as _;

use self::service::Service;
pub use self::service::{ADDED_CORRELATION_ID, LoggedRequest};
use crate::background::{BackgroundServer, lock};
use crate::recording::Recording;
use crate::store::Scenario;

/// The builder of a replay server.
pub struct Replay {
    recordings: Vec<Recording>,
    scenarios: Vec<Scenario>,
    port: u16,
    token: Option<String>,
    delay: Duration,
}

impl Replay {
    /// Creates a builder for a server of these recordings and scenarios.
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

    /// Sets the port. With 0, the default, the system chooses a free port.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Sets the bearer token that the server accepts. By default, it accepts every non-empty token.
    #[must_use]
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Sets the delay before every response.
    #[must_use]
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Starts the server in its own thread and runtime, so that it responds even while the caller's runtime is blocked.
    ///
    /// Returns an error if the port is in use, or if two recordings or scenarios have the same request.
    pub fn start(self) -> io::Result<Server> {
        let service = Service::new(self.recordings, self.scenarios, self.token, self.delay)
            .map_err(|message| io::Error::new(io::ErrorKind::InvalidInput, message))?;
        let service = Arc::new(service);
        let router = Router::new()
            .fallback(service::handle)
            .with_state(Arc::clone(&service));
        let server = BackgroundServer::start(self.port, |listener| async {
            // Without `TCP_NODELAY`, a small response can wait until the client has acknowledged the previous one.
            let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
            drop(axum::serve(listener, router).await);
        })?;
        Ok(Server { server, service })
    }
}

/// A running replay server. Dropping it stops the server and closes its connections.
pub struct Server {
    server: BackgroundServer,
    service: Arc<Service>,
}

impl Server {
    /// Returns the base URL, such as `http://127.0.0.1:49152`, without a trailing slash.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Returns the requests received so far, in order, including pending requests.
    #[must_use]
    pub fn requests(&self) -> Vec<LoggedRequest> {
        lock(&self.service.log).clone()
    }
}
