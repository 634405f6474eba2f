//! Metrics of the idempotency store.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::registration::register;

/// Shows whether the idempotency store can be used and relied on.
#[derive(Debug)]
pub(crate) struct StoreMetrics {
    unavailable: Gauge,
    check_failed: Gauge,
    canary_lost: Counter,
    canary_expiry_changed: Counter,
}

impl StoreMetrics {
    pub(super) fn new(registry: &mut Registry) -> Self {
        Self {
            unavailable: register(
                registry,
                "store_unavailable",
                "1 while the idempotency store is unavailable and requests with an Idempotency-Key are refused",
                Gauge::default(),
            ),
            check_failed: register(
                registry,
                "store_check_failed",
                "1 while the check of the idempotency store fails and requests with an Idempotency-Key are refused",
                Gauge::default(),
            ),
            canary_lost: register(
                registry,
                "store_canary_lost",
                "Checks of the idempotency store that did not find the canary entry; keys may be lost, too",
                Counter::default(),
            ),
            canary_expiry_changed: register(
                registry,
                "store_canary_expiry_changed",
                "Checks of the idempotency store that found the canary entry without an expiry, or past its expiry",
                Counter::default(),
            ),
        }
    }

    /// Sets whether the last use of the store failed.
    pub(crate) fn set_unavailable(&self, unavailable: bool) {
        self.unavailable.set(i64::from(unavailable));
    }

    /// Sets whether the last check of the store failed.
    pub(crate) fn set_check_failed(&self, failed: bool) {
        self.check_failed.set(i64::from(failed));
    }

    /// Counts a check that did not find the canary entry.
    pub(crate) fn count_canary_lost(&self) {
        self.canary_lost.inc();
    }

    /// Counts a check that found the canary entry without an expiry, or past its expiry.
    pub(crate) fn count_canary_expiry_changed(&self) {
        self.canary_expiry_changed.inc();
    }
}
