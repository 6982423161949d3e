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

mod http;
mod log;
mod refusals;
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
use crate::{library::Scenario, recording::Recording};

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
            .fallback(http::answer)
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
