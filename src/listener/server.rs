//! Accepts connections and serves an application on them.

use std::fmt::Debug;
use std::future::ready;
use std::io;
use std::net::TcpListener;
use std::rc::Rc;
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_http::{HttpService, Request};
use actix_service::{IntoServiceFactory, Service as _, ServiceFactoryExt as _, apply_fn_factory};
use actix_tls::accept::rustls_0_23::{Acceptor, TlsStream};
use actix_tls::accept::{TlsError, max_concurrent_tls_connect};
use actix_web::body::BoxBody;
use actix_web::dev::{AppConfig, Response, Server, ServiceFactory, fn_service};
use actix_web::http::KeepAlive;
use actix_web::rt::net::TcpStream;
use rustls::ServerConfig;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::connection::Connection;
use super::expectation::{continuing, expecting};
use super::intake::Intake;
use super::open_connections::OpenConnections;
use super::stream::{BoundedStream, Transport};

/// The maximum time for a TLS handshake, and for the head of a request.
pub(crate) const HEAD_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the gateway keeps reading from a connection that it closes, so that the client can read the reply.
const LINGER_TIMEOUT: Duration = Duration::from_secs(1);

/// The size of actix-http's write buffer, in bytes. A peer that does not read occupies one.
const WRITE_BUFFER: usize = 8 * 1024;

/// Options of a listener.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ListenerOptions {
    /// The number of worker threads.
    pub(crate) workers: usize,
    /// The maximum number of concurrent connections per worker.
    pub(crate) connections: usize,
    /// Whether a connection above the maximum replaces the oldest idle one. If not, it waits to be accepted.
    pub(crate) evicts_oldest: bool,
    /// How long idle connections stay open.
    pub(crate) keep_alive: KeepAlive,
    /// How long a connection may stay open without a complete request head.
    pub(crate) idle_timeout: Duration,
    /// The maximum time for a graceful stop, in seconds.
    pub(crate) shutdown_seconds: u64,
}

/// Serves `app` on `socket`, over TLS if `tls` is set. Also returns the accepting side of the server.
///
/// Not with actix-web's own server, which cannot limit its connections as `BoundedStream` does.
///
/// # Errors
/// If the socket cannot be used.
pub(crate) fn serve<S, I>(
    socket: TcpListener,
    tls: Option<ServerConfig>,
    options: ListenerOptions,
    app: impl Fn() -> I + Send + Clone + 'static,
) -> io::Result<(Server, Intake)>
where
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig, Service: 'static, Future: 'static> + 'static,
    S::Response: Into<Response<BoxBody>>,
    S::Error: Into<Response<BoxBody>>,
    S::InitError: Debug,
{
    let ListenerOptions { workers, connections, evicts_oldest, shutdown_seconds, .. } = options;
    let builder = Server::build()
        .workers(workers)
        // Evicted connections stay open for a moment.
        .max_concurrent_connections(if evicts_oldest { 2 * connections } else { connections })
        .shutdown_timeout(shutdown_seconds)
        .disable_signals();
    let intake = Intake::of(&socket)?;
    let newcomers = intake.newcomers();
    let signal = builder.graceful_shutdown_signal();
    let stopping = move || {
        let signal = signal.clone();
        async move { signal.notified().await }
    };
    let builder = match tls {
        None => builder.listen("plain", socket, move || {
            let newcomers = newcomers.clone();
            fn_service(move |stream: TcpStream| ready(Ok((stream, newcomers())))).and_then(http(
                options,
                stopping.clone(),
                [app(), app()],
            ))
        })?,
        Some(tls) => {
            // Stalled handshakes must not block others.
            max_concurrent_tls_connect(connections);
            let mut handshake = Acceptor::new(tls);
            handshake.set_handshake_timeout(HEAD_TIMEOUT);
            builder.listen("tls", socket, move || {
                let newcomers = newcomers.clone();
                let handshake = handshake.clone().map_err(TlsError::into_service_error);
                // The token exists from the beginning of the handshake.
                let handshake = apply_fn_factory(handshake, move |stream: TcpStream, handshake| {
                    let (newcomer, handshake) = (newcomers(), handshake.call(stream));
                    async move { Ok((handshake.await?, newcomer)) }
                });
                let http = http::<TlsStream<TcpStream>, _, _, _>(options, stopping.clone(), [app(), app()]);
                handshake.and_then(http.map_err(TlsError::Service))
            })?
        }
    };
    let server = builder.run();
    let intake = intake.served_by(server.handle());
    Ok((server, intake))
}

/// Serves an application on accepted connections, each with the token of a newcomer. Takes the application twice: one instance
/// serves requests with `Expect`, the other one all requests.
fn http<T, S, I, Stopping>(
    options: ListenerOptions,
    stopping: impl Fn() -> Stopping + 'static,
    [for_expectations, main]: [I; 2],
) -> impl ServiceFactory<(T, TaskTrackerToken), Config = (), Response = (), Error = DispatchError, InitError = ()>
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
        .keep_alive(options.keep_alive)
        .client_request_timeout(HEAD_TIMEOUT)
        .client_disconnect_timeout(LINGER_TIMEOUT)
        .h1_write_buffer_size(WRITE_BUFFER)
        .on_connect_ext(|stream: &BoundedStream<T>, data| {
            data.insert(stream.connection().clone());
        })
        .expect(expecting(for_expectations))
        .h1(continuing(main));
    let open = options.evicts_oldest.then(|| Rc::new(OpenConnections::new(options.connections)));
    let bound = move |(transport, newcomer): (T, TaskTrackerToken)| {
        let _ = transport.tcp().set_nodelay(true); // fails if the connection is already closed
        let connection = Connection::new(options.idle_timeout, newcomer);
        if let Some(open) = &open {
            open.add(&connection);
        }
        ready(Ok((BoundedStream::new(transport, connection), None)))
    };
    fn_service(bound).and_then(http)
}
