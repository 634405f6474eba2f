use std::collections::HashMap;
use std::error::Error as _;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, IntoConnectionInfo, RedisError, RedisResult, Script, TlsCertificates};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;
use tokio::time::timeout;
use tracing::warn;
use url::Url;

use super::{Change, Entry, Name, Swapped, Unavailable};
use crate::settings::SettingsFault;

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

/// How to reach Redis.
#[derive(Clone)]
pub struct RedisOptions {
    /// `redis://` or `rediss://` with user and password where it asks for them.
    pub url: SecretString,
    /// The longest wait for an answer, connecting included.
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

impl Redis {
    pub(super) fn new(options: &RedisOptions) -> Result<Self, SettingsFault> {
        let fault = |error: RedisError| SettingsFault::of_key(URL, format_args!("cannot be used: {}", cause(&error)));
        let info = options.url.expose_secret().into_connection_info().map_err(fault)?;
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
        let policy = self.client.get_connection_with_timeout(self.timeout).and_then(|mut connection| {
            connection.set_read_timeout(Some(self.timeout))?;
            redis::cmd("CONFIG").arg("GET").arg("maxmemory-policy").query::<HashMap<String, String>>(&mut connection)
        });
        match policy.map(|mut answer| answer.remove("maxmemory-policy")) {
            Ok(Some(policy)) if policy != "noeviction" => Err(SettingsFault::of_key(
                URL,
                "this Redis has a maxmemory-policy that may throw live records away; set it to noeviction, the only one \
                 with which no request is executed twice",
            )),
            Ok(Some(_)) => Ok(()),
            Ok(None) => {
                warn!("Redis does not tell its maxmemory-policy; make sure that it is noeviction");
                Ok(())
            }
            Err(error) => {
                warn!(
                    cause = cause(&error),
                    "Redis does not tell its maxmemory-policy; make sure that it can be reached and that it is noeviction"
                );
                Ok(())
            }
        }
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

    /// Asks over the one connection, made anew after any failure: one that hangs is of no more use than one that is closed.
    /// Where Redis has closed it meanwhile the question is asked again, which changes nothing that it changed before.
    async fn ask<T, F>(&self, question: impl Fn(MultiplexedConnection) -> F) -> Result<T, Unavailable>
    where
        F: Future<Output = RedisResult<T>>,
    {
        let mut number = 0;
        let answered = timeout(self.timeout, async {
            let (first, is_fresh, connection) = self.connection_after(0).await?;
            number = first;
            match question(connection).await {
                Err(error) if error.is_unrecoverable_error() && !is_fresh => {
                    let (second, _, connection) = self.connection_after(first).await?;
                    number = second;
                    question(connection).await
                }
                answered => answered,
            }
        });
        let cause = match answered.await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => cause(&error),
            Err(_) => format!("no answer within {} ms", self.timeout.as_millis()),
        };
        // Whoever is connecting holds the lock and is not disturbed.
        if let Ok(mut current) = self.connection.try_lock()
            && current.number == number
        {
            current.open = None;
        }
        Err(Unavailable::Away(cause))
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

fn entry(value: Vec<u8>, remaining: i64) -> Option<Entry> {
    let remaining = Duration::from_millis(u64::try_from(remaining).unwrap_or(0));
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
