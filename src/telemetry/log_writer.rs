use std::io::{self, Write, stdout};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

/// How long lines are gathered before they are written together.
const GATHERING: Duration = Duration::from_millis(20);

/// Bytes that may wait; whoever logs more waits until they are written: no line is lost.
const MOST: usize = 4 * 1024 * 1024;

/// Takes lines and has a thread write them to standard output, many at once: writing each by itself would cost a request
/// more than all else that is done for its line.
#[derive(Clone, Debug, Default)]
pub(super) struct LogWriter(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    gathered: Mutex<Gathered>,
    /// Something came, or is to end.
    came: Condvar,
    /// What had come is written.
    written: Condvar,
}

#[derive(Debug, Default)]
struct Gathered {
    lines: Vec<u8>,
    ended: bool,
}

/// Keeps the log going; when it is dropped, everything that was logged before is written.
#[derive(Debug)]
pub struct LogGuard {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl LogWriter {
    /// Starts the thread.
    pub(super) fn start(&self) -> io::Result<LogGuard> {
        let shared = Arc::clone(&self.0);
        let thread = thread::Builder::new().name("log".to_owned()).spawn(move || shared.write_all())?;
        Ok(LogGuard { shared: Arc::clone(&self.0), thread: Some(thread) })
    }
}

impl Shared {
    fn gathered(&self) -> MutexGuard<'_, Gathered> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_all(&self) {
        let mut lines = Vec::new();
        loop {
            {
                let nothing_came = |gathered: &mut Gathered| gathered.lines.is_empty() && !gathered.ended;
                let waited = self.came.wait_while(self.gathered(), nothing_came);
                let gathered = waited.unwrap_or_else(PoisonError::into_inner);
                let at_leisure = |gathered: &mut Gathered| gathered.lines.len() < MOST / 2 && !gathered.ended;
                let waited = self.came.wait_timeout_while(gathered, GATHERING, at_leisure);
                let (mut gathered, _) = waited.unwrap_or_else(PoisonError::into_inner);
                std::mem::swap(&mut gathered.lines, &mut lines);
                if lines.is_empty() && gathered.ended {
                    return;
                }
            }
            self.written.notify_all();
            let mut sink = stdout().lock();
            // Nobody could be told that the log cannot be written.
            let _ = sink.write_all(&lines).and_then(|()| sink.flush());
            lines.clear();
            lines.shrink_to(64 * 1024);
        }
    }
}

impl Drop for LogGuard {
    fn drop(&mut self) {
        self.shared.gathered().ended = true;
        self.shared.came.notify_one();
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

impl Write for &LogWriter {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let has_no_room = |gathered: &mut Gathered| gathered.lines.len() >= MOST && !gathered.ended;
        let waited = self.0.written.wait_while(self.0.gathered(), has_no_room);
        let mut gathered = waited.unwrap_or_else(PoisonError::into_inner);
        let is_first = gathered.lines.is_empty();
        gathered.lines.extend_from_slice(line);
        if is_first || gathered.lines.len() >= MOST / 2 {
            self.0.came.notify_one();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for LogWriter {
    type Writer = &'a Self;

    fn make_writer(&'a self) -> Self::Writer {
        self
    }
}
