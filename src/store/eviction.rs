//! Whether a Redis may evict live entries, as far as it says so.

use std::collections::HashMap;

use redis::aio::MultiplexedConnection;
use redis::{Cmd, Connection, RedisResult};

/// The one `maxmemory-policy` with which nothing is evicted.
const NO_EVICTION: &str = "noeviction";

/// Whether the Redis behind `connection` may evict live entries. Nothing: it does not say.
///
/// # Errors
/// If it gives no answer, or refuses both questions.
pub(super) fn may_evict(connection: &mut Connection) -> RedisResult<Option<bool>> {
    let of_config = configuration().query(connection).map(policy_of_configuration);
    if let Ok(Some(policy)) = of_config {
        return Ok(Some(policy != NO_EVICTION));
    }
    let of_info = memory_info().query(connection).map(|text: String| policy_of_info(&text));
    let policy = of_info.or(of_config)?; // the first error says more
    Ok(policy.map(|policy| policy != NO_EVICTION))
}

/// The same without blocking. A Redis that refuses both questions does not say either.
///
/// # Errors
/// If it gives no answer.
pub(super) async fn may_evict_now(mut connection: MultiplexedConnection) -> RedisResult<Option<bool>> {
    let answered = configuration().query_async(&mut connection).await.map(policy_of_configuration);
    if let Some(policy) = unless_refused(answered)? {
        return Ok(Some(policy != NO_EVICTION));
    }
    let answered = memory_info().query_async(&mut connection).await.map(|text: String| policy_of_info(&text));
    Ok(unless_refused(answered)?.map(|policy| policy != NO_EVICTION))
}

fn unless_refused(policy: RedisResult<Option<String>>) -> RedisResult<Option<String>> {
    match policy {
        Err(error) if !error.is_unrecoverable_error() => Ok(None),
        policy => policy,
    }
}

fn configuration() -> Cmd {
    redis::cmd("CONFIG").arg("GET").arg("maxmemory-policy").to_owned()
}

fn policy_of_configuration(mut answer: HashMap<String, String>) -> Option<String> {
    answer.remove("maxmemory-policy")
}

/// For a Redis that does not tell its configuration, as hosted ones do not.
fn memory_info() -> Cmd {
    redis::cmd("INFO").arg("memory").to_owned()
}

fn policy_of_info(text: &str) -> Option<String> {
    text.lines().find_map(|line| line.strip_prefix("maxmemory_policy:")).map(|policy| policy.trim().to_owned())
}
