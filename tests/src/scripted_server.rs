//! A server that does with each connection what it is told, byte by byte: whatever no well-behaved HTTP server would do.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// One thing that the server does after it has read a request. After the last one it closes the connection in good order.
#[derive(Clone)]
pub enum Step {
    /// Sends these bytes.
    Send(Vec<u8>),
    /// Sends these bytes again and again, with this pause between, until the client is gone.
    Repeat(Vec<u8>, Duration),
    /// Does nothing for this long.
    Wait(Duration),
    /// Does nothing for as long as the client waits.
    Stall,
    /// Breaks the connection off: the client sees a reset.
    Reset,
}

/// What the server remembers of a request.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Counted from 0.
    pub number: usize,
    /// The path with the query.
    pub target: String,
    /// The bearer token.
    pub token: Option<String>,
    /// When the request was read.
    pub when: Instant,
}

type Script = dyn Fn(&Asked) -> Vec<Step> + Send + Sync;

struct State {
    script: Box<Script>,
    asked: Mutex<Vec<Asked>>,
    under_way: AtomicUsize,
    most_at_once: AtomicUsize,
}

/// A running server. It stops when this is dropped, with all its connections.
pub struct Raw {
    address: SocketAddr,
    state: Arc<State>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Raw {
    /// A server that does for each request what the function says. Each connection serves one request.
    ///
    /// # Panics
    ///
    /// If this machine has no port or no thread left.
    pub fn start(script: impl Fn(&Asked) -> Vec<Step> + Send + Sync + 'static) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let listener =
            std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port on this machine");
        let address = listener.local_addr().expect("an address");
        listener.set_nonblocking(true).expect("a socket");
        let listener = {
            let _inside = runtime.enter();
            TcpListener::from_std(listener).expect("a socket")
        };
        let state = Arc::new(State {
            script: Box::new(script),
            asked: Mutex::default(),
            under_way: AtomicUsize::new(0),
            most_at_once: AtomicUsize::new(0),
        });
        let (stop, stopped) = oneshot::channel::<()>();
        let shared = Arc::clone(&state);
        let thread = thread::spawn(move || {
            runtime.spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(connection(stream, Arc::clone(&shared)));
                }
            });
            // Ends when the other half is dropped. With the runtime, every connection ends too.
            drop(runtime.block_on(stopped));
        });
        Self {
            address,
            state,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// A server that does the nth of these for the nth request, and the last one again and again.
    #[must_use]
    pub fn scripts(scripts: Vec<Vec<Step>>) -> Self {
        Self::start(move |asked| scripts[asked.number.min(scripts.len() - 1)].clone())
    }

    /// The address that clients connect to, `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests so far, in order.
    pub fn asked(&self) -> Vec<Asked> {
        self.state
            .asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// How many requests have waited for their answer at the same time.
    #[must_use]
    pub fn most_at_once(&self) -> usize {
        self.state.most_at_once.load(Ordering::SeqCst)
    }

    /// How many requests wait for their answer now.
    #[must_use]
    pub fn under_way(&self) -> usize {
        self.state.under_way.load(Ordering::SeqCst)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

async fn connection(mut stream: TcpStream, state: Arc<State>) {
    let Some((target, token)) = head(&mut stream).await else {
        return;
    };
    let now = state.under_way.fetch_add(1, Ordering::SeqCst) + 1;
    state.most_at_once.fetch_max(now, Ordering::SeqCst);
    let asked = {
        let mut log = state.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = Asked {
            number: log.len(),
            target,
            token,
            when: Instant::now(),
        };
        log.push(asked.clone());
        asked
    };
    let steps = (state.script)(&asked);
    let client_is_gone = play(&mut stream, steps).await.is_err();
    state.under_way.fetch_sub(1, Ordering::SeqCst);
    if !client_is_gone {
        drop(stream.shutdown().await);
        // Until the client closes too, so that it isn't sent a reset for what it still has to say.
        gone(&mut stream).await;
    }
}

/// The target and the token of a request, or `None` when the connection ends before.
async fn head(stream: &mut TcpStream) -> Option<(String, Option<String>)> {
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

/// Fails when the client, or the connection, is gone.
async fn play(stream: &mut TcpStream, steps: Vec<Step>) -> std::io::Result<()> {
    for step in steps {
        match step {
            Step::Send(bytes) => stream.write_all(&bytes).await?,
            Step::Repeat(bytes, pause) => loop {
                stream.write_all(&bytes).await?;
                tokio::time::sleep(pause).await;
            },
            Step::Wait(time) => tokio::time::sleep(time).await,
            Step::Stall => {
                gone(stream).await;
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

async fn gone(stream: &mut TcpStream) {
    let mut ignored = [0; 256];
    while stream.read(&mut ignored).await.is_ok_and(|read| read > 0) {}
}

/// A whole answer, as it should be, after which the connection ends.
pub fn answer(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Vec<Step> {
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

/// 200 with JSON.
pub fn json(body: impl AsRef<[u8]>) -> Vec<Step> {
    answer(200, &[("content-type", "application/json")], body)
}
