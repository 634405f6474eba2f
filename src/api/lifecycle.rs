//! Whether the process is draining or stopping, and the requests and executions that a shutdown waits for.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

/// The state of the process between start and stop, and what a shutdown waits for.
#[derive(Debug, Default)]
pub(crate) struct Lifecycle {
    draining: AtomicBool,
    /// Requests without a reply. They may still begin an execution.
    requests: TaskTracker,
    /// The lock under which executions begin: a shutdown misses none.
    stopping: Mutex<bool>,
    /// Executions outlive their requests: a caller may disconnect.
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

    /// Registers a request. A shutdown waits until the token is dropped.
    pub(super) fn begin_request(&self) -> TaskTrackerToken {
        self.requests.token()
    }

    /// Waits for running requests and executions, then prevents new executions.
    pub(crate) async fn finish(&self) {
        self.requests.close();
        self.requests.wait().await;
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
    fn shutdown_waits_for_a_request_that_has_not_begun_its_execution() {
        let lifecycle = Lifecycle::default();
        let request = lifecycle.begin_request();
        let mut finished = pin!(lifecycle.finish());
        assert!(finished.as_mut().now_or_never().is_none());
        let execution = lifecycle.begin_execution().expect("it may begin");
        drop(request);
        assert!(finished.as_mut().now_or_never().is_none());
        drop(execution);
        assert!(finished.as_mut().now_or_never().is_some());
    }

    #[test]
    fn shutdown_waits_for_every_execution_that_has_begun() {
        let lifecycle = Lifecycle::default();
        let first = lifecycle.begin_execution().expect("it may begin");
        let mut finished = pin!(lifecycle.finish());
        assert!(finished.as_mut().now_or_never().is_none());
        let second = lifecycle.begin_execution().expect("it may begin while others are under way");
        drop(first);
        assert!(finished.as_mut().now_or_never().is_none());
        drop(second);
        assert!(finished.as_mut().now_or_never().is_some());
        assert!(lifecycle.begin_execution().is_none());
    }
}
