use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::oneshot;

use super::AuditSink;

/// Lines that may wait to be written; more are refused.
const QUEUE: usize = 4096;

/// One thread writes all lines, many at once: those that tasks bring in one turn of their worker are handed over together,
/// because each way to the thread and back costs more than many lines.
#[derive(Debug)]
pub(super) struct Writer {
    gathering: Arc<Mutex<Batch>>,
    /// Lines that are gathered or with the thread.
    waiting: Arc<AtomicUsize>,
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
        Ok(Self { gathering: Arc::default(), waiting, queue })
    }

    /// Hands over a line, to be told whether it was written; nothing if too many wait.
    pub(super) fn send(&self, line: &[u8]) -> Option<oneshot::Receiver<bool>> {
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= QUEUE {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        let (written, receiver) = oneshot::channel();
        let mut batch = self.gathering.lock().unwrap_or_else(PoisonError::into_inner);
        batch.lines.extend_from_slice(line);
        batch.written.push(written);
        if batch.written.len() == 1 {
            // It runs after the tasks that are ready now, which may bring lines, too.
            tokio::spawn(hand_over(Arc::clone(&self.gathering), self.queue.clone()));
        }
        Some(receiver)
    }
}

async fn hand_over(gathering: Arc<Mutex<Batch>>, queue: SyncSender<Handover>) {
    let Batch { lines, written } = std::mem::take(&mut *gathering.lock().unwrap_or_else(PoisonError::into_inner));
    let (told, answer) = oneshot::channel();
    // There is room: a batch has at least one line, and the lines are counted.
    let _ = queue.try_send(Handover { lines, count: written.len(), written: told });
    let is_written = answer.await.unwrap_or(false);
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
