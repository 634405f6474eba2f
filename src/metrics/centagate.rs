//! Metrics of the calls to CENTAGATE.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::registration::{Latency, register, register_latency};
use crate::centagate::{BreakerState, Load, Operation};

/// Counts and times the calls to CENTAGATE.
#[derive(Debug)]
pub(crate) struct CallMetrics {
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

/// The result of a call to CENTAGATE: a return code, or why there was none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CodeLabel {
    /// A documented return code, including 0.
    Known(i64),
    /// `other` for any other code, or a word that says why there was no return code.
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

impl CallMetrics {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let metrics = Self {
            finished: register(
                registry,
                "centagate_calls",
                "Calls to CENTAGATE by operation and return code, or by why there was no return code",
                Family::default(),
            ),
            duration: register_latency(
                registry,
                "centagate_call_duration",
                "Time of calls to CENTAGATE, including queueing and connecting",
            ),
            outcomes: register(
                registry,
                "centagate_outcomes",
                "Calls to CENTAGATE by operation and outcome (executed, notExecuted, unknown)",
                Family::default(),
            ),
            in_flight: register(
                registry,
                "centagate_calls_in_flight",
                "Calls to CENTAGATE in progress",
                Gauge::default(),
            ),
            waiting: register(registry, "centagate_calls_waiting", "Calls to CENTAGATE in the queue", Gauge::default()),
            breaker_open: register(
                registry,
                "centagate_breaker_open",
                "State of the circuit breaker: 0 closed, 0.5 half-open (one trial call), 1 open",
                Gauge::default(),
            ),
        };
        for operation in Operation::ALL.map(Operation::as_str) {
            for outcome in ["executed", "notExecuted", "unknown"] {
                drop(metrics.outcomes.get_or_create(&OutcomeLabels { operation, outcome }));
            }
        }
        metrics
    }

    /// Counts a finished call and its duration; `outcome` is the one in the audit trail.
    pub(crate) fn count(&self, operation: Operation, code: CodeLabel, outcome: &'static str, duration: Duration) {
        let operation = operation.as_str();
        self.finished.get_or_create(&CallLabels { operation, code }).inc();
        self.outcomes.get_or_create(&OutcomeLabels { operation, outcome }).inc();
        self.duration.get_or_create(&OperationLabels { operation }).observe(duration.as_secs_f64());
    }

    /// Sets how many calls run and wait, and the state of the circuit breaker.
    pub(crate) fn set_load(&self, load: Load) {
        self.in_flight.set(i64::try_from(load.in_flight).unwrap_or(i64::MAX));
        self.waiting.set(i64::try_from(load.waiting).unwrap_or(i64::MAX));
        self.breaker_open.set(match load.breaker {
            BreakerState::Closed => 0.0,
            BreakerState::HalfOpen => 0.5,
            BreakerState::Open => 1.0,
        });
    }
}
