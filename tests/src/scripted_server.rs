//! A server for tests of network errors and invalid responses. For each request it runs a script: a list of steps that send bytes, wait
//! or reset the connection.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::background_server::{BackgroundServer, lock};

/// A step of a script. The first step runs after the server has read a request, and the server closes the connection after the last
/// step.
#[derive(Clone)]
pub enum Step {
    /// Sends these bytes.
    Send(Vec<u8>),
    /// Sends these bytes repeatedly until the client disconnects, and waits for this duration after each time.
    Repeat(Vec<u8>, Duration),
    /// Waits for this duration.
    Wait(Duration),
    /// Sends nothing, and waits until the client disconnects. Later steps don't run.
    Stall,
    /// Resets the connection. Later steps don't run.
    Reset,
}

/// A request that the server has received.
#[derive(Clone, Debug)]
pub struct ReceivedRequest {
    /// The number of the request, counted from 0.
    pub number: usize,
    /// The path and query.
    pub target: String,
    /// The bearer token.
    pub token: Option<String>,
    /// The time at which the server had read the request's head.
    pub when: Instant,
}

type Script = dyn Fn(&ReceivedRequest) -> Vec<Step> + Send + Sync;

struct State {
    script: Box<Script>,
    requests: Mutex<Vec<ReceivedRequest>>,
    pending_requests: AtomicUsize,
    max_concurrent_requests: AtomicUsize,
}

/// A running server. Dropping it stops the server and closes its connections.
pub struct ScriptedServer {
    server: BackgroundServer,
    state: Arc<State>,
}

impl ScriptedServer {
    /// Starts a server that calls `script` for each request and runs the returned steps. Each connection serves one request.
    ///
    /// # Panics
    ///
    /// Panics if no port or thread is available.
    pub fn start(script: impl Fn(&ReceivedRequest) -> Vec<Step> + Send + Sync + 'static) -> Self {
        let state = Arc::new(State {
            script: Box::new(script),
            requests: Mutex::default(),
            pending_requests: AtomicUsize::new(0),
            max_concurrent_requests: AtomicUsize::new(0),
        });
        let shared = Arc::clone(&state);
        let server = BackgroundServer::start(0, |listener| async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(connection(stream, Arc::clone(&shared)));
            }
        });
        Self {
            server: server.expect("a port and a thread"),
            state,
        }
    }

    /// Starts a server that runs the script at index `n` for the request with the number `n`. The last script also runs for all later
    /// requests.
    #[must_use]
    pub fn scripts(scripts: Vec<Vec<Step>>) -> Self {
        Self::start(move |request| scripts[request.number.min(scripts.len() - 1)].clone())
    }

    /// Returns the base URL, `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Returns the requests received so far, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        lock(&self.state.requests).clone()
    }

    /// Returns the maximum number of requests that were pending at the same time. A request is pending while its script runs.
    #[must_use]
    pub fn max_concurrent_requests(&self) -> usize {
        self.state.max_concurrent_requests.load(Ordering::SeqCst)
    }

    /// Returns the number of requests that are pending now.
    #[must_use]
    pub fn pending_requests(&self) -> usize {
        self.state.pending_requests.load(Ordering::SeqCst)
    }
}

async fn connection(mut stream: TcpStream, state: Arc<State>) {
    let Some((target, token)) = read_head(&mut stream).await else {
        return;
    };
    let pending = state.pending_requests.fetch_add(1, Ordering::SeqCst) + 1;
    state
        .max_concurrent_requests
        .fetch_max(pending, Ordering::SeqCst);
    let request = {
        let mut log = lock(&state.requests);
        let request = ReceivedRequest {
            number: log.len(),
            target,
            token,
            when: Instant::now(),
        };
        log.push(request.clone());
        request
    };
    let steps = (state.script)(&request);
    let disconnected = run_steps(&mut stream, steps).await.is_err();
    state.pending_requests.fetch_sub(1, Ordering::SeqCst);
    if !disconnected {
        drop(stream.shutdown().await);
        // Data from the client would reset a closed connection, and the client could lose the response. Therefore, read until the end.
        wait_for_disconnect(&mut stream).await;
    }
}

/// Reads a request's head and returns the target and the token. Returns `None` if the connection ends before the head does.
async fn read_head(stream: &mut TcpStream) -> Option<(String, Option<String>)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    let head = String::from_utf8_lossy(&head);
    let mut lines = head.lines();
    let target = lines.next()?.split(' ').nth(1)?.to_owned();
    let token = lines
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("authorization"))
        .and_then(|(_, value)| value.strip_prefix("Bearer "));
    Some((target, token.map(ToOwned::to_owned)))
}

/// Runs the steps. Returns an error if the client has disconnected or a step resets the connection.
async fn run_steps(stream: &mut TcpStream, steps: Vec<Step>) -> std::io::Result<()> {
    for step in steps {
        match step {
            Step::Send(bytes) => stream.write_all(&bytes).await?,
            Step::Repeat(bytes, interval) => loop {
                stream.write_all(&bytes).await?;
                tokio::time::sleep(interval).await;
            },
            Step::Wait(time) => tokio::time::sleep(time).await,
            Step::Stall => {
                wait_for_disconnect(stream).await;
                return Err(std::io::ErrorKind::ConnectionAborted.into());
            }
            Step::Reset => {
                stream.set_zero_linger()?;
                return Err(std::io::ErrorKind::ConnectionReset.into());
            }
        }
    }
    Ok(())
}

async fn wait_for_disconnect(stream: &mut TcpStream) {
    let mut ignored = [0; 256];
    while stream.read(&mut ignored).await.is_ok_and(|read| read > 0) {}
}

/// Returns a script that sends a complete, valid response with the header `connection: close`.
pub fn response(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Vec<Step> {
    let body = body.as_ref();
    let mut bytes = format!(
        "HTTP/1.1 {status} \r\nconnection: close\r\ncontent-length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        let _ = write!(bytes, "{name}: {value}\r\n");
    }
    bytes.push_str("\r\n");
    let mut bytes = bytes.into_bytes();
    bytes.extend_from_slice(body);
    vec![Step::Send(bytes)]
}

/// Returns a script that sends a 200 response with a JSON body.
pub fn json_response(body: impl AsRef<[u8]>) -> Vec<Step> {
    response(200, &[("content-type", "application/json")], body)
}
