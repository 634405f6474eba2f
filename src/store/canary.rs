//! The check of a Redis store: an entry that all replicas share shows whether keys are safe there.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tracing::warn;

use super::backend::Backend;
use super::entry::{Change, Name, Swap};
use super::health::CheckResult;
use super::sealed_store::SealedStore;
use super::unavailable::Unavailable;
use crate::metrics::Metrics;

/// The minimum lifetime of the canary: several check intervals. Records may live longer. The canary then lives as long as
/// they do, so seal keys that cannot open it cannot open live records either.
const MIN_LIFETIME: Duration = Duration::from_secs(600);

/// Checks the store.
#[derive(Debug)]
pub(super) struct Canary {
    /// Whether this process has seen the canary. If it is missing later, the store has lost it.
    was_seen: AtomicBool,
    metrics: Arc<Metrics>,
}

impl Canary {
    pub(super) fn new(metrics: Arc<Metrics>) -> Self {
        Self { was_seen: AtomicBool::default(), metrics }
    }

    /// Checks that `store` evicts nothing and that this replica's seal keys open the canary. Then renews the canary.
    ///
    /// # Errors
    /// The store did not reply.
    pub(super) async fn check(&self, store: &SealedStore) -> Result<CheckResult, Unavailable> {
        // Observed once: if only some commands fail, the log and the metric must not alternate.
        store.health.observe(self.check_unobserved(store).await)
    }

    async fn check_unobserved(&self, store: &SealedStore) -> Result<CheckResult, Unavailable> {
        let Backend::Redis(redis) = &*store.backend else { return Ok(CheckResult::Passed) };
        let keys = &store.keys;
        if redis.may_evict().await? {
            return Ok(CheckResult::MayEvict);
        }
        // Loaded before the read: a concurrent check may write the first canary in between.
        let was_seen = self.was_seen.load(Ordering::Relaxed);
        let current = redis.read(Name::CANARY).await?;
        match &current {
            Some(entry) => {
                let Some(opened) = keys.open(Name::CANARY, &entry.value) else {
                    return Ok(CheckResult::UnknownSealKey);
                };
                if entry.remaining.is_none() || opened.has_expired() {
                    self.metrics.store.count_canary_expiry_changed();
                    warn!("the idempotency store keeps entries beyond their expiry; something changes the expiry");
                }
            }
            None if was_seen => {
                self.metrics.store.count_canary_lost();
                warn!("the idempotency store has lost an entry; keys may be lost, too");
            }
            None => {}
        }
        let lifetime = store.ttl.max(MIN_LIFETIME);
        let current = current.map(|entry| entry.value);
        let new = Some((keys.seal(Name::CANARY, b"canary", lifetime).into(), lifetime));
        let change = Change { name: Name::CANARY, expected: [current.clone(), current], new };
        let swap = redis.compare_and_swap(&[change]).await?;
        self.was_seen.store(true, Ordering::Relaxed);
        Ok(match swap {
            Swap::Applied => CheckResult::Passed,
            // Another replica renewed it first.
            Swap::Conflict(entries) => {
                let mut entries = entries.iter().flatten();
                if entries.all(|entry| keys.open(Name::CANARY, &entry.value).is_some()) {
                    CheckResult::Passed
                } else {
                    CheckResult::UnknownSealKey
                }
            }
        })
    }
}
