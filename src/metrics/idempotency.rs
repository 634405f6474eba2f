use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::{Metrics, add};

/// What becomes of requests with an `Idempotency-Key`.
#[derive(Debug)]
pub(super) struct Idempotency {
    results: Family<ResultLabels, Counter>,
    not_recorded: Counter,
    store_unavailable: Gauge,
    store_check_failed: Gauge,
    canary_lost: Counter,
    canary_expiry_changed: Counter,
}

/// What is known of an `Idempotency-Key`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyResult {
    /// Nothing: its request is carried out.
    New,
    /// The reply, which is given again.
    Replayed,
    /// Its request is under way.
    InProgress,
    /// It belongs to another request.
    Mismatch,
    /// Nobody knows what became of its request.
    OutcomeUnknown,
    /// The reply, without the secrets that it had.
    PasscodeExpired,
    /// Its caller has as many live keys, or bytes, as one caller may have.
    CallerShare,
    /// The store cannot be used or relied on, or has no room.
    Unavailable,
}

impl KeyResult {
    /// All of them.
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

    /// The word in logs and metrics.
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

impl Idempotency {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let idempotency = Self {
            results: add(
                registry,
                "idempotency",
                "Requests with an Idempotency-Key by what is known of the key",
                Family::default(),
            ),
            not_recorded: add(
                registry,
                "idempotency_not_recorded",
                "Requests with an Idempotency-Key whose end could not be recorded",
                Counter::default(),
            ),
            store_unavailable: add(
                registry,
                "store_unavailable",
                "1 while the idempotency store cannot be used and requests with an Idempotency-Key are refused",
                Gauge::default(),
            ),
            store_check_failed: add(
                registry,
                "store_check_failed",
                "1 while the check of the idempotency store fails and requests with an Idempotency-Key are refused",
                Gauge::default(),
            ),
            canary_lost: add(
                registry,
                "store_canary_lost",
                "Checks that found the canary gone from the idempotency store: keys may have been forgotten with it",
                Counter::default(),
            ),
            canary_expiry_changed: add(
                registry,
                "store_canary_expiry_changed",
                "Checks that found the canary without its expiry in the idempotency store, or kept beyond it",
                Counter::default(),
            ),
        };
        for result in KeyResult::ALL.map(KeyResult::as_str) {
            drop(idempotency.results.get_or_create(&ResultLabels { result }));
        }
        idempotency
    }
}

impl Metrics {
    /// Counts a request with an `Idempotency-Key` by what is known of the key.
    pub fn idempotency(&self, result: KeyResult) {
        self.idempotency.results.get_or_create(&ResultLabels { result: result.as_str() }).inc();
    }

    /// Counts a request whose end could not be recorded.
    pub fn idempotency_not_recorded(&self) {
        self.idempotency.not_recorded.inc();
    }

    /// Notes whether the last check of the store failed.
    pub fn store_check_failed(&self, failed: bool) {
        self.idempotency.store_check_failed.set(i64::from(failed));
    }

    /// Counts a check that found the store's canary gone.
    pub fn canary_lost(&self) {
        self.idempotency.canary_lost.inc();
    }

    /// Counts a check that found the expiry of the store's canary changed.
    pub fn canary_expiry_changed(&self) {
        self.idempotency.canary_expiry_changed.inc();
    }

    /// Notes whether the store can be used.
    pub fn store_unavailable(&self, unavailable: bool) {
        self.idempotency.store_unavailable.set(i64::from(unavailable));
    }
}
