use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use super::file::{AuditFile, Unfinished, reason};
use super::health::Health;
use super::queue::{Batch, Queue};
use super::{AuditSink, OpenError, SinkFault};
use crate::standard_output::{AuditTurn, CHUNK};

/// The longest wait for a line to be written.
const WRITE_TIMEOUT: Duration = Duration::from_secs(2);

/// How often the thread looks whether a trail that cannot be written can be written again, and whether standard output
/// is still read.
const PROBE_PERIOD: Duration = Duration::from_secs(1);

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    Yes,
    /// Not now, and not later.
    No,
    /// It may be there, or may still come.
    Perhaps,
}

/// Writes lines many at once: the lines that tasks bring in one turn of their worker are gathered.
///
/// Where the file takes them at once, the worker writes them itself. Otherwise a thread does, because that may block;
/// the way to the thread and back costs more than many lines.
#[derive(Debug)]
pub(super) struct Writer(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// The lines of the present turn.
    gathered: Mutex<Batch>,
    /// None: standard output.
    file: Option<Mutex<AuditFile>>,
    /// The lines for the thread.
    queue: Mutex<Queue>,
    /// There is something to do for the thread.
    came: Condvar,
    /// Lines that the thread has not finished.
    pending: AtomicUsize,
    health: Health,
}

impl Writer {
    /// Opens the sink and starts the thread.
    ///
    /// # Errors
    /// If the sink cannot be opened, or the system gives no thread.
    pub(super) fn start(sink: &AuditSink, fsync: bool, health: Health) -> Result<Self, OpenError> {
        let file = match sink {
            AuditSink::StandardOutput => None,
            AuditSink::File(path) => {
                Some(AuditFile::open(path.clone(), fsync).map_err(|cause| OpenError::Sink(SinkFault(cause)))?)
            }
        };
        let shared = Arc::new(Shared {
            gathered: Mutex::default(),
            file: file.map(Mutex::new),
            queue: Mutex::default(),
            came: Condvar::new(),
            pending: AtomicUsize::new(0),
            health,
        });
        let thread = Arc::clone(&shared);
        thread::Builder::new().name("audit".to_owned()).spawn(move || thread.run()).map_err(OpenError::Thread)?;
        Ok(Self(shared))
    }

    /// Has a line written and answers what became of it, in bounded time. A line that `must_stand` is written also after
    /// that time; any other is withdrawn. Dropping the answer changes nothing.
    pub(super) fn write(&self, line: &[u8], must_stand: bool) -> impl Future<Output = Written> + use<> {
        let (answer, receiver) = oneshot::channel();
        let is_first = lock(&self.0.gathered).add(line, must_stand, answer);
        if is_first {
            // It runs after the tasks that are ready now, which may bring lines, too.
            tokio::spawn(end(Turn(Some(Arc::clone(&self.0)))));
        }
        async { receiver.await.unwrap_or(Written::Perhaps) }
    }

    pub(super) fn health(&self) -> &Health {
        &self.0.health
    }

    /// Has the thread look at the sink now: a file that was moved away is opened anew.
    pub(super) fn look(&self) {
        self.0.look();
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        lock(&self.0.queue).is_ending = true;
        self.0.came.notify_one();
    }
}

/// A turn of a worker. Its lines are written even if the worker ends before the turn does.
struct Turn(Option<Arc<Shared>>);

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(shared) = self.0.take() {
            let batch = std::mem::take(&mut *lock(&shared.gathered));
            drop(shared.hand_over(batch));
        }
    }
}

async fn end(mut turn: Turn) {
    let Some(shared) = turn.0.take() else { return };
    let batch = std::mem::take(&mut *lock(&shared.gathered));
    let Some(batch) = shared.write_at_once(batch) else { return };
    let (number, finished) = shared.hand_over(batch);
    if timeout(WRITE_TIMEOUT, finished).await.is_err() {
        shared.give_up(number);
    }
}

impl Shared {
    /// Writes the batch here and now if the file takes it at once; otherwise hands it back.
    fn write_at_once(&self, batch: Batch) -> Option<Batch> {
        let Some(file) = &self.file else { return Some(batch) };
        // Lines keep their order, and a broken trail is mended by the thread.
        if self.pending.load(Ordering::Acquire) > 0 || self.health.is_broken() {
            return Some(batch);
        }
        let appended = file.try_lock().ok().and_then(|mut file| file.append_at_once(batch.lines()));
        let Some(appended) = appended else { return Some(batch) };
        if let Err(Unfinished { cause, .. }) = &appended {
            self.health.fail(reason(cause));
            self.look();
        }
        self.health.lose(batch.answer(|end| verdict(end, &appended)));
        None
    }

