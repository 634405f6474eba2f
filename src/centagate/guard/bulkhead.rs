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

/// Above this number of lanes, those of idle callers are removed.
const FEW_LANES: usize = 256;

/// Limits concurrent calls and waiting requests, so that they do not pile up while CENTAGATE is slow.
///
/// Each caller can use a share of both, so one caller cannot block the others. A request first waits for a turn in its
/// caller's share, and then for a turn in total: a caller that has used up its share does not queue ahead of others.
#[derive(Debug)]
pub(in crate::centagate) struct Bulkhead {
    all: Lane,
    callers: Mutex<Callers>,
    share: CallerShare,
    max_in_flight: usize,
}

/// Turns, and places to wait for them.
#[derive(Debug)]
struct Lane {
    turns: Arc<Semaphore>,
    places: Semaphore,
    /// How many places there are.
    max_waiting: usize,
}

/// The lanes of recent callers.
#[derive(Debug, Default)]
struct Callers {
    lanes: HashMap<Arc<str>, Arc<Lane>>,
    /// The number of lanes at which idle ones are removed next.
    prune_at: usize,
}

/// A turn of one request.
#[derive(Debug)]
pub struct Turn {
    /// The latest time to send its call.
    pub(in crate::centagate) send_by: Instant,
    _permits: [OwnedSemaphorePermit; 2],
    /// Keeps the lane from being removed.
    _lane: Arc<Lane>,
}

impl Lane {
    fn new(turns: usize, places: usize) -> Self {
        Self { turns: Arc::new(Semaphore::new(turns)), places: Semaphore::new(places), max_waiting: places }
    }

    fn try_turn(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.turns).try_acquire_owned().ok()
    }

    async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.turns).acquire_owned().await.ok()
    }

    fn waiting(&self) -> usize {
        self.max_waiting.saturating_sub(self.places.available_permits())
    }
}

impl Bulkhead {
    pub(in crate::centagate) fn new(max_in_flight: usize, share: CallerShare) -> Self {
        let all = Lane::new(max_in_flight, max_in_flight * WAITING_PER_CALL);
        Self { all, callers: Mutex::default(), share, max_in_flight }
    }

    /// Waits for a turn of `caller` until `send_by`.
    pub(in crate::centagate) async fn enter(&self, caller: &Arc<str>, send_by: Instant) -> Result<Turn, NotSent> {
        let lane = self.lane_of(caller);
        let own = lane.try_turn();
        let permits = match own.and_then(|own| Some([own, self.all.try_turn()?])) {
            Some(permits) => permits,
            None => self.wait(&lane, send_by).await?,
        };
        Ok(Turn { send_by, _permits: permits, _lane: lane })
    }

    async fn wait(&self, own: &Lane, send_by: Instant) -> Result<[OwnedSemaphorePermit; 2], NotSent> {
        let _own_place = own.places.try_acquire().map_err(|_| NotSent::ShareOfCaller)?;
        let _place = self.all.places.try_acquire().map_err(|_| NotSent::Busy)?;
        let permits = async { Some([own.turn().await?, self.all.turn().await?]) };
        timeout_at(send_by, permits).await.ok().flatten().ok_or(NotSent::DeadlineSpent)
    }

    fn lane_of(&self, caller: &Arc<str>) -> Arc<Lane> {
        let [turns, places] = [self.max_in_flight, self.all.max_waiting].map(|all| self.share.of(all));
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        // A lane of a different size was created before the share changed.
        if let Some(lane) = callers.lanes.get(caller).filter(|lane| lane.max_waiting == places) {
            return Arc::clone(lane);
        }
        callers.drop_idle();
        let lane = Arc::new(Lane::new(turns, places));
        callers.lanes.insert(Arc::clone(caller), Arc::clone(&lane));
        lane
    }

    /// The number of running calls and of waiting requests.
    pub(in crate::centagate) fn load(&self) -> (usize, usize) {
        let in_flight = self.max_in_flight.saturating_sub(self.all.turns.available_permits());
        (in_flight, self.all.waiting())
    }
}

impl Callers {
    /// Removes the lanes of idle callers if there are many. Tokens can bring any number of callers.
    fn drop_idle(&mut self) {
        if self.lanes.len() >= self.prune_at.max(FEW_LANES) {
            self.lanes.retain(|_, lane| Arc::strong_count(lane) > 1);
            self.prune_at = 2 * self.lanes.len();
        }
    }
}

#[cfg(test)]
#[path = "bulkhead_tests.rs"]
mod tests;
