use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::{Metrics, add};

/// What became of the audit trail's lines.
#[derive(Debug)]
pub(super) struct AuditTrail {
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

impl AuditTrail {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let audit = Self {
            lines: add(
                registry,
                "audit_lines",
                "Lines of the audit trail by event and result: written or failed",
                Family::default(),
            ),
            broken: add(
                registry,
                "audit_broken",
                "1 while the audit trail cannot be written and actions are refused",
                Gauge::default(),
            ),
            attempts_open: add(
                registry,
                "audit_attempts_open",
                "Attempts in the audit trail whose outcome is still to come",
                Gauge::default(),
            ),
            without_outcome: add(
                registry,
                "audit_attempts_without_outcome",
                "Attempts in the audit trail whose outcome could not be written",
                Counter::default(),
            ),
        };
        for event in ["attempt", "outcome", "replay"] {
            for result in ["written", "failed"] {
                drop(audit.lines.get_or_create(&LineLabels { event, result }));
            }
        }
        audit
    }
}

impl Metrics {
    /// Counts a line of the audit trail: an `attempt`, an `outcome` or a `replay`.
    pub fn audit(&self, event: &'static str, written: bool) {
        let result = if written { "written" } else { "failed" };
        self.audit.lines.get_or_create(&LineLabels { event, result }).inc();
    }

    /// Notes whether the trail can be written.
    pub fn audit_broken(&self, broken: bool) {
        self.audit.broken.set(i64::from(broken));
    }

    /// Notes an attempt that is on record and whose outcome is owed.
    pub fn attempt_opened(&self) {
        self.audit.attempts_open.inc();
    }

    /// Notes that nothing more is to come of an attempt, with its outcome on record or not.
    pub fn attempt_closed(&self, outcome_on_record: bool) {
        self.audit.attempts_open.dec();
        if !outcome_on_record {
            self.audit.without_outcome.inc();
        }
    }
}
