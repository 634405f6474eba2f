//! Standard output, shared by the log and the audit trail.
//!
//! Writing to a pipe whose reader has stopped blocks. Only the two threads that write here wait for room, and they wait
//! in `poll`, not in `write`, so lines that nobody reads yet can still be withdrawn. The audit trail goes first.
//! `std::io::Stdout` is not used: its lock would block everyone else who prints.

use std::io::{self, Stdout};
use std::os::fd::AsFd;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, fstat};
use rustix::io::Errno;

/// `PIPE_BUF` of Linux: a pipe that has room takes so many bytes at once and in one piece (pipe(7)).
pub(crate) const CHUNK: usize = 4096;

/// The same for a regular file, which always has room: it takes more at once, because each write costs a system call.
const FILE_CHUNK: usize = 64 * 1024;

static TURNS: Turns = Turns { audit_waits: Mutex::new(false), audit_is_done: Condvar::new() };

/// Who writes next.
struct Turns {
    audit_waits: Mutex<bool>,
    audit_is_done: Condvar,
}

/// The audit trail's turn: the log waits until this is dropped.
#[derive(Debug)]
pub(crate) struct AuditTurn(Stdout);

impl AuditTurn {
    /// Takes the turn. The log gives it up quickly: it only writes when that does not block.
    pub(crate) fn take() -> Self {
        *TURNS.lock() = true;
        Self(io::stdout())
    }

    /// Waits until standard output has room, for at most `patience`.
    pub(crate) fn has_room(&self, patience: Duration) -> bool {
        has_room(&self.0, Some(patience))
    }

    /// Writes a line or several. More than [`CHUNK`] may block.
    ///
    /// # Errors
    /// The cause, and how many bytes were written before it.
    pub(crate) fn write(&self, lines: &[u8]) -> Result<(), (usize, io::Error)> {
        write(&self.0, lines)
    }
}

impl Drop for AuditTurn {
    fn drop(&mut self) {
        *TURNS.lock() = false;
        TURNS.audit_is_done.notify_one();
    }
}

/// How many bytes of the log standard output takes at once.
pub(crate) fn log_chunk() -> usize {
    let is_file = fstat(io::stdout()).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode).is_file());
    if is_file { FILE_CHUNK } else { CHUNK }
}

/// Writes whole lines of the log once there is room and the audit trail does not wait.
///
/// # Errors
/// The cause, and how many bytes were written before it.
pub(crate) fn write_log(lines: &[u8]) -> Result<(), (usize, io::Error)> {
    loop {
        {
            let waited = TURNS.audit_is_done.wait_while(TURNS.lock(), |audit_waits| *audit_waits);
            let _turn = waited.unwrap_or_else(PoisonError::into_inner);
            if has_room(&io::stdout(), Some(Duration::ZERO)) {
                return write(io::stdout(), lines);
            }
        }
        has_room(&io::stdout(), None);
    }
}

/// Writes `text` to `sink` unless that would block for longer than `patience`.
pub(crate) fn write_within(patience: Duration, sink: impl AsFd, text: &str) {
    let deadline = Instant::now() + patience;
    for chunk in text.as_bytes().chunks(CHUNK) {
        let left = deadline.saturating_duration_since(Instant::now());
        if !has_room(&sink, Some(left)) || write(&sink, chunk).is_err() {
            return;
        }
    }
}

impl Turns {
    fn lock(&self) -> MutexGuard<'_, bool> {
        self.audit_waits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits until `sink` takes bytes, or reports an error when written to. `None` waits for ever.
fn has_room(sink: &impl AsFd, patience: Option<Duration>) -> bool {
    let deadline = patience.map(|patience| Instant::now() + patience);
    loop {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let left = left.and_then(|left| Timespec::try_from(left).ok());
        match poll(&mut [PollFd::new(sink, PollFlags::OUT)], left.as_ref()) {
            Ok(ready) => return ready > 0,
            Err(Errno::INTR) => {}
            Err(_) => return true, // the write reports what is wrong
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
            // A process that shares standard output may have made it non-blocking.
            Err(Errno::AGAIN) => {
                has_room(&sink, None);
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

    use super::{CHUNK, has_room, write, write_within};

    #[test]
    fn a_pipe_with_room_takes_a_chunk_without_blocking_and_a_full_one_is_waited_for() {
        let (mut reader, writer) = pipe().unwrap();
        let mut written = 0;
        while has_room(&writer, Some(Duration::ZERO)) {
            write(&writer, &[b'x'; CHUNK]).unwrap();
            written += CHUNK;
        }
        assert!(written >= CHUNK, "it had room at first");
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
    fn a_pipe_without_a_reader_counts_as_writable_and_the_write_fails() {
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        assert!(has_room(&writer, Some(Duration::ZERO)));
        assert_eq!(write(&writer, b"x").unwrap_err().0, 0);
    }
}
