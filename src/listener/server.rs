//! Accepts connections and serves an application on them.

use std::fmt::Debug;
use std::future::ready;
use std::io;
use std::net::TcpListener;
use std::rc::Rc;
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_http::{HttpService, Request};
use actix_service::{IntoServiceFactory, ServiceFactoryExt as _};
use actix_tls::accept::rustls_0_23::{Acceptor, TlsStream};
use actix_tls::accept::{TlsError, max_concurrent_tls_connect};
use actix_web::body::BoxBody;
use actix_web::dev::{AppConfig, Response, Server, ServiceFactory, fn_service};
use actix_web::http::KeepAlive;
use actix_web::rt::net::TcpStream;
use rustls::ServerConfig;

use super::connection::Connection;
use super::crowd::Crowd;
use super::expectation::{continuing, expecting};
use super::stream::{BoundedStream, Transport};

/// How long a client may take for a TLS handshake, and for a request's head.
pub(crate) const HEAD_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a connection that the gateway ends stays open for what the client is still sending.
const LINGER_TIMEOUT: Duration = Duration::from_secs(1);

/// How much of a reply actix-http prepares before it writes, in bytes. A peer that reads nothing costs that much.
const WRITE_BUFFER: usize = 8 * 1024;

/// How a listener treats its connections.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Accepting {
    /// Threads.
    pub(crate) workers: usize,
    /// Connections that each worker serves at once.
    pub(crate) connections: usize,
    /// Whether further connections take the places of the oldest silent ones. If not, they wait to be accepted.
    pub(crate) makes_room: bool,
    /// How long idle connections stay open.
    pub(crate) keep_alive: KeepAlive,
    /// How long a connection may bring no whole head.
    pub(crate) patience: Duration,
    /// The longest time for a graceful stop, in seconds.
    pub(crate) shutdown_seconds: u64,
}

/// Serves `app` on the connections to `socket`, with TLS if there is a configuration for it.
///
/// Not actix-web's own server: its connections cannot be bounded.
///
/// # Errors
/// If the socket cannot be used.
pub(crate) fn serve<S, I>(
    socket: TcpListener,
    tls: Option<ServerConfig>,
    accepting: Accepting,
    app: impl Fn() -> I + Send + Clone + 'static,
) -> io::Result<Server>
where
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig, Service: 'static, Future: 'static> + 'static,
    S::Response: Into<Response<BoxBody>>,
    S::Error: Into<Response<BoxBody>>,
    S::InitError: Debug,
{
    let Accepting { workers, connections, makes_room, shutdown_seconds, .. } = accepting;
    let builder = Server::build()
        .workers(workers)
        // Those that make room are still open for a moment.
        .max_concurrent_connections(if makes_room { 2 * connections } else { connections })
        .shutdown_timeout(shutdown_seconds)
        .disable_signals();
    let signal = builder.graceful_shutdown_signal();
    let stopping = move || {
        let signal = signal.clone();
        async move { signal.notified().await }
    };
    let builder = match tls {
        None => builder
            .listen("plain", socket, move || http::<TcpStream, _, _, _>(accepting, stopping.clone(), [app(), app()]))?,
        Some(tls) => {
            // Handshakes that stall must not keep others waiting.
            max_concurrent_tls_connect(connections);
            let mut handshake = Acceptor::new(tls);
            handshake.set_handshake_timeout(HEAD_TIMEOUT);
            builder.listen("tls", socket, move || {
                let handshake = handshake.clone().map_err(TlsError::into_service_error);
                let http = http::<TlsStream<TcpStream>, _, _, _>(accepting, stopping.clone(), [app(), app()]);
                handshake.and_then(http.map_err(TlsError::Service))
            })?
        }
    };
    Ok(builder.run())
}

/// Serves an application on accepted connections. It takes the application twice: for requests with an expectation, and for
/// all requests.
fn http<T, S, I, Stopping>(
    accepting: Accepting,
    stopping: impl Fn() -> Stopping + 'static,
    [for_expectations, main]: [I; 2],
) -> impl ServiceFactory<T, Config = (), Response = (), Error = DispatchError, InitError = ()>
where
    T: Transport,
    Stopping: Future<Output = ()> + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig, Service: 'static, Future: 'static> + 'static,
    S::Response: Into<Response<BoxBody>>,
    S::Error: Into<Response<BoxBody>>,
    S::InitError: Debug,
{
    let http = HttpService::build()
        .graceful_shutdown_signal(stopping)
        .keep_alive(accepting.keep_alive)
        .client_request_timeout(HEAD_TIMEOUT)
        .client_disconnect_timeout(LINGER_TIMEOUT)
        .h1_write_buffer_size(WRITE_BUFFER)
        .on_connect_ext(|stream: &BoundedStream<T>, data| {
            data.insert(stream.connection().clone());
        })
        .expect(expecting(for_expectations))
        .h1(continuing(main));
    let crowd = accepting.makes_room.then(|| Rc::new(Crowd::new(accepting.connections)));
    let bound = move |transport: T| {
        let _ = transport.tcp().set_nodelay(true); // it fails where the connection has ended
        let connection = Connection::accepted(accepting.patience);
        if let Some(crowd) = &crowd {
            crowd.admit(&connection);
        }
        ready(Ok((BoundedStream::new(transport, connection), None)))
    };
    fn_service(bound).and_then(http)
}
