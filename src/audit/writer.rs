//! Writes the audit trail: directly from the worker if that does not block, otherwise on a thread.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use super::file::{AppendError, AuditFile, reason};
use super::health::Health;
use super::open_error::OpenError;
use super::queue::{Batch, Queue};
use super::sink::{AuditSink, SinkFault};
use super::written::Written;
use crate::telemetry::{AuditAccess, CHUNK_BYTES};

/// How long a request waits for its line to be written.
const WRITE_TIMEOUT: Duration = Duration::from_secs(2);

/// How often the thread checks whether a broken trail can be written again, and whether standard output is still read.
const CHECK_PERIOD: Duration = Duration::from_secs(1);

/// Writes lines in batches: the lines of all tasks that are ready on a worker are written together.
///
/// If the file accepts them without blocking, the worker writes them itself, because handing a batch to the thread costs
/// more than writing many lines. Otherwise the thread writes them.
#[derive(Debug)]
pub(super) struct Writer(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// The batch that tasks add lines to.
    batch: Mutex<Batch>,
    /// `None`: standard output.
    file: Option<Mutex<AuditFile>>,
    /// The lines for the thread.
    queue: Mutex<Queue>,
    /// Signals that the queue has work for the thread.
    work: Condvar,
    /// The number of queued lines that the thread has not finished.
    pending: AtomicUsize,
    health: Health,
}

impl Writer {
    /// Opens the sink and starts the thread.
    ///
    /// # Errors
    /// If the sink cannot be opened or the thread cannot be started.
    pub(super) fn start(sink: &AuditSink, fsync: bool, health: Health) -> Result<Self, OpenError> {
        let file = match sink {
            AuditSink::StandardOutput => None,
            AuditSink::File(path) => {
                let file = AuditFile::open(path.clone(), fsync).map_err(|cause| OpenError::Sink(SinkFault(cause)))?;
                // Otherwise only the first request would show that the disk is full.
                if let Err(cause) = file.check_space() {
                    health.set_broken(reason(&cause));
                }
                Some(file)
            }
        };
        let shared = Arc::new(Shared {
            batch: Mutex::default(),
            file: file.map(Mutex::new),
            queue: Mutex::default(),
            work: Condvar::new(),
            pending: AtomicUsize::new(0),
            health,
        });
        let thread = Arc::clone(&shared);
        thread::Builder::new().name("audit".to_owned()).spawn(move || thread.run()).map_err(OpenError::Thread)?;
        Ok(Self(shared))
    }

    /// Writes a line and returns the result within [`WRITE_TIMEOUT`]. After the timeout, a mandatory line is still written,
    /// but any other line is withdrawn. The line is also written if the returned future is dropped.
    pub(super) fn write(&self, line: &[u8], is_mandatory: bool) -> impl Future<Output = Written> + use<> {
        let (result, receiver) = oneshot::channel();
        let is_first = lock(&self.0.batch).add(line, is_mandatory, result);
        if is_first {
            // The new task runs after the tasks that are ready now, so that they can add lines to the batch.
            tokio::spawn(write_batch(PendingBatch(Some(Arc::clone(&self.0)))));
        }
        async { receiver.await.unwrap_or(Written::Unknown) }
    }

    pub(super) fn health(&self) -> &Health {
        &self.0.health
    }

    /// Makes the thread check the sink now. It reopens a file that was moved away.
    pub(super) fn check_sink(&self) {
        self.0.check_sink();
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        lock(&self.0.queue).is_stopping = true;
        self.0.work.notify_one();
    }
}

/// Queues the current batch when it is dropped, so that no line is lost if the worker stops before the batch is written.
struct PendingBatch(Option<Arc<Shared>>);

impl Drop for PendingBatch {
    fn drop(&mut self) {
        if let Some(shared) = self.0.take() {
            let batch = std::mem::take(&mut *lock(&shared.batch));
            drop(shared.enqueue(batch));
        }
    }
}

async fn write_batch(mut pending: PendingBatch) {
    let Some(shared) = pending.0.take() else { return };
    let batch = std::mem::take(&mut *lock(&shared.batch));
    let Some(batch) = shared.write_if_fast(batch) else { return };
    let (number, finished) = shared.enqueue(batch);
    if timeout(WRITE_TIMEOUT, finished).await.is_err() {
        shared.time_out(number);
    }
}

