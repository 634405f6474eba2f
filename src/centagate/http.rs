use std::error::Error as StdError;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderValue, USER_AGENT};
use http::uri::PathAndQuery;
use http::{Method, Request};
use http_body_util::Full;
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error as ThisError;
use tokio::time::{Instant, timeout};
use url::Url;

use super::Trust;
use super::connection::Connection;
use super::connector::Connector;
use super::server_certificate::ServerCertificate;

/// Shorter than any server's keep-alive that is worth having: a connection that the server has just closed would make
/// the outcome of the next request unknown.
const IDLE_TIMEOUT: Duration = Duration::from_secs(5);

/// How connections to CENTAGATE are made.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// The longest time for a connection to stand, TLS included.
    pub connect_timeout: Duration,
    /// An HTTP proxy to go through; proxies of the environment are not used.
    pub proxy_url: Option<SecretString>,
}

impl PartialEq for HttpOptions {
    fn eq(&self, other: &Self) -> bool {
        let proxy = |options: &Self| options.proxy_url.as_ref().map(|url| url.expose_secret().to_owned());
        self.connect_timeout == other.connect_timeout && proxy(self) == proxy(other)
    }
}

/// An HTTP client could not be made from its options.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
pub enum SetupError {
    /// The server's address is not a URL that can be used.
    #[error("the server's URL cannot be used")]
    Server,
    /// The proxy's address is not a URL that can be used.
    #[error("the proxy URL cannot be used")]
    Proxy,
    /// TLS could not be set up.
    #[error("TLS cannot be set up")]
    Tls,
}

/// Connections to one server. How they are made can be replaced under load, when what they go through or trust has changed;
/// requests under way end on the old ones.
#[derive(Clone, Debug)]
pub(super) struct HttpClient {
    base_url: Url,
    current: Arc<ArcSwap<Pool>>,
    certificate: Arc<ServerCertificate>,
}

impl HttpClient {
    /// For the server at `base_url`, whose `certificate` is noted.
    pub(super) fn new(
        base_url: &Url,
        options: &HttpOptions,
        trust: &Trust,
        certificate: Arc<ServerCertificate>,
    ) -> Result<Self, SetupError> {
        let current = Arc::new(ArcSwap::from_pointee(Pool::new(base_url, options, trust, &certificate)?));
        Ok(Self { base_url: base_url.clone(), current, certificate })
    }

    pub(super) fn load(&self) -> Arc<Pool> {
        self.current.load_full()
    }

    pub(super) fn replace(&self, options: &HttpOptions, trust: &Trust) -> Result<(), SetupError> {
        self.current.store(Arc::new(Pool::new(&self.base_url, options, trust, &self.certificate)?));
        Ok(())
    }

    /// Closes the connections that have been idle too long.
    pub(super) fn close_idle(&self) {
        self.current.load().idle().retain(|connection| connection.idle_since.elapsed() < IDLE_TIMEOUT);
    }
}

/// Connections that are made in one way, kept while they are idle.
#[derive(Debug)]
pub(super) struct Pool {
    connector: Connector,
    connect_timeout: Duration,
    idle: Mutex<Vec<Connection>>,
}

impl Pool {
    fn new(
        base_url: &Url,
        options: &HttpOptions,
        trust: &Trust,
        certificate: &Arc<ServerCertificate>,
    ) -> Result<Self, SetupError> {
        let tls = trust.client_config(certificate).map_err(|_| SetupError::Tls)?;
        let mut connector = Connector::new(base_url, options.connect_timeout, options.proxy_url.as_ref(), tls)?;
        let headers = &mut connector.headers;
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let agent = concat!("centagate-gateway/", env!("CARGO_PKG_VERSION"));
        headers.insert(USER_AGENT, HeaderValue::from_static(agent));
        Ok(Self { connector, connect_timeout: options.connect_timeout, idle: Mutex::default() })
    }

    /// A request of JSON for the server.
    pub(super) fn request(&self, method: Method, path: PathAndQuery, body: Bytes) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = self.connector.target(path);
        *request.headers_mut() = self.connector.headers.clone();
        request
    }

    /// A connection that was used before and can be used again on this worker, if there is one.
    pub(super) fn reuse(&self) -> Option<Connection> {
        let worker = thread::current().id();
        loop {
            let mut connection = {
                let mut idle = self.idle();
                let index = idle.iter().rposition(|connection| connection.worker == worker)?;
                idle.remove(index)
            };
            if connection.idle_since.elapsed() < IDLE_TIMEOUT && connection.is_ready() {
                return Some(connection);
            }
        }
    }

    /// A new connection, unless it does not stand in time.
    pub(super) async fn connect(&self) -> Result<Connection, Box<dyn StdError + Send + Sync>> {
        timeout(self.connect_timeout, self.connector.connect())
            .await
            .unwrap_or_else(|_| Err("no connection in time".into()))
    }

    /// Takes back a connection whose reply has been read.
    pub(super) fn keep(&self, mut connection: Connection) {
        if connection.is_ready() {
            connection.idle_since = Instant::now();
            self.idle().push(connection);
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
