//! How many files this process may have open, connections among them.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::warn;

use crate::listener::MANAGEMENT_CONNECTIONS;
use crate::settings::Settings;

/// Files other than connections: logs, workers, files that are read again when they change.
const OTHERS: usize = 256;

/// Raises the soft limit to what the settings need. If the hard limit is lower, lowers `server.max_connections` to what fits:
/// a process that runs out of files cannot call CENTAGATE, nor answer probes.
pub(crate) fn allow(settings: &mut Settings) {
    // Connections that make room are open for a moment longer.
    let reserved = 2 * MANAGEMENT_CONNECTIONS + settings.centagate.max_in_flight + OTHERS;
    let needed = settings.server.max_connections.saturating_add(reserved);
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let Some(lacking) = beyond(needed, current) else { return };
    let raised = match beyond(needed, maximum) {
        None => u64::try_from(needed).ok(),
        Some(_) => maximum,
    };
    let lacking = match setrlimit(Resource::Nofile, Rlimit { current: raised, maximum }) {
        Ok(()) => beyond(needed, maximum),
        Err(_) => Some(lacking),
    };
    if let Some(lacking) = lacking {
        settings.server.max_connections = settings.server.max_connections.saturating_sub(lacking).max(1);
        let max_connections = settings.server.max_connections;
        warn!(
            needed,
            max_connections, "the limit on open files is too low for server.max_connections, which is lowered"
        );
    }
}

/// How many of `needed` files are beyond `limit`, if some are.
fn beyond(needed: usize, limit: Option<u64>) -> Option<usize> {
    let limit = usize::try_from(limit?).unwrap_or(usize::MAX);
    needed.checked_sub(limit).filter(|lacking| *lacking > 0)
}
