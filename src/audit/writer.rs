use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use super::AuditSink;

/// Lines that may wait to be written; more are refused.
const QUEUE: usize = 4096;

/// The longest wait for lines to be written.
const WRITE_TIMEOUT: Duration = Duration::from_secs(2);

/// Writes lines many at once: those that tasks bring in one turn of their worker are gathered.
///
/// Where the sink takes them at once, the worker writes them itself; otherwise a thread does, which may be kept waiting,
/// and the way to it and back costs more than many lines.
#[derive(Debug)]
pub(super) struct Writer(Gathering);

/// The lines of a turn, and where they go when it is over.
#[derive(Clone, Debug)]
struct Gathering {
    batch: Arc<Mutex<Batch>>,
    sink: Arc<Mutex<AuditSink>>,
    thread: SyncSender<Handover>,
    /// Lines that are not written yet.
    waiting: Arc<AtomicUsize>,
}

#[derive(Debug, Default)]
struct Batch {
    lines: Vec<u8>,
    written: Vec<oneshot::Sender<bool>>,
}

/// What the thread has to write.
#[derive(Debug)]
struct Handover {
    lines: Vec<u8>,
    count: usize,
    written: oneshot::Sender<bool>,
}

impl Writer {
    pub(super) fn start(sink: AuditSink) -> io::Result<Self> {
        let (thread, handovers) = sync_channel(QUEUE);
        let (sink, waiting) = (Arc::new(Mutex::new(sink)), Arc::new(AtomicUsize::new(0)));
        let gathering =
            Gathering { batch: Arc::default(), sink: Arc::clone(&sink), thread, waiting: Arc::clone(&waiting) };
        thread::Builder::new().name("audit".to_owned()).spawn(move || write_all(&sink, &handovers, &waiting))?;
        Ok(Self(gathering))
    }

    /// Has a line written; tells whether it was, and in time. Nothing if too many wait.
    pub(super) fn send(&self, line: &[u8]) -> Option<oneshot::Receiver<bool>> {
        let Self(gathering) = self;
        if gathering.waiting.fetch_add(1, Ordering::Relaxed) >= QUEUE {
            gathering.waiting.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        let (written, receiver) = oneshot::channel();
        let mut batch = gathering.batch();
        batch.lines.extend_from_slice(line);
        batch.written.push(written);
        if batch.written.len() == 1 {
            // It runs after the tasks that are ready now, which may bring lines, too.
            tokio::spawn(end(Turn(Some(gathering.clone()))));
        }
        Some(receiver)
    }
}

impl Gathering {
    fn batch(&self) -> MutexGuard<'_, Batch> {
        self.batch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes `lines` here and now, if the sink takes them at once: whether they are written.
    fn write(&self, lines: &[u8], count: usize) -> Option<bool> {
        let appended = self.sink.try_lock().ok()?.append_at_once(lines)?;
        self.waiting.fetch_sub(count, Ordering::Relaxed);
        Some(is_written(&appended))
    }

    /// Hands `lines` to the thread, which tells whether they are written.
    fn hand_over(&self, lines: Vec<u8>, count: usize) -> oneshot::Receiver<bool> {
        let (written, receiver) = oneshot::channel();
        // There is room: a batch has at least one line, and the lines are counted.
        let _ = self.thread.try_send(Handover { lines, count, written });
        receiver
    }
}

/// A turn of a worker. Its lines are written also where the worker ends before it.
struct Turn(Option<Gathering>);

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(gathering) = self.0.take() {
            let Batch { lines, written } = std::mem::take(&mut *gathering.batch());
            drop(gathering.hand_over(lines, written.len()));
        }
    }
}

async fn end(mut turn: Turn) {
    let Some(gathering) = turn.0.take() else { return };
    let Batch { lines, written } = std::mem::take(&mut *gathering.batch());
    let is_written = match gathering.write(&lines, written.len()) {
        Some(is_written) => is_written,
        None => matches!(timeout(WRITE_TIMEOUT, gathering.hand_over(lines, written.len())).await, Ok(Ok(true))),
    };
    for waiter in written {
        let _ = waiter.send(is_written);
    }
}

fn write_all(sink: &Mutex<AuditSink>, handovers: &Receiver<Handover>, waiting: &AtomicUsize) {
    while let Ok(Handover { mut lines, mut count, written }) = handovers.recv() {
        let mut waiters = vec![written];
        for more in handovers.try_iter() {
            lines.extend_from_slice(&more.lines);
            count += more.count;
            waiters.push(more.written);
        }
        let appended = sink.lock().unwrap_or_else(PoisonError::into_inner).append(&lines);
        let is_written = is_written(&appended);
        waiting.fetch_sub(count, Ordering::Relaxed);
        for waiter in waiters {
            let _ = waiter.send(is_written);
        }
    }
}

fn is_written(appended: &io::Result<()>) -> bool {
    if let Err(error) = appended {
        tracing::error!(cause = %error.kind(), "the audit trail cannot be written; actions are refused until it can");
    }
    appended.is_ok()
}
