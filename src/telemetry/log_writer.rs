use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{fmt, io, thread};

use tracing::warn;

use crate::metrics;
use crate::standard_output;

/// How long lines are gathered before they are written together.
const GATHERING: Duration = Duration::from_millis(20);

/// Bytes that may wait to be written. Further lines are dropped and counted: a request never waits for the log.
const CAPACITY: usize = 2 * 1024 * 1024;

/// How long the end of the process waits for lines to be written.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);

/// Writes lines to a sink; tests have one of their own.
type Sink = dyn Fn(&[u8]) -> Result<(), (usize, io::Error)> + Send + Sync;

/// Takes lines and has a thread write them, many at once: a write for each line would cost more than the rest of the
/// request's line together.
#[derive(Clone)]
pub(super) struct LogWriter(Arc<Shared>);

struct Shared {
    gathered: Mutex<Gathered>,
    /// Lines have come, or the log is to end.
    came: Condvar,
    /// The thread has ended.
    ended: Condvar,
    sink: Box<Sink>,
    /// How many bytes the sink takes at once.
    chunk: usize,
}

#[derive(Default)]
struct Gathered {
    lines: Vec<u8>,
    /// Lines that were dropped since the thread last took lines.
    dropped: u64,
    is_ending: bool,
    has_ended: bool,
}

/// Keeps the log going. When it is dropped, the lines logged before are written, unless standard output is not read.
#[derive(Debug)]
pub struct LogGuard(LogWriter);

impl LogWriter {
    /// Starts the thread that writes to standard output.
    pub(super) fn start() -> io::Result<(Self, LogGuard)> {
        Self::start_with(Box::new(standard_output::write_log), standard_output::log_chunk())
    }

    fn start_with(sink: Box<Sink>, chunk: usize) -> io::Result<(Self, LogGuard)> {
        let shared = Shared { gathered: Mutex::default(), came: Condvar::new(), ended: Condvar::new(), sink, chunk };
        let writer = Self(Arc::new(shared));
        let shared = Arc::clone(&writer.0);
        thread::Builder::new().name("log".to_owned()).spawn(move || shared.write_all())?;
        Ok((writer.clone(), LogGuard(writer)))
    }

    /// Takes a line, or drops it if too many wait. It never blocks.
    pub(super) fn write(&self, line: &[u8]) {
        let mut gathered = self.0.gathered();
        if gathered.lines.len() + line.len() > CAPACITY {
            return gathered.drop_lines(1);
        }
        let is_first = gathered.lines.is_empty();
        gathered.lines.extend_from_slice(line);
        if is_first || gathered.lines.len() >= CAPACITY / 2 {
            self.0.came.notify_one();
        }
    }
}

impl Shared {
    fn gathered(&self) -> MutexGuard<'_, Gathered> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_all(&self) {
        let (mut lines, mut lost, mut is_written) = (Vec::new(), 0, true);
        loop {
            let dropped;
            {
                let has_to_report = lost > 0 && is_written;
                let nothing_came =
                    |gathered: &mut Gathered| gathered.lines.is_empty() && !gathered.is_ending && !has_to_report;
                let waited = self.came.wait_while(self.gathered(), nothing_came);
                let gathered = waited.unwrap_or_else(PoisonError::into_inner);
                let may_gather = |gathered: &mut Gathered| gathered.lines.len() < CAPACITY / 2 && !gathered.is_ending;
                let waited = self.came.wait_timeout_while(gathered, GATHERING, may_gather);
                let (mut gathered, _) = waited.unwrap_or_else(PoisonError::into_inner);
                std::mem::swap(&mut gathered.lines, &mut lines);
                dropped = std::mem::take(&mut gathered.dropped);
                if lines.is_empty() && gathered.is_ending {
                    gathered.has_ended = true;
                    self.ended.notify_all();
                    return;
                }
            }
            lost += dropped;
            // Once nothing was dropped for one round, and not while every write fails: this is a line, too.
            if dropped == 0 && lost > 0 && is_written {
                warn!(lost, "log lines were dropped because standard output was not read fast enough");
                lost = 0;
            }
            is_written = self.write(&lines);
            lines.clear();
            lines.shrink_to(64 * 1024);
        }
    }

    /// Writes `lines` chunk by chunk; answers whether the last chunk was written.
    fn write(&self, lines: &[u8]) -> bool {
        let (mut rest, mut is_written) = (lines, true);
        while !rest.is_empty() {
            let (chunk, more) = rest.split_at(whole_lines(rest, self.chunk));
            let result = (self.sink)(chunk);
            is_written = result.is_ok();
            if let Err((written, _)) = result {
                let lost = chunk[written..].split_inclusive(|byte| *byte == b'\n').count();
                self.gathered().drop_lines(u64::try_from(lost).unwrap_or(u64::MAX));
            }
            rest = more;
        }
        is_written
    }
}

