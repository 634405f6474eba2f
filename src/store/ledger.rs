//! The ledger: gives each idempotency key to one request, and stores the request's outcome.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};
use tracing::error;

use super::canary::Canary;
use super::claim::Claim;
use super::configuration::{IdempotencySettings, StoreSettings};
use super::entry::Swap;
use super::health::{CheckResult, Health};
use super::key_status::KeyStatus;
use super::pending_writes::PendingWrites;
use super::request::Request;
use super::sealed_store::SealedStore;
use super::unavailable::Unavailable;
use crate::configuration::SettingsFault;
use crate::domain::CallerShare;
use crate::log_throttle::{LogThrottle, Permit};
use crate::metrics::Metrics;

/// The interval between checks of the store.
const CHECK_INTERVAL: Duration = Duration::from_secs(60);

/// The interval between checks while they fail.
const FAILED_CHECK_INTERVAL: Duration = Duration::from_secs(5);

/// The interval between retries of pending writes.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// Stores the outcome of each request with an `Idempotency-Key`.
#[derive(Debug)]
pub(crate) struct Ledger {
    store: ArcSwap<SealedStore>,
    health: Arc<Health>,
    canary: Canary,
    pending: Arc<PendingWrites>,
    /// Wakes [`Ledger::maintain`].
    wake: Arc<Notify>,
    /// For refused keys, while the memory is full.
    full: LogThrottle,
    metrics: Arc<Metrics>,
}

impl Ledger {
    /// Opens the store that the settings choose. In memory, one caller can use at most `share` of it.
    ///
    /// # Errors
    /// Invalid options, or a Redis that may evict live records. A Redis that does not reply is no error.
    pub(crate) fn open(
        settings: &IdempotencySettings,
        metrics: Arc<Metrics>,
        share: CallerShare,
    ) -> Result<Self, SettingsFault> {
        let health = Arc::new(Health::unchecked(Arc::clone(&metrics)));
        if let StoreSettings::Memory { .. } = settings.store {
            health.record_check(CheckResult::Passed);
        }
        let wake = Arc::new(Notify::new());
        Ok(Self {
            store: ArcSwap::from_pointee(SealedStore::open(settings, Arc::clone(&health), share)?),
            health,
            canary: Canary::new(Arc::clone(&metrics)),
            pending: Arc::new(PendingWrites::new(Arc::clone(&wake))),
            wake,
            full: LogThrottle::default(),
            metrics,
        })
    }

    /// Claims the key of `request` for the duration `lease`, or returns what the store knows about it.
    ///
    /// # Errors
    /// The store is unavailable, or did not reply before `deadline`. The request must not be executed.
    pub(crate) async fn claim(
        &self,
        request: &Request<'_>,
        deadline: Instant,
        lease: Duration,
    ) -> Result<KeyStatus, Unavailable> {
        before(deadline, self.ensure_checked()).await?;
        let store = self.store.load_full();
        let names = store.keys.names(&request.name_input());
        let (pending, metrics) = (Arc::clone(&self.pending), Arc::clone(&self.metrics));
        let claim = Claim::new(Arc::clone(&store), pending, metrics, request, &names, lease);
        let acquired = before(deadline, async {
            self.pending.retry(names[0], &store).await?;
            claim.acquire().await
        });
        match acquired.await {
            Ok(Swap::Applied) => Ok(KeyStatus::New(claim)),
            Ok(Swap::Conflict(entries)) => before(deadline, KeyStatus::read(&store, request, &names, &entries)).await,
            Err(reason) => {
                match reason {
                    Unavailable::Unreachable(_) | Unavailable::DeadlinePassed => claim.withdraw(),
                    Unavailable::Full => {
                        if let Some(Permit { suppressed }) = self.full.permit() {
                            error!(
                                suppressed,
                                "the memory for idempotency keys is full; requests with a new key are refused"
                            );
                        }
                    }
                    _ => {}
                }
                Err(reason)
            }
        }
    }

    /// Returns the result of the last check of the store.
    pub(crate) fn last_check(&self) -> CheckResult {
        self.health.last_check()
    }

    /// Returns whether a check of the store has ever passed in this process.
    pub(crate) fn has_worked(&self) -> bool {
        self.health.ever_passed()
    }

    /// Checks the store at intervals and retries pending writes. Runs until the task is dropped.
    pub(crate) async fn maintain(self: Arc<Self>) {
        loop {
            let _ = self.check().await; // errors are logged by `Health`
            let has_passed = self.last_check() == CheckResult::Passed;
            let next_check = Instant::now() + if has_passed { CHECK_INTERVAL } else { FAILED_CHECK_INTERVAL };
            loop {
                self.retry_pending_writes().await;
                let next_retry = Instant::now() + RETRY_INTERVAL;
                let next = if self.pending.is_empty() { next_check } else { next_check.min(next_retry) };
                let is_woken = timeout_at(next, self.wake.notified()).await.is_ok();
                if Instant::now() >= next_check || (is_woken && self.last_check() == CheckResult::Pending) {
                    break;
                }
            }
        }
    }

    /// Retries the writes that got no reply. Stops at the first write that gets no reply again.
    pub(crate) async fn retry_pending_writes(&self) {
        self.pending.retry_all(&self.store.load_full()).await;
    }

    /// Returns the store with new secrets, for [`Ledger::replace_store`]. Returns `None` if the secrets are the current ones.
    ///
    /// # Errors
    /// Invalid options, or the URL of a different Redis: only a restart can change the store.
    pub(crate) fn with_new_secrets(
        &self,
        settings: &IdempotencySettings,
    ) -> Result<Option<SealedStore>, SettingsFault> {
        self.store.load().with_new_secrets(settings)
    }

    /// Uses `store` for new requests. Requests in progress keep the store that they have.
    pub(crate) fn replace_store(&self, store: SealedStore) {
        self.store.store(Arc::new(store));
        self.health.require_check();
        self.wake.notify_one();
    }

    /// Checks the store unless the result of the last check is known.
    async fn ensure_checked(&self) -> Result<(), Unavailable> {
        // Repeats if a reload replaced the store during the check.
        while self.last_check() == CheckResult::Pending {
            self.check().await?;
        }
        if self.last_check() == CheckResult::Passed { Ok(()) } else { Err(Unavailable::CheckFailed) }
    }

    /// Checks the store and records the result, unless a reload replaced the store during the check.
    async fn check(&self) -> Result<(), Unavailable> {
        let store = self.store.load_full();
        let result = self.canary.check(&store).await?;
        if Arc::ptr_eq(&store, &self.store.load()) {
            self.health.record_check(result);
        }
        Ok(())
    }
}

/// Runs `operation` until `deadline`.
async fn before<T>(
    deadline: Instant,
    operation: impl Future<Output = Result<T, Unavailable>>,
) -> Result<T, Unavailable> {
    timeout_at(deadline, operation).await.unwrap_or(Err(Unavailable::DeadlinePassed))
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
#[cfg(test)]
#[path = "upgrade_tests.rs"]
mod upgrade_tests;
