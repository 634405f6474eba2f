use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::yield_now;
use tokio::time::timeout;

use super::AuditSink;

/// Lines that may wait to be written; more are refused.
const QUEUE: usize = 4096;

/// The longest wait for a line to be written.
const WRITE_TIMEOUT: Duration = Duration::from_secs(2);

/// One thread writes all lines, many at once: those that tasks bring in one turn of their worker are handed over together,
/// because each way to the thread and back costs more than many lines.
#[derive(Debug)]
pub(super) struct Writer {
    gathering: Gathering,
    /// Lines that are gathered or with the thread.
    waiting: Arc<AtomicUsize>,
}

/// The lines of a turn, and where they go when it is over.
#[derive(Clone, Debug)]
struct Gathering {
    batch: Arc<Mutex<Batch>>,
    queue: SyncSender<Handover>,
}

#[derive(Debug, Default)]
struct Batch {
    lines: Vec<u8>,
    written: Vec<oneshot::Sender<bool>>,
}

#[derive(Debug)]
struct Handover {
    lines: Vec<u8>,
    count: usize,
    written: oneshot::Sender<bool>,
}

impl Writer {
    pub(super) fn start(sink: AuditSink, fsync: bool) -> io::Result<Self> {
        let (queue, handovers) = sync_channel(QUEUE);
        let waiting = Arc::new(AtomicUsize::new(0));
        let left = Arc::clone(&waiting);
        thread::Builder::new().name("audit".to_owned()).spawn(move || write_all(sink, fsync, &handovers, &left))?;
        Ok(Self { gathering: Gathering { batch: Arc::default(), queue }, waiting })
    }

    /// Hands over a line, to be told whether it was written in time; nothing if too many wait.
    pub(super) fn send(&self, line: &[u8]) -> Option<oneshot::Receiver<bool>> {
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= QUEUE {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        let (written, receiver) = oneshot::channel();
        let mut batch = self.gathering.batch();
        batch.lines.extend_from_slice(line);
        batch.written.push(written);
        if batch.written.len() == 1 {
            tokio::spawn(hand_over(Turn(Some(self.gathering.clone()))));
        }
        Some(receiver)
    }
}

impl Gathering {
    fn batch(&self) -> MutexGuard<'_, Batch> {
        self.batch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands the lines to the thread: those who wait for them, and its answer.
    fn hand_over(&self) -> (Vec<oneshot::Sender<bool>>, oneshot::Receiver<bool>) {
        let Batch { lines, written } = std::mem::take(&mut *self.batch());
        let (told, answer) = oneshot::channel();
        if !written.is_empty() {
            // There is room: a batch has at least one line, and the lines are counted.
            let _ = self.queue.try_send(Handover { lines, count: written.len(), written: told });
        }
        (written, answer)
    }
}

/// Lines are handed over also where their worker ends before the task that should do it has had its turn.
struct Turn(Option<Gathering>);

impl Drop for Turn {
    fn drop(&mut self) {
        let _ = self.0.take().map(|gathering| gathering.hand_over());
    }
}

async fn hand_over(mut turn: Turn) {
    // The tasks that are ready now, and those that become ready meanwhile, may bring lines, too.
    yield_now().await;
    let Some(gathering) = turn.0.take() else { return };
    let (written, answer) = gathering.hand_over();
    let is_written = matches!(timeout(WRITE_TIMEOUT, answer).await, Ok(Ok(true)));
    for waiter in written {
        let _ = waiter.send(is_written);
    }
}

fn write_all(mut sink: AuditSink, fsync: bool, handovers: &Receiver<Handover>, waiting: &AtomicUsize) {
    while let Ok(Handover { mut lines, mut count, written }) = handovers.recv() {
        let mut waiters = vec![written];
        for more in handovers.try_iter() {
            lines.extend_from_slice(&more.lines);
            count += more.count;
            waiters.push(more.written);
        }
        let is_written = match sink.append(&lines, fsync) {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(cause = %error.kind(), "the audit trail cannot be written; actions are refused until it can");
                false
            }
        };
        waiting.fetch_sub(count, Ordering::Relaxed);
        for waiter in waiters {
            let _ = waiter.send(is_written);
        }
    }
}
