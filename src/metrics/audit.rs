//! Metrics of the audit trail.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::registration::register;

/// Counts audit lines and open attempts.
#[derive(Debug)]
pub(crate) struct AuditMetrics {
    lines: Family<LineLabels, Counter>,
    broken: Gauge,
    attempts_open: Gauge,
    without_outcome: Counter,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LineLabels {
    event: &'static str,
    result: &'static str,
}

impl AuditMetrics {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let metrics = Self {
            lines: register(
                registry,
                "audit_lines",
                "Lines of the audit trail by event and result (written, failed)",
                Family::default(),
            ),
            broken: register(
                registry,
                "audit_broken",
                "1 while the audit trail cannot be written and actions are refused",
                Gauge::default(),
            ),
            attempts_open: register(
                registry,
                "audit_attempts_open",
                "Attempts in the audit trail that have no outcome yet",
                Gauge::default(),
            ),
            without_outcome: register(
                registry,
                "audit_attempts_without_outcome",
                "Attempts in the audit trail whose outcome could not be written",
                Counter::default(),
            ),
        };
        for event in ["attempt", "outcome", "replay"] {
            for result in ["written", "failed"] {
                drop(metrics.lines.get_or_create(&LineLabels { event, result }));
            }
        }
        metrics
    }

    /// Counts a line; `event` is `attempt`, `outcome` or `replay`.
    pub(crate) fn count_line(&self, event: &'static str, written: bool) {
        let result = if written { "written" } else { "failed" };
        self.lines.get_or_create(&LineLabels { event, result }).inc();
    }

    /// Sets whether the trail cannot be written.
    pub(crate) fn set_broken(&self, broken: bool) {
        self.broken.set(i64::from(broken));
    }

    /// Counts an attempt as open once its line is written.
    pub(crate) fn open_attempt(&self) {
        self.attempts_open.inc();
    }

    /// Counts an attempt as closed, and as one without an outcome unless `has_outcome`.
    pub(crate) fn close_attempt(&self, has_outcome: bool) {
        self.attempts_open.dec();
        if !has_outcome {
            self.without_outcome.inc();
        }
    }
}
