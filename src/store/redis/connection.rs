//! The connection to Redis: one at a time, replaced after a failure.

use std::error::Error as _;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;
use redis::io::tcp::socket2::TcpKeepalive;
use redis::{
    AsyncConnectionConfig, Client, ConnectionInfo, IntoConnectionInfo, RedisError, RedisResult, TlsCertificates,
};
use secrecy::ExposeSecret;
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::options::RedisOptions;
use crate::store::unavailable::Unavailable;

/// The idle time before TCP keepalive probes start, and the interval between probes. NAT gateways silently drop connections
/// that are idle for some minutes.
const KEEPALIVE_TIME: Duration = Duration::from_secs(20);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(5);

/// A connection to Redis that all requests share.
pub(super) struct Connection {
    client: Client,
    timeout: Duration,
    current: Mutex<Current>,
}

/// The current connection, if there is one.
#[derive(Default)]
struct Current {
    /// Counts connections, to tell the current one from earlier ones.
    number: u64,
    open: Option<MultiplexedConnection>,
}

/// An attempt that got no result.
struct Failure {
    cause: String,
    /// The number of the connection, if it was used before and may be the cause.
    stale_connection: Option<u64>,
}

impl Connection {
    /// Does not connect yet.
    pub(super) fn new(options: &RedisOptions) -> RedisResult<Self> {
        let info = connection_info(options)?;
        let client = if options.url.expose_secret().starts_with("rediss:") {
            let tls = TlsCertificates { client_tls: None, root_cert: options.ca_certificate.clone() };
            Client::build_with_tls(info, tls)
        } else {
            Client::open(info)
        };
        Ok(Self { client: client?, timeout: options.timeout, current: Mutex::default() })
    }

    /// Runs `command` on a separate, blocking connection.
    pub(super) fn run_blocking<T>(
        &self,
        command: impl FnOnce(&mut redis::Connection) -> RedisResult<T>,
    ) -> RedisResult<T> {
        let mut connection = self.client.get_connection_with_timeout(self.timeout)?;
        connection.set_read_timeout(Some(self.timeout))?;
        command(&mut connection)
    }

    /// Runs `command`. Any failure closes the connection, because one that hangs is as useless as a closed one. A connection
    /// that was used before may have been dropped silently, so a command that fails on it is repeated once on a new one.
    /// Commands must be safe to repeat.
    pub(super) async fn run<T, F>(&self, command: impl Fn(MultiplexedConnection) -> F) -> Result<T, Unavailable>
    where
        F: Future<Output = RedisResult<T>>,
    {
        let failure = match self.run_once(0, &command).await {
            Ok(reply) => return Ok(reply),
            Err(failure) => failure,
        };
        let failure = match failure.stale_connection {
            Some(number) => match self.run_once(number, &command).await {
                Ok(reply) => return Ok(reply),
                Err(failure) => failure,
            },
            None => failure,
        };
        Err(Unavailable::Unreachable(failure.cause))
    }

    /// Runs `command` on a connection that is newer than the one with the number `stale`.
    async fn run_once<T, F>(&self, stale: u64, command: &impl Fn(MultiplexedConnection) -> F) -> Result<T, Failure>
    where
        F: Future<Output = RedisResult<T>>,
    {
        let mut used = None;
        let result = timeout(self.timeout, async {
            let (number, is_new, connection) = self.newer_than(stale).await?;
            used = Some((number, is_new));
            command(connection).await
        });
        let (cause, is_lost) = match result.await {
            Ok(Ok(reply)) => return Ok(reply),
            Ok(Err(error)) => (cause(&error), error.is_unrecoverable_error()),
            Err(_) => (format!("no reply within {} ms", self.timeout.as_millis()), true),
        };
        // If the lock is taken, another task is connecting already.
        if let (Some((number, _)), Ok(mut current)) = (used, self.current.try_lock())
            && current.number == number
        {
            current.open = None;
        }
        let stale_connection = used.filter(|(_, is_new)| is_lost && !is_new).map(|(number, _)| number);
        Err(Failure { cause, stale_connection })
    }

    /// Returns the current connection if its number is above `stale`, or else a new one: its number, whether it is new, and
    /// the connection.
    async fn newer_than(&self, stale: u64) -> RedisResult<(u64, bool, MultiplexedConnection)> {
        let mut current = self.current.lock().await;
        if current.number > stale
            && let Some(open) = &current.open
        {
            return Ok((current.number, false, open.clone()));
        }
        let config = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        let new = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        *current = Current { number: current.number + 1, open: Some(new.clone()) };
        Ok((current.number, true, new))
    }
}

/// Returns how to connect. The linger time of zero discards unsent data on close, so nothing arrives after a timeout.
fn connection_info(options: &RedisOptions) -> RedisResult<ConnectionInfo> {
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE_TIME).with_interval(KEEPALIVE_INTERVAL);
    let tcp = TcpSettings::default().set_nodelay(true).set_keepalive(keepalive).set_linger_time(Duration::ZERO);
    Ok(options.url.expose_secret().into_connection_info()?.set_tcp_settings(tcp))
}

/// Describes an error without any data that was sent.
pub(super) fn cause(error: &RedisError) -> String {
    match (error.code(), error.source()) {
        (Some(code), _) => format!("{} ({code})", error.category()).trim_start().to_owned(),
        (None, Some(source)) if error.is_io_error() => source.to_string(), // from the system or TLS
        _ => error.category().to_owned(),
    }
}
