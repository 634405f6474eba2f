//! The thread that writes the log to standard output.
//!
//! `tracing-appender` is not used, because it prints to standard output itself if its queue is full at shutdown
//! (`docs/performance.md`).

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{fmt, io, thread};

use tracing::warn;

use super::standard_output;
use crate::metrics;

/// How long lines are collected before they are written together. One write per line would cost more CPU time than the
/// rest of logging.
const BATCH_PERIOD: Duration = Duration::from_millis(20);

/// Bytes that can wait in the queue. If it is full, new lines are dropped and counted, so that requests never wait.
const CAPACITY_BYTES: usize = 2 * 1024 * 1024;

/// How long the shutdown waits for queued lines to be written.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);

/// Writes whole lines. An error has the number of bytes that were written before it.
type Sink = dyn Fn(&[u8]) -> Result<(), (usize, io::Error)> + Send + Sync;

/// Queues lines for the thread.
#[derive(Clone)]
pub(super) struct LogWriter(Arc<Shared>);

struct Shared {
    queue: Mutex<Queue>,
    /// Signals new lines, or the shutdown.
    work: Condvar,
    /// Signals that the thread has ended.
    ended: Condvar,
    sink: Box<Sink>,
    /// How many bytes are written to the sink at once.
    chunk_bytes: usize,
}

#[derive(Default)]
struct Queue {
    lines: Vec<u8>,
    /// Lines that were dropped since the thread last emptied the queue.
    dropped: u64,
    is_stopping: bool,
    has_ended: bool,
}

/// Keeps the log running. Dropping it writes the queued lines, for at most `FLUSH_TIMEOUT`.
#[derive(Debug)]
pub struct LogGuard(LogWriter);

impl LogWriter {
    /// Starts the thread.
    pub(super) fn start() -> io::Result<(Self, LogGuard)> {
        Self::start_with(Box::new(standard_output::write_log), standard_output::log_chunk_bytes())
    }

    fn start_with(sink: Box<Sink>, chunk_bytes: usize) -> io::Result<(Self, LogGuard)> {
        let shared = Shared { queue: Mutex::default(), work: Condvar::new(), ended: Condvar::new(), sink, chunk_bytes };
        let writer = Self(Arc::new(shared));
        let shared = Arc::clone(&writer.0);
        thread::Builder::new().name("log".to_owned()).spawn(move || shared.run())?;
        Ok((writer.clone(), LogGuard(writer)))
    }

    /// Queues a line, or drops it if the queue is full. It never blocks.
    pub(super) fn write(&self, line: &[u8]) {
        let mut queue = self.0.queue();
        if queue.lines.len() + line.len() > CAPACITY_BYTES {
            return queue.count_dropped(1);
        }
        let was_empty = queue.lines.is_empty();
        queue.lines.extend_from_slice(line);
        if was_empty || queue.lines.len() >= CAPACITY_BYTES / 2 {
            self.0.work.notify_one();
        }
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The thread: collects lines for [`BATCH_PERIOD`] and writes them, until the guard is dropped.
    fn run(&self) {
        let (mut lines, mut unreported, mut is_written) = (Vec::new(), 0, true);
        loop {
            let dropped;
            {
                let must_report = unreported > 0 && is_written;
                let is_idle = |queue: &mut Queue| queue.lines.is_empty() && !queue.is_stopping && !must_report;
                let waited = self.work.wait_while(self.queue(), is_idle);
                let queue = waited.unwrap_or_else(PoisonError::into_inner);
                let may_collect = |queue: &mut Queue| queue.lines.len() < CAPACITY_BYTES / 2 && !queue.is_stopping;
                let waited = self.work.wait_timeout_while(queue, BATCH_PERIOD, may_collect);
                let (mut queue, _) = waited.unwrap_or_else(PoisonError::into_inner);
                std::mem::swap(&mut queue.lines, &mut lines);
                dropped = std::mem::take(&mut queue.dropped);
                if lines.is_empty() && queue.is_stopping {
                    queue.has_ended = true;
                    self.ended.notify_all();
                    return;
                }
            }
            unreported += dropped;
            // Reported after a round without drops, and not while writes fail, because the report is a line, too.
            if dropped == 0 && unreported > 0 && is_written {
                let lost = std::mem::take(&mut unreported);
                warn!(lost, "log lines were dropped because standard output was not read fast enough");
            }
            is_written = self.write(&lines);
            lines.clear();
            lines.shrink_to(64 * 1024);
        }
    }

    /// Writes `lines` in chunks. Returns whether the last chunk was written.
    fn write(&self, lines: &[u8]) -> bool {
        let (mut rest, mut is_written) = (lines, true);
        while !rest.is_empty() {
            let (chunk, more) = rest.split_at(whole_lines(rest, self.chunk_bytes));
            let result = (self.sink)(chunk);
            is_written = result.is_ok();
            if let Err((written, _)) = result {
                let lost = chunk[written..].split_inclusive(|byte| *byte == b'\n').count();
                self.queue().count_dropped(u64::try_from(lost).unwrap_or(u64::MAX));
            }
            rest = more;
        }
        is_written
    }
}

impl Queue {
    fn count_dropped(&mut self, lines: u64) {
        self.dropped += lines;
        metrics::count_dropped_log_lines(lines);
    }
}

/// Returns the length of the whole lines at the start of `lines` that fit into a chunk, or of the first line if it is
/// longer than a chunk.
fn whole_lines(lines: &[u8], chunk_bytes: usize) -> usize {
    if lines.len() <= chunk_bytes {
        return lines.len();
    }
    let end = lines[..chunk_bytes].iter().rposition(|byte| *byte == b'\n');
    let end = end.or_else(|| lines.iter().position(|byte| *byte == b'\n'));
    end.map_or(lines.len(), |end| end + 1)
}

impl Drop for LogGuard {
    fn drop(&mut self) {
        let shared = &self.0.0;
        let mut queue = shared.queue();
        queue.is_stopping = true;
        shared.work.notify_one();
        drop(shared.ended.wait_timeout_while(queue, FLUSH_TIMEOUT, |queue| !queue.has_ended));
    }
}

impl fmt::Debug for LogWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogWriter")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::sync::{Arc, Mutex};
    use std::time::{Duration, Instant};

