//! Entries in Redis, and the script that swaps them.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use redis::{RedisError, Script};
use tracing::warn;

use super::connection::{Connection, cause};
use super::eviction;
use super::options::RedisOptions;
use crate::configuration::SettingsFault;
use crate::domain::milliseconds;
use crate::store::entry::{Change, Entry, Name, Swap};
use crate::store::unavailable::Unavailable;

/// Sets or deletes all keys if each has one of its two expected values or its new value. Otherwise returns their values and
/// remaining lifetimes. An empty value stands for a missing key.
const COMPARE_AND_SWAP: &str = r"
local match, current = true, {}
for i, key in ipairs(KEYS) do
  local value = redis.call('GET', key) or ''
  local one, other, new = ARGV[4 * i - 3], ARGV[4 * i - 2], ARGV[4 * i - 1]
  match = match and (value == one or value == other or value == new)
  current[i] = {value, redis.call('PTTL', key)}
end
if not match then return current end
for i, key in ipairs(KEYS) do
  local new = ARGV[4 * i - 1]
  if new == '' then redis.call('DEL', key) else redis.call('SET', key, new, 'PX', ARGV[4 * i]) end
end
return {}
";

const URL: &str = "redis.url";

/// Holds entries in Redis.
pub(in crate::store) struct Redis {
    connection: Connection,
    compare_and_swap: Script,
}

impl Redis {
    /// Does not connect yet.
    pub(in crate::store) fn new(options: &RedisOptions) -> Result<Self, SettingsFault> {
        let fault = |error: RedisError| SettingsFault::of_key(URL, format_args!("cannot be used: {}", cause(&error)));
        let connection = Connection::new(options).map_err(fault)?;
        Ok(Self { connection, compare_and_swap: Script::new(COMPARE_AND_SWAP) })
    }

    /// Asks Redis for its eviction policy, and logs a warning if it does not reply. Blocks.
    ///
    /// # Errors
    /// Redis may evict live records.
    pub(in crate::store) fn refuse_eviction(&self) -> Result<(), SettingsFault> {
        let cause = match self.connection.run_blocking(eviction::may_evict_blocking) {
            Ok(Some(false)) => return Ok(()),
            Ok(Some(true)) => {
                return Err(SettingsFault::of_key(
                    URL,
                    "names a Redis whose maxmemory-policy may evict live records; set it to noeviction, or requests may be \
                     executed twice",
                ));
            }
            Ok(None) => None,
            Err(error) => Some(cause(&error)),
        };
        warn!(
            cause,
            "Redis does not report its maxmemory-policy; make sure that it can be reached and that it is noeviction"
        );
        Ok(())
    }

    /// Returns whether Redis reports that it may evict live records.
    pub(in crate::store) async fn may_evict(&self) -> Result<bool, Unavailable> {
        Ok(self.connection.run(eviction::may_evict).await?.unwrap_or(false))
    }

    /// Makes all changes, or none of them.
    pub(in crate::store) async fn compare_and_swap(&self, changes: &[Change]) -> Result<Swap, Unavailable> {
        let mut call = self.compare_and_swap.prepare_invoke();
        for Change { name, expected, new } in changes {
            let (new, lifetime) = new.as_ref().map_or((&[][..], Duration::ZERO), |(new, lifetime)| (new, *lifetime));
            let lifetime = milliseconds(lifetime).max(1);
            let [one, other] = expected.each_ref().map(|expected| expected.as_deref().unwrap_or_default());
            call.key(name.text()).arg(one).arg(other).arg(new).arg(lifetime);
        }
        let call = &call;
        let current: Vec<(Vec<u8>, i64)> =
            self.connection.run(|mut connection| async move { call.invoke_async(&mut connection).await }).await?;
        if current.is_empty() {
            return Ok(Swap::Applied);
        }
        Ok(Swap::Conflict(current.into_iter().map(|(value, remaining)| entry(value, remaining)).collect()))
    }

    /// Reads an entry.
    pub(in crate::store) async fn read(&self, name: Name) -> Result<Option<Entry>, Unavailable> {
        let mut read = redis::pipe();
        read.get(name.text()).pttl(name.text());
        let read = &read;
        let (value, remaining): (Option<Vec<u8>>, i64) =
            self.connection.run(|mut connection| async move { read.query_async(&mut connection).await }).await?;
        Ok(entry(value.unwrap_or_default(), remaining))
    }
}

/// Converts a value and its `PTTL`, which is negative for a key without an expiry.
fn entry(value: Vec<u8>, remaining: i64) -> Option<Entry> {
    let remaining = u64::try_from(remaining).ok().map(Duration::from_millis);
    (!value.is_empty()).then(|| Entry { value: Bytes::from(value), remaining })
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis").finish_non_exhaustive()
    }
}
