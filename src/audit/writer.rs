use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use tokio::sync::oneshot;

use super::AuditSink;

/// Lines that may wait to be written; more are refused.
const QUEUE: usize = 4096;

/// One thread writes all lines, as many at once as have come meanwhile.
#[derive(Debug)]
pub(super) struct Writer {
    queue: SyncSender<Entry>,
}

#[derive(Debug)]
struct Entry {
    line: Vec<u8>,
    written: oneshot::Sender<bool>,
}

impl Writer {
    pub(super) fn start(sink: AuditSink, fsync: bool) -> io::Result<Self> {
        let (queue, entries) = sync_channel(QUEUE);
        thread::Builder::new().name("audit".to_owned()).spawn(move || write_all(sink, fsync, &entries))?;
        Ok(Self { queue })
    }

    /// Hands over a line, to be told whether it was written; nothing if too many wait.
    pub(super) fn send(&self, line: Vec<u8>) -> Option<oneshot::Receiver<bool>> {
        let (written, receiver) = oneshot::channel();
        self.queue.try_send(Entry { line, written }).ok()?;
        Some(receiver)
    }
}

fn write_all(mut sink: AuditSink, fsync: bool, entries: &Receiver<Entry>) {
    while let Ok(first) = entries.recv() {
        let mut batch = vec![first];
        batch.extend(entries.try_iter());
        let lines = batch.iter().flat_map(|entry| &entry.line).copied().collect::<Vec<u8>>();
        let written = match sink.append(&lines, fsync) {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(cause = %error.kind(), "the audit trail cannot be written; actions are refused until it can");
                false
            }
        };
        for entry in batch {
            let _ = entry.written.send(written);
        }
    }
}
