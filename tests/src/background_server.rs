//! Runs a TCP server on the loopback interface, for the replay server and the scripted server. The TCP server has its own thread and
//! runtime, so that it responds even while the caller's runtime is blocked.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// A running server. Dropping it stops the server and closes its connections.
pub struct BackgroundServer {
    address: SocketAddr,
    /// Dropping the sender stops the thread. The field is `None` only while the server is dropped.
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl BackgroundServer {
    /// Listens on the port, and runs the future returned by `serve` in a new thread. With port 0, the system chooses a free port.
    pub fn start<F>(port: u16, serve: impl FnOnce(TcpListener) -> F) -> io::Result<Self>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        // The port is opened before the runtime is created. Otherwise, an error of `bind` would drop the runtime,
        // which panics in an asynchronous caller.
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let serve = {
            let _context = runtime.enter();
            serve(TcpListener::from_std(listener)?)
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = thread::Builder::new().spawn(move || {
            runtime.spawn(serve);
            // `block_on` returns when `stop` is dropped. Then the runtime is dropped, which closes every connection.
            drop(runtime.block_on(stopped));
        })?;
        Ok(Self {
            address,
            running: Some((stop, thread)),
        })
    }

    /// Returns the base URL, `http://127.0.0.1:PORT`, without a trailing slash.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for BackgroundServer {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            drop(stop);
            drop(thread.join());
        }
    }
}

/// Locks a mutex, even if another thread panicked while it held the lock.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
