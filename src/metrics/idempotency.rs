//! Metrics of requests that carry an `Idempotency-Key`.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use super::registration::register;

/// Counts requests that carry an `Idempotency-Key`.
#[derive(Debug)]
pub(crate) struct IdempotencyMetrics {
    requests: Family<ResultLabels, Counter>,
    not_recorded: Counter,
}

/// The result of looking up an `Idempotency-Key`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyResult {
    /// The key is new: the request is executed.
    New,
    /// The stored reply is sent again.
    Replayed,
    /// The first request with this key is still in progress.
    InProgress,
    /// The key was used for a different request.
    Mismatch,
    /// The outcome of the first request is unknown.
    OutcomeUnknown,
    /// The stored reply is sent again without its secrets, because they have expired.
    PasscodeExpired,
    /// The caller has as many live keys, or stored bytes, as one caller may have.
    CallerShare,
    /// The store is unavailable, unreliable or full.
    Unavailable,
}

impl KeyResult {
    /// All results.
    pub const ALL: [Self; 8] = [
        Self::New,
        Self::Replayed,
        Self::InProgress,
        Self::Mismatch,
        Self::OutcomeUnknown,
        Self::PasscodeExpired,
        Self::CallerShare,
        Self::Unavailable,
    ];

    /// The result's name in logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Replayed => "replayed",
            Self::InProgress => "in_progress",
            Self::Mismatch => "mismatch",
            Self::OutcomeUnknown => "outcome_unknown",
            Self::PasscodeExpired => "passcode_expired",
            Self::CallerShare => "caller_share",
            Self::Unavailable => "unavailable",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResultLabels {
    result: &'static str,
}

impl IdempotencyMetrics {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let metrics = Self {
            requests: register(
                registry,
                "idempotency",
                "Requests with an Idempotency-Key by the result of looking up the key",
                Family::default(),
            ),
            not_recorded: register(
                registry,
                "idempotency_not_recorded",
                "Requests with an Idempotency-Key whose outcome could not be stored before the reply",
                Counter::default(),
            ),
        };
        for result in KeyResult::ALL.map(KeyResult::as_str) {
            drop(metrics.requests.get_or_create(&ResultLabels { result }));
        }
        metrics
    }

    /// Counts a request by the result of looking up its key.
    pub(crate) fn count(&self, result: KeyResult) {
        self.requests.get_or_create(&ResultLabels { result: result.as_str() }).inc();
    }

    /// Counts a request whose outcome could not be stored.
    pub(crate) fn count_not_recorded(&self) {
        self.not_recorded.inc();
    }
}
