//! A server for tests of network errors and invalid responses. For each request, the server runs a script, which is a list of steps. For
//! example, a step sends bytes, waits, or resets the connection.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::background_server::{BackgroundServer, lock};

/// A step of a script. The server reads a request, runs the steps, and then closes the connection.
#[derive(Clone)]
pub enum Step {
    /// Sends these bytes.
    Send(Vec<u8>),
    /// Sends these bytes and waits for this duration. Repeats both until the client disconnects.
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
    /// The time at which the server finished reading the request's head.
    pub when: Instant,
}

type Script = dyn Fn(&ReceivedRequest) -> Vec<Step> + Send + Sync;

#[derive(Default)]
struct Log {
    requests: Vec<ReceivedRequest>,
    pending_requests: usize,
    max_concurrent_requests: usize,
}

/// A running server. Dropping it stops the server and closes its connections.
pub struct ScriptedServer {
    server: BackgroundServer,
    log: Arc<Mutex<Log>>,
}

impl ScriptedServer {
    /// Starts a server that calls `script` for each request and runs the returned steps. Each connection serves one request.
    ///
    /// # Panics
    ///
    /// Panics if no port or thread is available.
    pub fn start(script: impl Fn(&ReceivedRequest) -> Vec<Step> + Send + Sync + 'static) -> Self {
        let script: Arc<Script> = Arc::new(script);
        let log = Arc::default();
        let shared = Arc::clone(&log);
        let server = BackgroundServer::start(0, |listener| async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve_connection(
                    stream,
                    Arc::clone(&script),
                    Arc::clone(&shared),
                ));
            }
        });
        let server = server.expect("a port and a thread");
        Self { server, log }
    }

    /// Starts a server that runs the first script for the first request, the second script for the second request, and so on. The last
    /// script also runs for all later requests.
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
        lock(&self.log).requests.clone()
    }

    /// Returns the maximum number of requests that were pending at the same time. A request is pending while its script runs.
    #[must_use]
    pub fn max_concurrent_requests(&self) -> usize {
        lock(&self.log).max_concurrent_requests
    }

    /// Returns the number of requests that are pending now.
    #[must_use]
    pub fn pending_requests(&self) -> usize {
        lock(&self.log).pending_requests
    }
}

async fn serve_connection(mut stream: TcpStream, script: Arc<Script>, log: Arc<Mutex<Log>>) {
    let Some((target, token)) = read_head(&mut stream).await else {
        return;
    };
    let request = {
        let mut log = lock(&log);
        log.pending_requests += 1;
        log.max_concurrent_requests = log.max_concurrent_requests.max(log.pending_requests);
        let request = ReceivedRequest {
            number: log.requests.len(),
            target,
            token,
            when: Instant::now(),
        };
        log.requests.push(request.clone());
        request
    };
    let is_connected = run_steps(&mut stream, script(&request)).await.is_ok();
    lock(&log).pending_requests -= 1;
    if is_connected {
        drop(stream.shutdown().await);
        // The server doesn't close the socket yet. If the client sent more data to a closed socket, the operating system would reset the
        // connection, and the client could lose the response.
        wait_for_disconnect(&mut stream).await;
    }
}

/// Reads a request's head and returns the target and the token. Returns `None` if the connection ends within the head.
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
    let mut head = format!(
        "HTTP/1.1 {status} \r\nconnection: close\r\ncontent-length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    head.push_str("\r\n");
    vec![Step::Send([head.as_bytes(), body].concat())]
}

/// Returns a script that sends a 200 response with a JSON body.
pub fn json_response(body: impl AsRef<[u8]>) -> Vec<Step> {
    response(200, &[("content-type", "application/json")], body)
}
