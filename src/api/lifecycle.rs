use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

/// Where the process stands between start and stop, and what it still has to finish.
#[derive(Debug, Default)]
pub(crate) struct Lifecycle {
    draining: AtomicBool,
    /// Also the lock under which exchanges begin: none slips in between the look at it and being waited for.
    stopping: Mutex<bool>,
    /// Those that talk to CENTAGATE; shutdown waits for them, not for connections.
    exchanges: TaskTracker,
}

impl Lifecycle {
    /// From now on: readiness fails and every reply closes its connection.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// Waits for the exchanges under way, then lets no further one begin.
    pub(crate) async fn finish_exchanges(&self) {
        self.exchanges.close();
        self.exchanges.wait().await;
        *self.stopping.lock().unwrap_or_else(PoisonError::into_inner) = true;
        // One may have begun between the last two lines.
        self.exchanges.wait().await;
    }

    /// Lets an exchange begin, unless none may any more: shutdown waits until what this returns is dropped.
    pub(super) fn begin_exchange(&self) -> Option<TaskTrackerToken> {
        let stopping = self.stopping.lock().unwrap_or_else(PoisonError::into_inner);
        (!*stopping).then(|| self.exchanges.token())
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::FutureExt;

    use super::Lifecycle;

    #[test]
    fn what_was_let_begin_is_waited_for_though_nothing_runs_yet() {
        let lifecycle = Lifecycle::default();
        let first = lifecycle.begin_exchange().expect("it may begin");
        let mut finished = pin!(lifecycle.finish_exchanges());
        assert!(finished.as_mut().now_or_never().is_none());
        let second = lifecycle.begin_exchange().expect("it may begin while others are under way");
        drop(first);
        assert!(finished.as_mut().now_or_never().is_none());
        drop(second);
        assert!(finished.as_mut().now_or_never().is_some());
        assert!(lifecycle.begin_exchange().is_none());
    }
}
