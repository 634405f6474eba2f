use std::error::Error as _;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;
use redis::io::tcp::socket2::TcpKeepalive;
use redis::{
    AsyncConnectionConfig, Client, ConnectionInfo, IntoConnectionInfo, RedisError, RedisResult, Script, TlsCertificates,
};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;
use tokio::time::timeout;
use tracing::warn;
use url::Url;

use super::{Change, Entry, Name, Swapped, Unavailable, eviction};
use crate::configuration::SettingsFault;

/// Sets or deletes all keys if each has one of its two expected values or its next one, or tells what they have. Empty
/// means absent.
const SWAP: &str = r"
local fits, found = true, {}
for i, key in ipairs(KEYS) do
  local value = redis.call('GET', key) or ''
  local one, other, next = ARGV[4 * i - 3], ARGV[4 * i - 2], ARGV[4 * i - 1]
  fits = fits and (value == one or value == other or value == next)
  found[i] = {value, redis.call('PTTL', key)}
end
if not fits then return found end
for i, key in ipairs(KEYS) do
  local next = ARGV[4 * i - 1]
  if next == '' then redis.call('DEL', key) else redis.call('SET', key, next, 'PX', ARGV[4 * i]) end
end
return {}
";

const URL: &str = "redis.url";

/// How long a connection is idle before it is probed, and how long each probe has. Gateways of networks (NAT) drop
/// connections that are idle for some minutes, without a word.
const PROBE_AFTER: Duration = Duration::from_secs(20);
const PROBE_INTERVAL: Duration = Duration::from_secs(5);

/// How to reach Redis.
#[derive(Clone)]
pub struct RedisOptions {
    /// `redis://` or `rediss://` with user and password where it asks for them.
    pub url: SecretString,
    /// The longest wait for an answer, connecting included. A question that gets none on a connection that was used before is
    /// asked once more on a fresh one.
    pub timeout: Duration,
    /// The CAs that are trusted for `rediss://` instead of the system's, as PEM.
    pub ca_certificate: Option<Vec<u8>>,
}

/// Keeps entries in Redis, shared by all replicas.
pub(super) struct Redis {
    client: Client,
    timeout: Duration,
    connection: Mutex<Connection>,
    swap: Script,
}

/// The one connection there is, if there is one; the number tells it from those before.
#[derive(Default)]
struct Connection {
    number: u64,
    open: Option<MultiplexedConnection>,
}

/// Why a question got no answer.
struct Failure {
    cause: String,
    /// The number of the connection, if it was used before and may be to blame.
    failed_connection: Option<u64>,
}

impl Redis {
    pub(super) fn new(options: &RedisOptions) -> Result<Self, SettingsFault> {
        let fault = |error: RedisError| SettingsFault::of_key(URL, format_args!("cannot be used: {}", cause(&error)));
        let info = connection_info(options).map_err(fault)?;
        let tls = TlsCertificates { client_tls: None, root_cert: options.ca_certificate.clone() };
        let client = if options.url.expose_secret().starts_with("rediss:") {
            Client::build_with_tls(info, tls)
        } else {
            Client::open(info)
        };
        Ok(Self {
            client: client.map_err(fault)?,
            timeout: options.timeout,
            connection: Mutex::default(),
            swap: Script::new(SWAP),
        })
    }

    /// Asks Redis, where it answers and says so, whether it keeps what it is given.
    ///
    /// # Errors
    /// If it may evict live records.
    pub(super) fn check(&self) -> Result<(), SettingsFault> {
        let may_evict = self.client.get_connection_with_timeout(self.timeout).and_then(|mut connection| {
            connection.set_read_timeout(Some(self.timeout))?;
            eviction::may_evict(&mut connection)
        });
        let cause = match may_evict {
            Ok(Some(false)) => return Ok(()),
            Ok(Some(true)) => {
                return Err(SettingsFault::of_key(
                    URL,
                    "this Redis has a maxmemory-policy that may throw live records away; set it to noeviction, the only \
                     one with which no request is executed twice",
                ));
            }
            Ok(None) => None,
            Err(error) => Some(cause(&error)),
        };
        warn!(
            cause,
            "Redis does not tell its maxmemory-policy; make sure that it can be reached and that it is noeviction"
        );
        Ok(())
    }

    /// Whether Redis says that it may evict live records.
    pub(super) async fn may_evict(&self) -> Result<bool, Unavailable> {
        Ok(self.ask(eviction::may_evict_now).await?.unwrap_or(false))
    }

