//! Whether the process is draining or stopping.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

/// The state of the process between start and stop, and the executions that a shutdown waits for.
#[derive(Debug, Default)]
pub(crate) struct Lifecycle {
    draining: AtomicBool,
    /// The lock under which executions begin: a shutdown misses none.
    stopping: Mutex<bool>,
    /// A shutdown waits for executions, not for connections.
    executions: TaskTracker,
}

impl Lifecycle {
    /// Starts to drain: readiness fails, and every reply closes its connection.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// Waits for running executions, then prevents new ones.
    pub(crate) async fn finish_executions(&self) {
        self.executions.close();
        self.executions.wait().await;
        *self.stopping.lock().unwrap_or_else(PoisonError::into_inner) = true;
        // An execution may have begun between the last two lines.
        self.executions.wait().await;
    }

    /// Begins an execution, unless the process is stopping. A shutdown waits until the token is dropped.
    pub(super) fn begin_execution(&self) -> Option<TaskTrackerToken> {
        let stopping = self.stopping.lock().unwrap_or_else(PoisonError::into_inner);
        (!*stopping).then(|| self.executions.token())
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::FutureExt;

    use super::Lifecycle;

    #[test]
    fn shutdown_waits_for_every_execution_that_has_begun() {
        let lifecycle = Lifecycle::default();
        let first = lifecycle.begin_execution().expect("it may begin");
        let mut finished = pin!(lifecycle.finish_executions());
        assert!(finished.as_mut().now_or_never().is_none());
        let second = lifecycle.begin_execution().expect("it may begin while others are under way");
        drop(first);
        assert!(finished.as_mut().now_or_never().is_none());
        drop(second);
        assert!(finished.as_mut().now_or_never().is_some());
        assert!(lifecycle.begin_execution().is_none());
    }
}