impl Gathered {
    fn drop_lines(&mut self, lines: u64) {
        self.dropped += lines;
        metrics::count_dropped_log_lines(lines);
    }
}

/// The length of the lines at the start of `lines` that fit into one chunk, or of the first line if it does not fit.
fn whole_lines(lines: &[u8], chunk: usize) -> usize {
    if lines.len() <= chunk {
        return lines.len();
    }
    let end = lines[..chunk].iter().rposition(|byte| *byte == b'\n');
    let end = end.or_else(|| lines.iter().position(|byte| *byte == b'\n'));
    end.map_or(lines.len(), |end| end + 1)
}

impl Drop for LogGuard {
    fn drop(&mut self) {
        let shared = &self.0.0;
        let mut gathered = shared.gathered();
        gathered.is_ending = true;
        shared.came.notify_one();
        drop(shared.ended.wait_timeout_while(gathered, FLUSH_TIMEOUT, |gathered| !gathered.has_ended));
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

    use super::{CAPACITY, FLUSH_TIMEOUT, LogGuard, LogWriter, whole_lines};
    use crate::standard_output::CHUNK;

    /// A sink that blocks until it is opened.
    struct Blocked {
        writer: LogWriter,
        guard: LogGuard,
        /// Dropping it opens the sink.
        open: Sender<()>,
        /// Receives each time the thread is about to write a chunk.
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
            CHUNK,
        )
        .unwrap();
        Blocked { writer, guard, open, entered, chunks }
    }

    #[test]
    fn a_sink_that_blocks_holds_nobody_up_and_further_lines_are_dropped_and_counted() {
        let Blocked { writer, guard, open, entered, chunks } = blocked();
        let line = [&[b'x'; 999][..], b"\n"].concat();
        writer.write(&line);
        entered.recv().unwrap();
        let (started, more) = (Instant::now(), 3 * CAPACITY / line.len());
        for _ in 0..more {
            writer.write(&line);
        }
        assert!(started.elapsed() < Duration::from_secs(5), "nobody waits");
        let fit = CAPACITY / line.len();
        let gathered = writer.0.gathered();
        assert_eq!((gathered.lines.len(), gathered.dropped), (fit * line.len(), (more - fit) as u64));
        drop(gathered);
        drop(open);
        drop(guard);
        drop(writer.0.ended.wait_while(writer.0.gathered(), |gathered| !gathered.has_ended).unwrap());
        let chunks = chunks.lock().unwrap();
        assert!(chunks.iter().all(|chunk| chunk.len() <= CHUNK && chunk.ends_with(b"\n")));
        assert_eq!(chunks.concat().len(), (1 + fit) * line.len(), "what was gathered is written");
    }

    #[test]
    fn the_end_does_not_wait_for_a_sink_that_blocks() {
        let Blocked { writer, guard, open, entered, .. } = blocked();
        writer.write(b"line\n");
        entered.recv().unwrap();
        let started = Instant::now();
        drop(guard);
        assert!(started.elapsed() >= FLUSH_TIMEOUT && started.elapsed() < FLUSH_TIMEOUT + Duration::from_secs(10));
        drop(open);
    }

    #[test]
    fn chunks_end_where_lines_do() {
        let short = "a\n".repeat(CHUNK);
        assert_eq!(whole_lines(short.as_bytes(), CHUNK), CHUNK);
        let odd = "abc\nabcd\n".repeat(CHUNK);
        let end = whole_lines(odd.as_bytes(), CHUNK);
        assert!(end <= CHUNK && end > CHUNK - 9 && odd.as_bytes()[end - 1] == b'\n');
        let long = format!("{}\nnext\n", "x".repeat(2 * CHUNK));
        assert_eq!(whole_lines(long.as_bytes(), CHUNK), 2 * CHUNK + 1, "a line is never split between turns");
        assert_eq!(whole_lines(b"one\ntwo\n", CHUNK), 8);
    }
}
