use std::sync::atomic::{AtomicBool, Ordering};

use tokio_util::task::TaskTracker;

/// Where the process stands between start and stop, and what it still has to finish.
#[derive(Debug, Default)]
pub(crate) struct Lifecycle {
    draining: AtomicBool,
    stopping: AtomicBool,
    /// The tasks that talk to CENTAGATE; shutdown waits for them, not for connections.
    pub(super) exchanges: TaskTracker,
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
        self.stopping.store(true, Ordering::Release);
        // One may have begun between the last two lines.
        self.exchanges.wait().await;
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }
}
