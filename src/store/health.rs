//! The health of the store: whether its backend replies, and the result of the last check.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tracing::{error, info};

use super::unavailable::Unavailable;
use crate::log_throttle::{LogThrottle, Permit};
use crate::metrics::Metrics;

/// The result of the last check of the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum CheckResult {
    /// Not checked yet, or not since the store came back or got new secrets.
    #[default]
    Pending,
    /// Keys are safe in the store.
    Passed,
    /// Another replica uses a seal key that this replica does not have.
    UnknownSealKey,
    /// The store may evict live records.
    MayEvict,
}

impl fmt::Display for CheckResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pending => "not checked: the store has not replied",
            Self::Passed => "passed",
            Self::UnknownSealKey => {
                "failed: store.seal_keys cannot open what another replica has sealed; give all replicas the same keys"
            }
            Self::MayEvict => "failed: maxmemory-policy is not noeviction, so live records may be evicted",
        })
    }
}

/// The health of the store. Reports each change in the log and in metrics.
#[derive(Debug)]
pub(super) struct Health {
    metrics: Arc<Metrics>,
    is_unreachable: AtomicBool,
    /// For a store that fails again and again.
    unreachable: LogThrottle,
    not_recorded: LogThrottle,
    checks: Mutex<Checks>,
    /// Whether a check has ever passed.
    ever_passed: AtomicBool,
    /// Whether `checks.current` is `Passed`. Requests read it without a lock.
    has_passed: AtomicBool,
}

#[derive(Debug, Default)]
struct Checks {
    current: CheckResult,
    /// The last result that was recorded, even if `current` has been reset since.
    last_recorded: CheckResult,
}

impl Health {
    /// Creates the health of a store that has to pass a check before it is used.
    pub(super) fn unchecked(metrics: Arc<Metrics>) -> Self {
        Self {
            metrics,
            is_unreachable: AtomicBool::default(),
            unreachable: LogThrottle::default(),
            not_recorded: LogThrottle::default(),
            checks: Mutex::default(),
            ever_passed: AtomicBool::default(),
            has_passed: AtomicBool::default(),
        }
    }

    /// Returns the result of the last check.
    pub(super) fn last_check(&self) -> CheckResult {
        if self.has_passed.load(Ordering::Relaxed) { CheckResult::Passed } else { self.checks().current }
    }

    /// Returns whether a check has ever passed.
    pub(super) fn ever_passed(&self) -> bool {
        self.ever_passed.load(Ordering::Relaxed)
    }

    /// Records the result of a check.
    pub(super) fn record_check(&self, result: CheckResult) {
        let previous = {
            let mut checks = self.checks();
            checks.current = result;
            self.has_passed.store(result == CheckResult::Passed, Ordering::Relaxed);
            std::mem::replace(&mut checks.last_recorded, result)
        };
        let is_failed = result != CheckResult::Passed;
        self.metrics.store.set_check_failed(is_failed);
        if !is_failed {
            self.ever_passed.store(true, Ordering::Relaxed);
        }
        if is_failed && result != previous {
            error!("the check of the idempotency store {result}; requests with an Idempotency-Key are refused");
        } else if !is_failed && matches!(previous, CheckResult::UnknownSealKey | CheckResult::MayEvict) {
            info!("the check of the idempotency store passed");
        }
    }

    /// Requires a new check before the store is used again.
    pub(super) fn require_check(&self) {
        let mut checks = self.checks();
        checks.current = CheckResult::Pending;
        self.has_passed.store(false, Ordering::Relaxed);
    }

    /// Passes on the result of an operation, and records whether the backend replied.
    pub(super) fn observe<T>(&self, result: Result<T, Unavailable>) -> Result<T, Unavailable> {
        match &result {
            Err(Unavailable::Unreachable(cause)) => {
                self.metrics.store.set_unavailable(true);
                if !self.is_unreachable.swap(true, Ordering::Relaxed)
                    && let Some(Permit { suppressed }) = self.unreachable.permit()
                {
                    error!(
                        cause,
                        suppressed,
                        "the idempotency store cannot be used; requests with an Idempotency-Key are refused"
                    );
                }
            }
            // `load` first: a `swap` on every request would share a cache line between all workers.
            Ok(_)
                if self.is_unreachable.load(Ordering::Relaxed)
                    && self.is_unreachable.swap(false, Ordering::Relaxed) =>
            {
                self.metrics.store.set_unavailable(false);
                self.require_check(); // it may be a different Redis, or an empty one
                info!("the idempotency store can be used again");
            }
            Ok(_) | Err(_) => {}
        }
        result
    }

    /// Logs that an outcome could not be stored.
    pub(super) fn outcome_not_recorded(&self) {
        if let Some(Permit { suppressed }) = self.not_recorded.permit() {
            error!(suppressed, "the outcome of a request with an Idempotency-Key could not be stored");
        }
    }

    fn checks(&self) -> MutexGuard<'_, Checks> {
        self.checks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
