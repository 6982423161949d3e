//! The replay server: a server on the loopback interface that returns recorded responses.
//!
//! The server goes through this table from the top, and sends the response of the first row that matches the request:
//!
//! | request | response |
//! |---|---|
//! | with another method than GET | 405 |
//! | without an `Authorization: Bearer …` header, or with another token than [`Replay::token`] | 401, `{"Message": …}` |
//! | with the same decoded path and query parameters as a recording, in any order of the parameters | the recorded response |
//! | without a known `api-version` | 400, with the code `InvalidAPIVersion` |
//! | for a publisher without recordings | 403, with the code `Forbidden` |
//! | any other request | 404, `{"Product": {…}}` |
//!
//! An `api-version` is known if a recorded request has it. Recordings of 400 responses don't count, because such a response may reject the
//! version.
//!
//! The server adds [`ADDED_CORRELATION_ID`] to a response without a correlation id.
//!
//! A *scenario* consists of several responses to requests for the status of one offer. Each request, from any client, gets the next response.
//! The last response repeats. The publisher's list of offers always shows the status that the next status request will return.

mod handler;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::request::Parts;
use axum::serve::ListenerExt as _;

pub use self::handler::ADDED_CORRELATION_ID;
use self::handler::Handler;
use crate::background_server::{BackgroundServer, lock};
use crate::load::Scenario;
use crate::recording::Recording;

/// Builds a replay server.
pub struct Replay {
    recordings: Vec<Recording>,
    scenarios: Vec<Scenario>,
    port: u16,
    token: Option<String>,
    delay: Duration,
}

impl Replay {
    /// Creates a builder for a server that returns these recordings and scenarios.
    pub fn new(
        recordings: impl IntoIterator<Item = Recording>,
        scenarios: impl IntoIterator<Item = Scenario>,
    ) -> Self {
        Self {
            recordings: recordings.into_iter().collect(),
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

    /// Sets the bearer token that the server accepts. By default, the server accepts every non-empty token.
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
    /// Returns an error in these cases:
    ///
    /// * The port is in use.
    /// * Two recordings or scenarios have the same request.
    /// * A recorded request isn't a GET request, or a recorded response isn't valid HTTP.
    /// * A scenario is empty, or its recordings have different requests.
    pub fn start(self) -> io::Result<Server> {
        let handler = Handler::new(self.recordings, self.scenarios, self.token, self.delay)
            .map_err(|message| io::Error::new(io::ErrorKind::InvalidInput, message))?;
        let handler = Arc::new(handler);
        let router = Router::new()
            .fallback(handler::handle)
            .with_state(Arc::clone(&handler));
        let server = BackgroundServer::start(self.port, |listener| async {
            // Without `TCP_NODELAY`, a small response can wait until the client has acknowledged the previous response.
            let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
            drop(axum::serve(listener, router).await);
        })?;
        Ok(Server { server, handler })
    }
}

/// A running replay server. Dropping this value stops the server and closes its connections.
pub struct Server {
    server: BackgroundServer,
    handler: Arc<Handler>,
}

impl Server {
    /// Returns the base URL, such as `http://127.0.0.1:49152`, without a trailing slash.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Returns the requests received so far, in order, including requests that have no response yet. The header `authorization` is
    /// removed.
    #[must_use]
    pub fn requests(&self) -> Vec<Parts> {
        lock(&self.handler.log).clone()
    }
}
