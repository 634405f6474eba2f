//! The eviction policy of a Redis: whether it may evict live entries.

use std::collections::HashMap;

use redis::aio::MultiplexedConnection;
use redis::{Cmd, Connection, RedisResult};

/// The only `maxmemory-policy` that never evicts.
const NO_EVICTION: &str = "noeviction";

/// Returns whether Redis may evict live entries, or `None` if it does not report its policy. Blocks.
///
/// # Errors
/// Redis did not reply, or refused both commands.
pub(super) fn may_evict_blocking(connection: &mut Connection) -> RedisResult<Option<bool>> {
    let from_config = config_get().query(connection).map(policy_from_config);
    if let Ok(Some(policy)) = from_config {
        return Ok(Some(policy != NO_EVICTION));
    }
    let from_info = info_memory().query(connection).map(|text: String| policy_from_info(&text));
    let policy = from_info.or(from_config)?; // if both fail, the first error says more
    Ok(policy.map(|policy| policy != NO_EVICTION))
}

/// Returns whether Redis may evict live entries, or `None` if it does not report its policy or refuses both commands.
///
/// # Errors
/// Redis did not reply.
pub(super) async fn may_evict(mut connection: MultiplexedConnection) -> RedisResult<Option<bool>> {
    let from_config = config_get().query_async(&mut connection).await.map(policy_from_config);
    if let Some(policy) = none_if_refused(from_config)? {
        return Ok(Some(policy != NO_EVICTION));
    }
    let from_info = info_memory().query_async(&mut connection).await.map(|text: String| policy_from_info(&text));
    Ok(none_if_refused(from_info)?.map(|policy| policy != NO_EVICTION))
}

fn none_if_refused(policy: RedisResult<Option<String>>) -> RedisResult<Option<String>> {
    match policy {
        Err(error) if !error.is_unrecoverable_error() => Ok(None),
        policy => policy,
    }
}

fn config_get() -> Cmd {
    redis::cmd("CONFIG").arg("GET").arg("maxmemory-policy").to_owned()
}

fn policy_from_config(mut reply: HashMap<String, String>) -> Option<String> {
    reply.remove("maxmemory-policy")
}

/// Hosted services refuse `CONFIG`, but not `INFO`.
fn info_memory() -> Cmd {
    redis::cmd("INFO").arg("memory").to_owned()
}

fn policy_from_info(text: &str) -> Option<String> {
    text.lines().find_map(|line| line.strip_prefix("maxmemory_policy:")).map(|policy| policy.trim().to_owned())
}
