//! The metric of dropped log lines.

use std::sync::LazyLock;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;

use super::registration::register;

/// A static, because the log belongs to the process and starts before any [`Metrics`](super::Metrics) exist.
static DROPPED_LINES: LazyLock<Counter> = LazyLock::new(Counter::default);

pub(super) fn register_dropped_lines(registry: &mut Registry) {
    register(
        registry,
        "log_lines_dropped",
        "Log lines that were dropped because standard output was not read fast enough",
        DROPPED_LINES.clone(),
    );
}

/// Counts dropped log lines.
pub(crate) fn count_dropped_log_lines(lines: u64) {
    DROPPED_LINES.inc_by(lines);
}