impl Shared {
    /// Writes the batch on this thread if that should not block. Otherwise returns the batch.
    fn write_if_fast(&self, batch: Batch) -> Option<Batch> {
        let Some(file) = &self.file else { return Some(batch) };
        // Queued lines come first, and only the thread repairs a broken trail.
        if self.pending.load(Ordering::Acquire) > 0 || self.health.is_broken() {
            return Some(batch);
        }
        let appended = file.try_lock().ok().and_then(|mut file| file.append_if_fast(batch.lines()));
        let Some(appended) = appended else { return Some(batch) };
        if let Err(AppendError { cause, .. }) = &appended {
            self.health.set_broken(reason(cause));
            self.check_sink();
        }
        self.health.count_lost(batch.finish(|end| result_at(end, &appended)));
        None
    }

    /// Queues the batch for the thread. Returns its number, and a receiver that closes when the batch is finished.
    fn enqueue(&self, batch: Batch) -> (u64, oneshot::Receiver<()>) {
        let (finish, finished) = oneshot::channel();
        let mut queue = lock(&self.queue);
        let added = queue.add(batch, &Arc::new(finish));
        // Under the lock, because the thread subtracts the lines when it has finished them.
        self.pending.fetch_add(added.accepted, Ordering::AcqRel);
        drop(queue);
        self.health.count_lost(added.refused);
        self.work.notify_one();
        (added.batch, finished)
    }

    /// Ends the wait for a batch that was not written in time.
    fn time_out(&self, batch: u64) {
        self.health.set_broken("lines are not written in time");
        let withdrawn = lock(&self.queue).time_out(batch);
        self.check_sink();
        self.pending.fetch_sub(withdrawn, Ordering::AcqRel);
        self.health.count_lost(withdrawn as u64);
    }

    fn check_sink(&self) {
        lock(&self.queue).must_check = true;
        self.work.notify_one();
    }

    /// The thread.
    fn run(&self) {
        loop {
            let is_idle = |queue: &mut Queue| queue.is_idle();
            let waited = self.work.wait_timeout_while(lock(&self.queue), CHECK_PERIOD, is_idle);
            let (mut queue, _) = waited.unwrap_or_else(PoisonError::into_inner);
            let must_check = std::mem::take(&mut queue.must_check);
            if queue.is_stopping && (queue.is_empty() || self.health.is_broken()) {
                return;
            }
            drop(queue);
            match &self.file {
                Some(file) => self.write_to_file(file, must_check),
                None => self.write_to_standard_output(),
            }
        }
    }

    fn write_to_file(&self, file: &Mutex<AuditFile>, must_check: bool) {
        let resumed = self.health.resumed_line();
        let lines = lock(&self.queue).take(usize::MAX);
        if must_check || resumed.is_some() || !lines.is_empty() {
            self.write_with(resumed, &lines, |lines| lock(file).append(lines));
        }
    }

    fn write_to_standard_output(&self) {
        let access = AuditAccess::take();
        loop {
            if !access.wait_until_writable(WRITE_TIMEOUT) {
                return self.health.set_broken("standard output is not read");
            }
            let resumed = self.health.resumed_line();
            let max_bytes = CHUNK_BYTES - resumed.as_ref().map_or(0, |(line, _)| line.len());
            let lines = lock(&self.queue).take(max_bytes);
            if resumed.is_none() && lines.is_empty() {
                return;
            }
            let write = |lines: &[u8]| access.write(lines).map_err(|(written, cause)| AppendError { written, cause });
            if !self.write_with(resumed, &lines, write) {
                return;
            }
        }
    }

    /// Writes the line that ends a gap, if there is one, and then the lines that were taken from the queue. Returns whether
    /// all were written.
    fn write_with(
        &self,
        resumed: Option<(Vec<u8>, u64)>,
        taken: &[u8],
        write: impl FnOnce(&[u8]) -> Result<(), AppendError>,
    ) -> bool {
        let appended = match &resumed {
            None => write(taken),
            Some((line, _)) => write(&[line, taken].concat())
                .map_err(|error| AppendError { written: error.written.saturating_sub(line.len()), ..error }),
        };
        match (&appended, resumed) {
            (Ok(()), Some((_, reported))) => self.health.set_resumed(reported),
            (Ok(()), None) => {}
            (Err(AppendError { cause, .. }), _) => self.health.set_broken(reason(cause)),
        }
        let (finished, lost) = lock(&self.queue).finish(|end| result_at(end, &appended));
        self.pending.fetch_sub(finished, Ordering::AcqRel);
        self.health.count_lost(lost);
        appended.is_ok()
    }
}

/// The result of the line that ends at `end`.
fn result_at(end: usize, appended: &Result<(), AppendError>) -> Written {
    match appended {
        Ok(()) => Written::Yes,
        Err(AppendError { written, .. }) if end <= *written => Written::Unknown,
        Err(_) => Written::No,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
