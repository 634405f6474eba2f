//! The limit on open files, which each connection counts towards.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::warn;

/// The maximum number of connections to the management listener.
pub(crate) const MANAGEMENT_CONNECTIONS: usize = 512;

/// Files that are not connections: logs, workers' event queues, files that are reloaded.
const OTHER_FILES: usize = 256;

/// Raises the soft limit on open files so that `max_connections` and `max_upstream_connections` fit. Returns
/// `max_connections`, or the number that fits if the hard limit is too low.
///
/// A process without free files could neither call CENTAGATE nor answer probes.
pub(crate) fn raise_open_files_limit(max_connections: usize, max_upstream_connections: usize) -> usize {
    // An evicted connection stays open for a moment.
    let reserved = 2 * MANAGEMENT_CONNECTIONS + max_upstream_connections + OTHER_FILES;
    let needed = max_connections.saturating_add(reserved);
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let Some(missing) = excess(needed, current) else { return max_connections };
    let raised = match excess(needed, maximum) {
        None => u64::try_from(needed).ok(),
        Some(_) => maximum,
    };
    let missing = match setrlimit(Resource::Nofile, Rlimit { current: raised, maximum }) {
        Ok(()) => excess(needed, maximum),
        Err(_) => Some(missing),
    };
    let Some(missing) = missing else { return max_connections };
    let max_connections = max_connections.saturating_sub(missing).max(1);
    warn!(needed, max_connections, "the limit on open files is too low for server.max_connections, which is lowered");
    max_connections
}

/// By how much `needed` exceeds `limit`, if it does.
fn excess(needed: usize, limit: Option<u64>) -> Option<usize> {
    let limit = usize::try_from(limit?).unwrap_or(usize::MAX);
    needed.checked_sub(limit).filter(|excess| *excess > 0)
}
