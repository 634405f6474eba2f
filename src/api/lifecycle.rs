//! Whether the process is draining or stopping.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

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

    /// Starts `work` as a task, unless the process is stopping. A shutdown waits for it, even if the handle is dropped.
    pub(super) fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Option<JoinHandle<T>> {
        let stopping = self.stopping.lock().unwrap_or_else(PoisonError::into_inner);
        (!*stopping).then(|| self.executions.spawn(work))
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::FutureExt as _;
    use tokio::sync::oneshot;

    use super::Lifecycle;

    #[tokio::test]
    async fn shutdown_waits_for_every_execution_even_if_its_handle_is_dropped() {
        let lifecycle = Lifecycle::default();
        let (release_first, first) = oneshot::channel::<()>();
        let (release_second, second) = oneshot::channel::<()>();
        drop(lifecycle.spawn(first).expect("it may begin"));
        let mut finished = pin!(lifecycle.finish_executions());
        assert!(finished.as_mut().now_or_never().is_none());
        let second = lifecycle.spawn(second).expect("an execution may begin while others run");
        release_first.send(()).expect("the first one runs");
        assert!(finished.as_mut().now_or_never().is_none());
        release_second.send(()).expect("the second one runs");
        second.await.expect("no panic").expect("released");
        finished.await;
        assert!(lifecycle.spawn(async {}).is_none());
    }
}