    use super::{CAPACITY_BYTES, FLUSH_TIMEOUT, LogGuard, LogWriter, whole_lines};
    use crate::telemetry::standard_output::CHUNK_BYTES;

    /// A writer whose sink blocks until it is opened.
    struct Blocked {
        writer: LogWriter,
        guard: LogGuard,
        /// Opens the sink when it is dropped.
        open: Sender<()>,
        /// Receives a message before each write of the thread.
        entered: Receiver<()>,
        chunks: Arc<Mutex<Vec<Vec<u8>>>>,
    }

    fn blocked() -> Blocked {
        let ((open, opened), (enter, entered)) = (channel::<()>(), channel());
        let (gate, chunks) = (Mutex::new((enter, opened)), Arc::new(Mutex::new(Vec::new())));
        let taken = Arc::clone(&chunks);
        let (writer, guard) = LogWriter::start_with(
            Box::new(move |chunk| {
                let (enter, opened) = &*gate.lock().unwrap();
                let _ = enter.send(());
                let _ = opened.recv();
                taken.lock().unwrap().push(chunk.to_vec());
                Ok(())
            }),
            CHUNK_BYTES,
        )
        .unwrap();
        Blocked { writer, guard, open, entered, chunks }
    }

    #[test]
    fn a_blocked_sink_does_not_block_writers_and_excess_lines_are_dropped_and_counted() {
        let Blocked { writer, guard, open, entered, chunks } = blocked();
        let line = [&[b'x'; 999][..], b"\n"].concat();
        writer.write(&line);
        entered.recv().unwrap();
        let (started, more) = (Instant::now(), 3 * CAPACITY_BYTES / line.len());
        for _ in 0..more {
            writer.write(&line);
        }
        assert!(started.elapsed() < Duration::from_secs(5), "writers do not wait");
        let fit = CAPACITY_BYTES / line.len();
        let queue = writer.0.queue();
        assert_eq!((queue.lines.len(), queue.dropped), (fit * line.len(), (more - fit) as u64));
        drop(queue);
        drop(open);
        drop(guard);
        drop(writer.0.ended.wait_while(writer.0.queue(), |queue| !queue.has_ended).unwrap());
        let chunks = chunks.lock().unwrap();
        assert!(chunks.iter().all(|chunk| chunk.len() <= CHUNK_BYTES && chunk.ends_with(b"\n")));
        assert_eq!(chunks.concat().len(), (1 + fit) * line.len(), "queued lines are written");
    }

    #[test]
    fn shutdown_does_not_wait_for_a_blocked_sink() {
        let Blocked { writer, guard, open, entered, .. } = blocked();
        writer.write(b"line\n");
        entered.recv().unwrap();
        let started = Instant::now();
        drop(guard);
        assert!(started.elapsed() >= FLUSH_TIMEOUT && started.elapsed() < FLUSH_TIMEOUT + Duration::from_secs(10));
        drop(open);
    }

    #[test]
    fn chunks_end_at_line_ends() {
        let short = "a\n".repeat(CHUNK_BYTES);
        assert_eq!(whole_lines(short.as_bytes(), CHUNK_BYTES), CHUNK_BYTES);
        let odd = "abc\nabcd\n".repeat(CHUNK_BYTES);
        let end = whole_lines(odd.as_bytes(), CHUNK_BYTES);
        assert!(end <= CHUNK_BYTES && end > CHUNK_BYTES - 9 && odd.as_bytes()[end - 1] == b'\n');
        let long = format!("{}\nnext\n", "x".repeat(2 * CHUNK_BYTES));
        assert_eq!(whole_lines(long.as_bytes(), CHUNK_BYTES), 2 * CHUNK_BYTES + 1, "a line is never split");
        assert_eq!(whole_lines(b"one\ntwo\n", CHUNK_BYTES), 8);
    }
}
