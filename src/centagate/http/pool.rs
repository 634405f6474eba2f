//! A pool of connections, one part per worker.

use std::error::Error as StdError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http::header::{ACCEPT, ACCEPT_ENCODING, CONNECTION, CONTENT_TYPE, HeaderValue, USER_AGENT};
use http_body_util::Full;
use tokio::time::{Instant, timeout};
use url::Url;

use super::connection::Connection;
use super::connector::Connector;
use super::options::{HttpOptions, SetupError};
use super::request::{ConnectionKind, UpstreamRequest};
use super::server_certificate::ServerCertificate;
use super::trust::Trust;

/// Shorter than the keep-alive of common servers. If the server had just closed a connection, the outcome of the next request
/// would be unknown.
const IDLE_TIMEOUT: Duration = Duration::from_secs(5);

/// Idle connections to one server.
#[derive(Debug)]
pub(in crate::centagate) struct Pool {
    connector: Connector,
    connect_timeout: Duration,
    idle: Mutex<Vec<Connection>>,
    max_spares: usize,
    opening_spares: AtomicUsize,
}

impl Pool {
    pub(in crate::centagate) fn new(
        base_url: &Url,
        options: &HttpOptions,
        trust: &Trust,
        certificate: &Arc<ServerCertificate>,
        max_spares: usize,
    ) -> Result<Self, SetupError> {
        let tls = trust.client_config(certificate).map_err(|_| SetupError::Tls)?;
        let mut connector = Connector::new(base_url, options.connect_timeout, options.proxy_url.as_ref(), tls)?;
        let headers = &mut connector.headers;
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let agent = concat!("centagate-gateway/", env!("CARGO_PKG_VERSION"));
        headers.insert(USER_AGENT, HeaderValue::from_static(agent));
        Ok(Self {
            connector,
            connect_timeout: options.connect_timeout,
            idle: Mutex::default(),
            max_spares,
            opening_spares: AtomicUsize::new(0),
        })
    }

    /// `upstream` as an HTTP request to the server.
    pub(in crate::centagate) fn request(&self, upstream: &UpstreamRequest) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(upstream.body.clone()));
        *request.method_mut() = upstream.method.clone();
        *request.uri_mut() = self.connector.target(upstream.path.clone());
        *request.headers_mut() = self.connector.headers.clone();
        if upstream.connection == ConnectionKind::Dedicated {
            request.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        request
    }

    /// Takes an idle connection of this worker for a request that needs this `kind`.
    pub(in crate::centagate) fn take(&self, kind: ConnectionKind) -> Option<Connection> {
        let worker = thread::current().id();
        let wants_unused = kind == ConnectionKind::Dedicated;
        loop {
            let connection = {
                let mut idle = self.idle();
                let index = idle.iter().rposition(|it| it.worker == worker && it.is_unused == wants_unused)?;
                idle.remove(index)
            };
            if connection.idle_since.elapsed() < IDLE_TIMEOUT {
                return Some(connection);
            }
        }
    }

    /// Opens a connection within the timeout.
    pub(in crate::centagate) async fn connect(&self) -> Result<Connection, Box<dyn StdError + Send + Sync>> {
        timeout(self.connect_timeout, self.connector.connect())
            .await
            .unwrap_or_else(|_| Err("no connection in time".into()))
    }

    /// Opens a spare connection for the next dedicated request of this worker, unless there are enough. A failure is ignored:
    /// the next request then opens its own connection and reports the cause.
    pub(in crate::centagate) fn open_spare(self: &Arc<Self>) {
        let worker = thread::current().id();
        let spares = self.idle().iter().filter(|it| it.worker == worker && it.is_unused).count();
        let opening = OpeningSpare::new(self);
        if spares + opening.others < self.max_spares {
            tokio::spawn(async move {
                if let Ok(connection) = opening.pool.connect().await {
                    opening.pool.keep(connection);
                }
            });
        }
    }

    /// Keeps an idle connection for a later request.
    pub(in crate::centagate) fn keep(&self, mut connection: Connection) {
        if connection.is_ready() {
            connection.idle_since = Instant::now();
            self.idle().push(connection);
        }
    }

    /// Closes connections that have been idle for too long.
    pub(in crate::centagate) fn close_idle(&self) {
        self.idle().retain(|connection| connection.idle_since.elapsed() < IDLE_TIMEOUT);
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts a spare connection while it is being opened, even if its task is dropped.
struct OpeningSpare {
    pool: Arc<Pool>,
    /// How many others are being opened.
    others: usize,
}

impl OpeningSpare {
    fn new(pool: &Arc<Pool>) -> Self {
        let others = pool.opening_spares.fetch_add(1, Ordering::Relaxed);
        Self { pool: Arc::clone(pool), others }
    }
}

impl Drop for OpeningSpare {
    fn drop(&mut self) {
        self.pool.opening_spares.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
#[path = "pool_tests.rs"]
mod tests;
