//! A server on the loopback interface that returns recorded responses.
//!
//! To a request that isn't recorded it returns the error response that the service would return. It checks, in this order:
//!
//! | the request | response |
//! |---|---|
//! | isn't a GET request | 405 |
//! | has no `Authorization: Bearer …`, or another token than [`Replay::token`] | 401, `{"Message": …}` |
//! | has no `api-version` or one that no recording was made with | 400 `InvalidAPIVersion` |
//! | is for a path outside `/api/publishers` | 404, `{"Message": …}` |
//! | is for a publisher without recordings | 403 `Forbidden` |
//! | was recorded, but with other query parameters | 400 `BadRequest` |
//! | isn't recorded | 404, `{"Product": {…}}` |
//!
//! To any other request it returns the recorded response, byte for byte. Paths are compared segment by segment, after decoding.
//!
//! **Scenarios.** Each request returns the scenario's next response, from any client; after the last response, it is repeated. The
//! recorded list of the same publisher contains the status that the next status request for the offer will return. No other
//! property of a list changes.

mod error_responses;
mod http;
mod log;
mod routes;
mod service;

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use axum::{Router, serve::ListenerExt};
use tokio::sync::oneshot;

pub use self::log::{Authorization, LoggedRequest};
use self::service::Service;
use crate::{recording::Recording, store::Scenario};

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
            let _context = runtime.enter();
            tokio::net::TcpListener::from_std(listener)?
        };
        // Without `TCP_NODELAY`, a small response can wait until the client has acknowledged the previous one.
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        let router = Router::new()
            .fallback(http::handle)
            .with_state(Arc::clone(&state));
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = thread::Builder::new()
            .name("replay".to_owned())
            .spawn(move || {
                runtime.spawn(async move { axum::serve(listener, router).await });
                // Returns when `stop` is dropped. Dropping the runtime then closes every connection.
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

/// A running replay server. Dropping it stops the server and closes its connections.
pub struct Server {
    address: SocketAddr,
    state: Arc<Service>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Returns the base URL, such as `http://127.0.0.1:49152`, without a trailing slash.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the requests received so far, in order, including pending requests.
    #[must_use]
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.state
            .log
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Holds all responses back until the returned guard is dropped. Requests are logged in the meantime.
    #[must_use = "dropping the guard releases the responses"]
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

/// A guard that holds back the responses of a [`Server`] until it is dropped.
pub struct Hold(Arc<Service>);

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.holds.send_modify(|holds| *holds -= 1);
    }
}
