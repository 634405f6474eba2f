//! How many files this process may have open, connections among them.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::warn;

use crate::settings::Settings;

/// Files beside those of connections: logs, workers, what is read again when it changes.
const OTHERS: usize = 256;

/// Raises the soft limit to what the settings may need, as far as the hard limit lets it.
pub(crate) fn allow(settings: &Settings) {
    // A caller's connection has two descriptors: see `api::Connection`.
    let needed = 2 * settings.server.max_connections + settings.centagate.max_in_flight + OTHERS;
    let needed = u64::try_from(needed).unwrap_or(u64::MAX);
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let allowed = |limit: Option<u64>| limit.is_none_or(|limit| limit >= needed);
    if allowed(current) {
        return;
    }
    let raised = if allowed(maximum) { Some(needed) } else { maximum };
    let raised = setrlimit(Resource::Nofile, Rlimit { current: raised, maximum }).is_ok();
    if !raised || !allowed(maximum) {
        warn!(needed, "the limit on open files is too low for server.max_connections");
    }
}
