//! Limits concurrent calls and waiting requests, in total and per caller.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use super::breaker::BreakerState;
use crate::centagate::error::NotSent;
use crate::domain::CallerShare;

/// The load of the client.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Running calls.
    pub in_flight: usize,
    /// Waiting requests.
    pub waiting: usize,
    /// The state of the circuit breaker.
    pub breaker: BreakerState,
}

/// How many requests may wait per concurrent call.
const WAITING_PER_CALL: usize = 16;

/// Above this number of quotas, those of idle callers are removed.
const FEW_QUOTAS: usize = 256;

/// Limits concurrent calls and waiting requests, so that they do not pile up while CENTAGATE is slow.
///
/// Each caller can use a share of both, so one caller cannot block the others. A request waits first for a permit of
/// its caller's quota, and then for a permit of the total quota. So a caller that has used up its share does not queue
/// ahead of others.
#[derive(Debug)]
pub(in crate::centagate) struct Bulkhead {
    all: Quota,
    callers: Mutex<Callers>,
    share: CallerShare,
    max_in_flight: usize,
}

/// Permits for calls, and slots for requests that wait for a permit.
#[derive(Debug)]
struct Quota {
    permits: Arc<Semaphore>,
    waiting_slots: Semaphore,
    /// The number of slots.
    max_waiting: usize,
}

/// The quotas of recent callers.
#[derive(Debug, Default)]
struct Callers {
    quotas: HashMap<Arc<str>, Arc<Quota>>,
    /// The number of quotas at which idle ones are removed next.
    prune_at: usize,
}

/// The permit for one call.
#[derive(Debug)]
pub struct CallPermit {
    /// The latest time to send its call.
    pub(in crate::centagate) send_by: Instant,
    _permits: [OwnedSemaphorePermit; 2],
    /// Keeps the quota from being removed.
    _quota: Arc<Quota>,
}

impl Quota {
    fn new(permits: usize, waiting_slots: usize) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(permits)),
            waiting_slots: Semaphore::new(waiting_slots),
            max_waiting: waiting_slots,
        }
    }

    fn try_acquire(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.permits).try_acquire_owned().ok()
    }

    async fn acquire(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.permits).acquire_owned().await.ok()
    }

    fn waiting(&self) -> usize {
        self.max_waiting.saturating_sub(self.waiting_slots.available_permits())
    }
}

impl Bulkhead {
    pub(in crate::centagate) fn new(max_in_flight: usize, share: CallerShare) -> Self {
        let all = Quota::new(max_in_flight, max_in_flight * WAITING_PER_CALL);
        Self { all, callers: Mutex::default(), share, max_in_flight }
    }

    /// Waits for a permit of `caller` until `send_by`.
    pub(in crate::centagate) async fn enter(&self, caller: &Arc<str>, send_by: Instant) -> Result<CallPermit, NotSent> {
        let quota = self.quota_of(caller);
        let own = quota.try_acquire();
        let permits = match own.and_then(|own| Some([own, self.all.try_acquire()?])) {
            Some(permits) => permits,
            None => self.wait(&quota, send_by).await?,
        };
        Ok(CallPermit { send_by, _permits: permits, _quota: quota })
    }

    async fn wait(&self, own: &Quota, send_by: Instant) -> Result<[OwnedSemaphorePermit; 2], NotSent> {
        let _own_slot = own.waiting_slots.try_acquire().map_err(|_| NotSent::ShareOfCaller)?;
        let _slot = self.all.waiting_slots.try_acquire().map_err(|_| NotSent::Busy)?;
        let permits = async { Some([own.acquire().await?, self.all.acquire().await?]) };
        timeout_at(send_by, permits).await.ok().flatten().ok_or(NotSent::DeadlineSpent)
    }

    fn quota_of(&self, caller: &Arc<str>) -> Arc<Quota> {
        let [permits, waiting_slots] = [self.max_in_flight, self.all.max_waiting].map(|all| self.share.of(all));
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        // A quota of a different size was created before the share changed.
        if let Some(quota) = callers.quotas.get(caller).filter(|quota| quota.max_waiting == waiting_slots) {
            return Arc::clone(quota);
        }
        callers.drop_idle();
        let quota = Arc::new(Quota::new(permits, waiting_slots));
        callers.quotas.insert(Arc::clone(caller), Arc::clone(&quota));
        quota
    }

    /// The number of running calls and of waiting requests.
    pub(in crate::centagate) fn load(&self) -> (usize, usize) {
        let in_flight = self.max_in_flight.saturating_sub(self.all.permits.available_permits());
        (in_flight, self.all.waiting())
    }
}

impl Callers {
    /// Removes the quotas of idle callers if there are many. Tokens can bring any number of callers.
    fn drop_idle(&mut self) {
        if self.quotas.len() >= self.prune_at.max(FEW_QUOTAS) {
            self.quotas.retain(|_, quota| Arc::strong_count(quota) > 1);
            self.prune_at = 2 * self.quotas.len();
        }
    }
}

#[cfg(test)]
#[path = "bulkhead_tests.rs"]
mod tests;