    pub(super) async fn swap(&self, changes: &[Change]) -> Result<Swapped, Unavailable> {
        let mut call = self.swap.prepare_invoke();
        for Change { name, expected, next } in changes {
            let (next, lifetime) =
                next.as_ref().map_or((&[][..], Duration::ZERO), |(next, lifetime)| (next, *lifetime));
            let lifetime = u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX).max(1);
            let [one, other] = expected.each_ref().map(|expected| expected.as_deref().unwrap_or_default());
            call.key(name.text()).arg(one).arg(other).arg(next).arg(lifetime);
        }
        let call = &call;
        let found: Vec<(Vec<u8>, i64)> =
            self.ask(|mut connection| async move { call.invoke_async(&mut connection).await }).await?;
        if found.is_empty() {
            return Ok(Swapped::Done);
        }
        Ok(Swapped::Differs(found.into_iter().map(|(value, remaining)| entry(value, remaining)).collect()))
    }

    pub(super) async fn read(&self, name: Name) -> Result<Option<Entry>, Unavailable> {
        let mut read = redis::pipe();
        read.get(name.text()).pttl(name.text());
        let read = &read;
        let (value, remaining): (Option<Vec<u8>>, i64) =
            self.ask(|mut connection| async move { read.query_async(&mut connection).await }).await?;
        Ok(entry(value.unwrap_or_default(), remaining))
    }

    /// Asks over the one connection, which is made anew after any failure: one that hangs is of no more use than one that is
    /// closed. A connection that was used before may have been dropped without a word, so a question that fails on it is asked
    /// once more on a fresh one. That changes nothing that the first time has changed.
    async fn ask<T, F>(&self, question: impl Fn(MultiplexedConnection) -> F) -> Result<T, Unavailable>
    where
        F: Future<Output = RedisResult<T>>,
    {
        let failure = match self.ask_once(0, &question).await {
            Ok(answer) => return Ok(answer),
            Err(failure) => failure,
        };
        let failure = match failure.failed_connection {
            Some(number) => match self.ask_once(number, &question).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            },
            None => failure,
        };
        Err(Unavailable::Away(failure.cause))
    }

    /// Asks over a connection whose number is above `failed`.
    async fn ask_once<T, F>(&self, failed: u64, question: &impl Fn(MultiplexedConnection) -> F) -> Result<T, Failure>
    where
        F: Future<Output = RedisResult<T>>,
    {
        let mut used = None;
        let answered = timeout(self.timeout, async {
            let (number, is_fresh, connection) = self.connection_after(failed).await?;
            used = Some((number, is_fresh));
            question(connection).await
        });
        let (cause, is_lost) = match answered.await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => (cause(&error), error.is_unrecoverable_error()),
            Err(_) => (format!("no answer within {} ms", self.timeout.as_millis()), true),
        };
        // A task that is connecting holds the lock and is not disturbed.
        if let (Some((number, _)), Ok(mut current)) = (used, self.connection.try_lock())
            && current.number == number
        {
            current.open = None;
        }
        let failed_connection = used.filter(|(_, is_fresh)| is_lost && !is_fresh).map(|(number, _)| number);
        Err(Failure { cause, failed_connection })
    }

    /// The one connection, if its number is above `failed`, otherwise a fresh one: its number, whether it is fresh, itself.
    async fn connection_after(&self, failed: u64) -> RedisResult<(u64, bool, MultiplexedConnection)> {
        let mut current = self.connection.lock().await;
        if current.number > failed
            && let Some(open) = &current.open
        {
            return Ok((current.number, false, open.clone()));
        }
        let config = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        let fresh = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        *current = Connection { number: current.number + 1, open: Some(fresh.clone()) };
        Ok((current.number, true, fresh))
    }
}

/// How connections are made. Closing one discards what it has not sent yet, so that nothing arrives after it was given up.
fn connection_info(options: &RedisOptions) -> RedisResult<ConnectionInfo> {
    let keepalive = TcpKeepalive::new().with_time(PROBE_AFTER).with_interval(PROBE_INTERVAL);
    let tcp = TcpSettings::default().set_nodelay(true).set_keepalive(keepalive).set_linger_time(Duration::ZERO);
    Ok(options.url.expose_secret().into_connection_info()?.set_tcp_settings(tcp))
}

/// `PTTL` is negative for an entry without an expiry.
fn entry(value: Vec<u8>, remaining: i64) -> Option<Entry> {
    let remaining = u64::try_from(remaining).ok().map(Duration::from_millis);
    (!value.is_empty()).then(|| Entry { value: Bytes::from(value), remaining })
}

/// What went wrong, without anything that was sent.
fn cause(error: &RedisError) -> String {
    match (error.code(), error.source()) {
        (Some(code), _) => format!("{} ({code})", error.category()).trim_start().to_owned(),
        (None, Some(source)) if error.is_io_error() => source.to_string(), // of the system or of TLS
        _ => error.category().to_owned(),
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis").finish_non_exhaustive()
    }
}

impl RedisOptions {
    /// Whether both lead to the same database, whoever asks.
    pub(super) fn leads_where(&self, other: &Self) -> bool {
        let place = |options: &Self| {
            let url = Url::parse(options.url.expose_secret()).ok()?;
            let database = url.path().trim_start_matches('/').parse().unwrap_or(0_u32);
            Some((url.scheme().to_owned(), url.host_str()?.to_owned(), url.port().unwrap_or(6379), database))
        };
        place(self) == place(other)
    }
}

impl fmt::Debug for RedisOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisOptions").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}
