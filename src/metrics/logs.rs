use std::sync::LazyLock;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;

use super::add;

/// One for the process, as the log is.
static LINES_DROPPED: LazyLock<Counter> = LazyLock::new(Counter::default);

pub(super) fn register(registry: &mut Registry) {
    add(
        registry,
        "log_lines_dropped",
        "Lines of the log that were dropped because standard output was not read fast enough",
        LINES_DROPPED.clone(),
    );
}

/// Counts lines of the log that were dropped.
pub(crate) fn log_lines_dropped(lines: u64) {
    LINES_DROPPED.inc_by(lines);
}