    /// Gives the batch to the thread. The receiver ends when the thread has finished with all of it.
    fn hand_over(&self, batch: Batch) -> (u64, oneshot::Receiver<()>) {
        let (finish, finished) = oneshot::channel();
        let mut queue = lock(&self.queue);
        let added = queue.add(batch, &Arc::new(finish));
        self.pending.fetch_add(added.taken, Ordering::AcqRel); // before the thread can finish them
        drop(queue);
        self.health.lose(added.refused);
        self.came.notify_one();
        (added.number, finished)
    }

    /// The lines of a batch have not been written in time.
    fn give_up(&self, number: u64) {
        self.health.fail("lines are not taken in time");
        let withdrawn = lock(&self.queue).give_up(number);
        self.look(); // as soon as the thread can
        self.pending.fetch_sub(withdrawn, Ordering::AcqRel);
        self.health.lose(withdrawn as u64);
    }

    fn look(&self) {
        lock(&self.queue).look = true;
        self.came.notify_one();
    }

    /// The thread.
    fn run(&self) {
        loop {
            let idle = |queue: &mut Queue| queue.is_idle();
            let waited = self.came.wait_timeout_while(lock(&self.queue), PROBE_PERIOD, idle);
            let (mut queue, _) = waited.unwrap_or_else(PoisonError::into_inner);
            let looks = std::mem::take(&mut queue.look);
            if queue.is_ending && (queue.is_empty() || self.health.is_broken()) {
                return;
            }
            drop(queue);
            match &self.file {
                Some(file) => self.write_to_file(file, looks),
                None => self.write_to_standard_output(),
            }
        }
    }

    fn write_to_file(&self, file: &Mutex<AuditFile>, looks: bool) {
        let resumed = self.health.resumed();
        let entries = lock(&self.queue).take(usize::MAX);
        if looks || resumed.is_some() || !entries.is_empty() {
            self.write_with(resumed, &entries, |lines| lock(file).append(lines));
        }
    }

    fn write_to_standard_output(&self) {
        let turn = AuditTurn::take();
        loop {
            if !turn.has_room(WRITE_TIMEOUT) {
                return self.health.fail("standard output is not read");
            }
            let resumed = self.health.resumed();
            let room = CHUNK - resumed.as_ref().map_or(0, |(line, _)| line.len());
            let entries = lock(&self.queue).take(room);
            if resumed.is_none() && entries.is_empty() {
                return;
            }
            let write = |lines: &[u8]| turn.write(lines).map_err(|(written, cause)| Unfinished { written, cause });
            if !self.write_with(resumed, &entries, write) {
                return;
            }
        }
    }

    /// Writes the line that ends a gap, if there is one, and what the thread has taken; answers whether that worked.
    fn write_with(
        &self,
        resumed: Option<(Vec<u8>, u64)>,
        taken: &[u8],
        write: impl FnOnce(&[u8]) -> Result<(), Unfinished>,
    ) -> bool {
        let appended = match &resumed {
            None => write(taken),
            Some((line, _)) => write(&[line, taken].concat()).map_err(|unfinished| Unfinished {
                written: unfinished.written.saturating_sub(line.len()),
                ..unfinished
            }),
        };
        match (&appended, resumed) {
            (Ok(()), Some((_, lost))) => self.health.resume(lost),
            (Ok(()), None) => {}
            (Err(Unfinished { cause, .. }), _) => self.health.fail(reason(cause)),
        }
        let (finished, lost) = lock(&self.queue).finish(|end| verdict(end, &appended));
        self.pending.fetch_sub(finished, Ordering::AcqRel);
        self.health.lose(lost);
        appended.is_ok()
    }
}

/// What became of the line that ends at `end`.
fn verdict(end: usize, appended: &Result<(), Unfinished>) -> Written {
    match appended {
        Ok(()) => Written::Yes,
        Err(Unfinished { written, .. }) if end <= *written => Written::Perhaps,
        Err(_) => Written::No,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
