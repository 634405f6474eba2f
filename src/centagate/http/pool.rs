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
mod tests {
    use std::io::Write as _;
    use std::sync::Arc;
    use std::sync::atomic::Ordering;
    use std::time::Duration;

    use http::Method;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpSocket, TcpStream};
    use tokio::time::{Instant, timeout};

    use super::super::request::{ConnectionKind, UpstreamRequest};
    use super::super::server_certificate::ServerCertificate;
    use super::super::transport::{Times, send};
    use super::Pool;
    use crate::centagate::Trust;
    use crate::centagate::http::{HttpClient, HttpOptions};

    const MAX_SPARES: usize = 3;
    const PATIENCE: Duration = Duration::from_secs(30);

    fn pool(port: u16) -> Arc<Pool> {
        let base_url = format!("http://127.0.0.1:{port}").parse().unwrap();
        let options = HttpOptions { connect_timeout: PATIENCE, proxy_url: None };
        let certificate = Arc::new(ServerCertificate::of(&base_url));
        HttpClient::new(&base_url, &options, &Trust::Public, certificate, MAX_SPARES).unwrap().load()
    }

    /// A pool and the server that it connects to.
    async fn pool_and_server() -> (Arc<Pool>, TcpListener) {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        (pool(server.local_addr().unwrap().port()), server)
    }

    /// Waits until no spare connection is being opened.
    async fn settled(pool: &Pool) {
        let settled = async {
            while pool.opening_spares.load(Ordering::Relaxed) > 0 {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, settled).await.expect("an end");
    }

    async fn accept(server: &TcpListener) -> TcpStream {
        timeout(PATIENCE, server.accept()).await.expect("a connection").unwrap().0
    }

    /// Makes a dedicated call that must succeed.
    async fn call(pool: &Arc<Pool>) {
        let path = "/path".parse().unwrap();
        let call =
            UpstreamRequest { method: Method::PUT, path, body: "body".into(), connection: ConnectionKind::Dedicated };
        let times = Times { send_by: Instant::now() + PATIENCE, reply_within: PATIENCE };
        let reply = send(pool, &call, times).await.expect("a reply");
        assert_eq!(reply.object.unwrap(), "own");
    }

    /// Reads a request, which must close its connection, and answers it.
    async fn answer(mut connection: TcpStream) {
        let mut request = Vec::new();
        while !request.ends_with(b"body") {
            request.push(connection.read_u8().await.unwrap());
        }
        assert!(String::from_utf8(request).unwrap().contains("\r\nconnection: close\r\n"));
        let body = r#"{"code":"0","object":"own"}"#;
        let reply = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        connection.write_all(reply.as_bytes()).await.unwrap();
        assert_eq!(timeout(PATIENCE, connection.read(&mut [0])).await.expect("an end").unwrap(), 0);
    }

    #[tokio::test]
    async fn the_number_of_spares_is_bounded() {
        let (pool, _server) = pool_and_server().await;
        for _ in 0..2 {
            for _ in 0..10 {
                pool.open_spare();
            }
            settled(&pool).await;
            assert_eq!(pool.idle().len(), MAX_SPARES);
        }
        assert!(pool.take(ConnectionKind::Dedicated).is_some());
        pool.open_spare();
        settled(&pool).await;
        assert_eq!(pool.idle().len(), MAX_SPARES, "the one that was taken is replaced");
    }

    #[tokio::test]
    async fn a_spare_that_cannot_be_opened_is_not_tried_again() {
        let unserved = TcpSocket::new_v4().unwrap(); // bound and not listening, so it refuses connections
        unserved.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let pool = pool(unserved.local_addr().unwrap().port());
        pool.open_spare();
        settled(&pool).await;
        assert!(pool.idle().is_empty());
    }

    #[tokio::test]
    async fn a_dedicated_call_uses_the_spare_and_has_the_next_one_opened() {
        let (pool, server) = pool_and_server().await;
        tokio::join!(call(&pool), async { answer(accept(&server).await).await });
        let spare = accept(&server).await;
        settled(&pool).await;
        tokio::join!(call(&pool), answer(spare));
        let _next = accept(&server).await;
        settled(&pool).await;
        assert_eq!(pool.idle().len(), 1);
    }

    #[tokio::test]
    async fn a_spare_on_which_bytes_arrived_is_not_used() {
        let reply = "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n{\"code\":\"0\",\"object\":\"other\"}\n";
        for unsolicited in ["HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n", reply, "\n"] {
            let (pool, server) = pool_and_server().await;
            pool.open_spare();
            let spare = accept(&server).await;
            settled(&pool).await;
            // Written without the runtime, which has therefore not noticed it when the request is sent.
            let mut spare = spare.into_std().unwrap();
            spare.write_all(unsolicited.as_bytes()).unwrap();
            tokio::join!(call(&pool), async {
                // The next spare and the request's own connection, in any order.
                let (one, other) = (accept(&server).await, accept(&server).await);
                tokio::select! {
                    () = answer(one) => {}
                    () = answer(other) => {}
                }
            });
        }
    }

    #[tokio::test]
    async fn only_a_reply_that_could_be_read_leaves_its_connection_to_the_next_call() {
        for (body, is_kept) in
            [(r#"{"code":"0"}"#, true), (r#"{"code":"22025"}"#, true), ("<html>", false), ("{", false)]
        {
            let (pool, server) = pool_and_server().await;
            let path = "/path".parse().unwrap();
            let call =
                UpstreamRequest { method: Method::PUT, path, body: "body".into(), connection: ConnectionKind::Shared };
            let times = Times { send_by: Instant::now() + PATIENCE, reply_within: PATIENCE };
            let (_, _connection) = tokio::join!(send(&pool, &call, times), async {
                let mut connection = accept(&server).await;
                let reply = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
                connection.read_u8().await.unwrap();
                connection.write_all(reply.as_bytes()).await.unwrap();
                connection
            });
            assert_eq!(pool.take(ConnectionKind::Shared).is_some(), is_kept, "{body}");
        }
    }
}
