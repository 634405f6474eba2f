use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::{Latency, Metrics, add, add_seconds, latency};
use crate::centagate::{BreakerState, Load};

/// What the gateway asked of CENTAGATE and what came of it.
#[derive(Debug)]
pub(super) struct Calls {
    finished: Family<CallLabels, Counter>,
    duration: Latency<OperationLabels>,
    outcomes: Family<OutcomeLabels, Counter>,
    in_flight: Gauge,
    waiting: Gauge,
    breaker_open: Gauge<f64, AtomicU64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    operation: &'static str,
    code: CodeLabel,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OperationLabels {
    operation: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    operation: &'static str,
    outcome: &'static str,
}

/// How a call of CENTAGATE ended: a return code, or why there was none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CodeLabel {
    /// A return code whose meaning is known, 0 included.
    Known(i64),
    /// A word: `other` for any other code, or what happened instead of an answer.
    Word(&'static str),
}

impl EncodeLabelValue for CodeLabel {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> std::fmt::Result {
        match self {
            Self::Known(code) => code.encode(encoder),
            Self::Word(word) => word.encode(encoder),
        }
    }
}

impl Calls {
    pub(super) fn new(registry: &mut Registry) -> Self {
        Self {
            finished: add(
                registry,
                "centagate_calls",
                "Calls of CENTAGATE by operation and return code, or by what happened instead of an answer",
                Family::default(),
            ),
            duration: add_seconds(
                registry,
                "centagate_call_duration",
                "Time of calls of CENTAGATE, waiting for a turn and connecting included",
                latency(),
            ),
            outcomes: add(
                registry,
                "centagate_outcomes",
                "Calls of CENTAGATE by operation and outcome: executed, notExecuted or unknown",
                Family::default(),
            ),
            in_flight: add(registry, "centagate_calls_in_flight", "Calls of CENTAGATE under way", Gauge::default()),
            waiting: add(
                registry,
                "centagate_calls_waiting",
                "Calls of CENTAGATE that wait for their turn",
                Gauge::default(),
            ),
            breaker_open: add(
                registry,
                "centagate_breaker_open",
                "The circuit breaker: 0 closed, 0.5 one call is tried, 1 open",
                Gauge::default(),
            ),
        }
    }
}

impl Metrics {
    /// Creates the series of `operation` (its name in `snake_case`), so that they start at 0.
    pub fn register_operation(&self, operation: &'static str) {
        for outcome in ["executed", "notExecuted", "unknown"] {
            drop(self.calls.outcomes.get_or_create(&OutcomeLabels { operation, outcome }));
        }
    }

    /// Counts a finished call of CENTAGATE; `outcome` in the words of the audit trail.
    pub fn centagate_call(&self, operation: &'static str, code: CodeLabel, outcome: &'static str, duration: Duration) {
        self.calls.finished.get_or_create(&CallLabels { operation, code }).inc();
        self.calls.outcomes.get_or_create(&OutcomeLabels { operation, outcome }).inc();
        self.calls.duration.get_or_create(&OperationLabels { operation }).observe(duration.as_secs_f64());
    }

    /// Notes what the client for CENTAGATE is doing.
    pub fn load(&self, load: Load) {
        self.calls.in_flight.set(i64::try_from(load.in_flight).unwrap_or(i64::MAX));
        self.calls.waiting.set(i64::try_from(load.waiting).unwrap_or(i64::MAX));
        self.calls.breaker_open.set(match load.breaker {
            BreakerState::Closed => 0.0,
            BreakerState::HalfOpen => 0.5,
            BreakerState::Open => 1.0,
        });
    }
}
