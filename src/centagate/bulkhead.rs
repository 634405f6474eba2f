use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};

use super::NotSent;
use super::breaker::BreakerState;

/// What the client is doing.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Calls under way.
    pub in_flight: usize,
    /// Calls that wait for their turn.
    pub waiting: usize,
    /// Whether calls go through.
    pub breaker: BreakerState,
}

/// How many calls may wait for each one that may be under way.
const WAITING_PER_CALL: usize = 16;

/// Bounds the calls under way and those that wait for their turn, so that a slow CENTAGATE does not pile them up.
#[derive(Debug)]
pub(super) struct Bulkhead {
    permits: Semaphore,
    waiting: AtomicUsize,
    max_in_flight: usize,
}

/// The turn of one request, whose calls must be over at `deadline`.
#[derive(Debug)]
pub struct Turn<'a> {
    pub(super) deadline: Instant,
    _permit: SemaphorePermit<'a>,
}

/// Counts one who waits, until it is dropped: also where its request is given up.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Bulkhead {
    pub(super) fn new(max_in_flight: usize) -> Self {
        Self { permits: Semaphore::new(max_in_flight), waiting: AtomicUsize::new(0), max_in_flight }
    }

    /// Waits for a turn until `deadline`.
    pub(super) async fn enter(&self, deadline: Instant) -> Result<Turn<'_>, NotSent> {
        let permit = match self.permits.try_acquire() {
            Ok(permit) => permit,
            Err(_) => self.wait(deadline).await?,
        };
        Ok(Turn { deadline, _permit: permit })
    }

    async fn wait(&self, deadline: Instant) -> Result<SemaphorePermit<'_>, NotSent> {
        let waiting = Waiting(&self.waiting);
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= self.max_in_flight * WAITING_PER_CALL {
            return Err(NotSent::Busy);
        }
        let permit = timeout_at(deadline, self.permits.acquire()).await;
        drop(waiting);
        permit.ok().and_then(Result::ok).ok_or(NotSent::DeadlineSpent)
    }

    /// How many calls are under way and how many wait.
    pub(super) fn load(&self) -> (usize, usize) {
        let in_flight = self.max_in_flight.saturating_sub(self.permits.available_permits());
        (in_flight, self.waiting.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::{Bulkhead, WAITING_PER_CALL};
    use crate::centagate::NotSent;

    #[tokio::test(start_paused = true)]
    async fn calls_beyond_the_bound_wait_and_too_many_are_refused() {
        let bulkhead = std::sync::Arc::new(Bulkhead::new(2));
        let deadline = Instant::now() + Duration::from_secs(10);
        let first = bulkhead.enter(deadline).await.expect("a turn");
        let _second = bulkhead.enter(deadline).await.expect("a turn");
        let waiting: Vec<_> = (0..2 * WAITING_PER_CALL)
            .map(|_| {
                let bulkhead = std::sync::Arc::clone(&bulkhead);
                tokio::spawn(async move { bulkhead.enter(deadline).await.map(drop) })
            })
            .collect();
        tokio::task::yield_now().await;
        assert_eq!(bulkhead.load(), (2, 2 * WAITING_PER_CALL));
        assert!(matches!(bulkhead.enter(deadline).await, Err(NotSent::Busy)));
        drop(first);
        for waiting in waiting {
            waiting.await.unwrap().expect("a turn, one after the other");
        }
        assert_eq!(bulkhead.load(), (1, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_ends_with_the_requests_time() {
        let bulkhead = Bulkhead::new(1);
        let deadline = Instant::now() + Duration::from_secs(1);
        let _turn = bulkhead.enter(deadline).await.expect("a turn");
        assert!(matches!(bulkhead.enter(deadline).await, Err(NotSent::DeadlineSpent)));
        assert_eq!(bulkhead.load(), (1, 0), "nobody is counted who has gone");
    }
}
