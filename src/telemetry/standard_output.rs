//! Standard output, shared by the log and the audit trail. The audit trail has priority.
//!
//! A write to a full pipe blocks until somebody reads from it. Only the threads of the log and the audit trail wait for
//! that, and they wait in `poll`, not in `write`, so that audit lines that are not written yet can still be withdrawn.
//! `write` goes to the file descriptor, because a blocked write through `std::io::Stdout` would hold its lock and block
//! everything else that prints.

use std::io::{self, Stdout};
use std::os::fd::AsFd;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, fstat};
use rustix::io::Errno;

/// `PIPE_BUF` on Linux: a writable pipe accepts this many bytes atomically and without blocking (pipe(7)).
pub(crate) const CHUNK_BYTES: usize = 4096;

/// The chunk size for a regular file, which never blocks like a pipe. Larger chunks need fewer system calls.
const FILE_CHUNK_BYTES: usize = 64 * 1024;

static PRIORITY: Priority = Priority { audit_writes: Mutex::new(false), audit_done: Condvar::new() };

/// Makes the log wait while the audit trail writes or wants to write.
struct Priority {
    audit_writes: Mutex<bool>,
    audit_done: Condvar,
}

/// The audit trail's exclusive access to standard output. The log waits until it is dropped.
#[derive(Debug)]
pub(crate) struct AuditAccess(Stdout);

impl AuditAccess {
    /// Takes exclusive access. This waits for at most one write of the log, which does not block.
    pub(crate) fn take() -> Self {
        *PRIORITY.lock() = true;
        Self(io::stdout())
    }

    /// Waits until standard output is writable. Returns `false` if it is not within `limit`.
    pub(crate) fn wait_until_writable(&self, limit: Duration) -> bool {
        wait_until_writable(&self.0, Some(limit))
    }

    /// Writes whole lines. More than [`CHUNK_BYTES`] may block.
    ///
    /// # Errors
    /// The number of bytes that were written before the error, and the error.
    pub(crate) fn write(&self, lines: &[u8]) -> Result<(), (usize, io::Error)> {
        write(&self.0, lines)
    }
}

impl Drop for AuditAccess {
    fn drop(&mut self) {
        *PRIORITY.lock() = false;
        PRIORITY.audit_done.notify_one();
    }
}

/// Returns how many bytes of the log are written at once.
pub(super) fn log_chunk_bytes() -> usize {
    let is_file = fstat(io::stdout()).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode).is_file());
    if is_file { FILE_CHUNK_BYTES } else { CHUNK_BYTES }
}

/// Writes whole lines of the log once standard output is writable and the audit trail does not write.
///
/// # Errors
/// The number of bytes that were written before the error, and the error.
pub(super) fn write_log(lines: &[u8]) -> Result<(), (usize, io::Error)> {
    loop {
        {
            let waited = PRIORITY.audit_done.wait_while(PRIORITY.lock(), |audit_writes| *audit_writes);
            let _lock = waited.unwrap_or_else(PoisonError::into_inner);
            if wait_until_writable(&io::stdout(), Some(Duration::ZERO)) {
                return write(io::stdout(), lines);
            }
        }
        wait_until_writable(&io::stdout(), None);
    }
}

/// Writes `text` to `sink`, and gives up if that takes longer than `limit`.
pub(crate) fn write_within(limit: Duration, sink: impl AsFd, text: &str) {
    let deadline = Instant::now() + limit;
    for chunk in text.as_bytes().chunks(CHUNK_BYTES) {
        let left = deadline.saturating_duration_since(Instant::now());
        if !wait_until_writable(&sink, Some(left)) || write(&sink, chunk).is_err() {
            return;
        }
    }
}

impl Priority {
    fn lock(&self) -> MutexGuard<'_, bool> {
        self.audit_writes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits until a write to `sink` would succeed or fail at once. Without a `limit` it waits indefinitely.
fn wait_until_writable(sink: &impl AsFd, limit: Option<Duration>) -> bool {
    let deadline = limit.map(|limit| Instant::now() + limit);
    loop {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let left = left.and_then(|left| Timespec::try_from(left).ok());
        match poll(&mut [PollFd::new(sink, PollFlags::OUT)], left.as_ref()) {
            Ok(ready) => return ready > 0,
            Err(Errno::INTR) => {}
            Err(_) => return true, // the write will report the error
        }
    }
}

fn write(sink: impl AsFd, bytes: &[u8]) -> Result<(), (usize, io::Error)> {
    let mut written = 0;
    while written < bytes.len() {
        match rustix::io::write(&sink, &bytes[written..]) {
            Ok(0) => return Err((written, io::ErrorKind::WriteZero.into())),
            Ok(length) => written += length,
            Err(Errno::INTR) => {}
            // Another process that shares standard output may have made it non-blocking.
            Err(Errno::AGAIN) => {
                wait_until_writable(&sink, None);
            }
            Err(error) => return Err((written, error.into())),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, pipe};
    use std::time::{Duration, Instant};

    use super::{CHUNK_BYTES, wait_until_writable, write, write_within};

    #[test]
    fn a_writable_pipe_accepts_a_chunk_and_a_full_pipe_is_waited_for() {
        let (mut reader, writer) = pipe().unwrap();
        let mut written = 0;
        while wait_until_writable(&writer, Some(Duration::ZERO)) {
            write(&writer, &[b'x'; CHUNK_BYTES]).unwrap();
            written += CHUNK_BYTES;
        }
        assert!(written >= CHUNK_BYTES, "the pipe is empty at first");
        let started = Instant::now();
        write_within(Duration::from_millis(50), &writer, "nobody reads this");
        assert!(started.elapsed() < Duration::from_secs(5));
        let mut taken = vec![0; written];
        reader.read_exact(&mut taken).unwrap();
        write_within(Duration::from_secs(5), &writer, "read");
        drop(writer);
        let mut rest = String::new();
        reader.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "read");
    }

    #[test]
    fn a_pipe_without_a_reader_is_writable_and_the_write_fails() {
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        assert!(wait_until_writable(&writer, Some(Duration::ZERO)));
        assert_eq!(write(&writer, b"x").unwrap_err().0, 0);
    }
}
