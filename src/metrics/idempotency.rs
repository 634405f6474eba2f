use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::labels::ResultLabels;

/// What becomes of requests with an `Idempotency-Key`.
#[derive(Debug, Default)]
pub(super) struct IdempotencyMetrics {
    results: Family<ResultLabels, Counter>,
    not_recorded: Counter,
    store_unavailable: Gauge,
}

impl IdempotencyMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "idempotency",
            "Requests with an Idempotency-Key by what is known of the key",
            self.results.clone(),
        );
        registry.register(
            "idempotency_not_recorded",
            "Requests with an Idempotency-Key whose end could not be recorded",
            self.not_recorded.clone(),
        );
        registry.register(
            "store_unavailable",
            "1 while the idempotency store cannot be used and requests with an Idempotency-Key are refused",
            self.store_unavailable.clone(),
        );
    }
}

impl super::Metrics {
    /// Counts a request with an `Idempotency-Key` by what is known of the key.
    pub fn idempotency(&self, result: &'static str) {
        self.idempotency.results.get_or_create(&ResultLabels { result }).inc();
    }

    /// Counts a request whose end could not be recorded.
    pub fn idempotency_not_recorded(&self) {
        self.idempotency.not_recorded.inc();
    }

    /// Notes whether the store can be used.
    pub fn store_unavailable(&self, unavailable: bool) {
        self.idempotency.store_unavailable.set(i64::from(unavailable));
    }
}
