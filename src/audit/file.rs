//! Appends the audit trail to a file.

use std::fs::{File, Metadata, OpenOptions, metadata};
use std::io::{self, Write as _};
use std::os::unix::fs::{FileExt as _, FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{FallocateFlags, FsWord, OFlags, fallocate, fstatfs};
use rustix::io::Errno;

/// An append that takes longer than this marks the disk as slow.
const SLOW_APPEND: Duration = Duration::from_millis(20);

/// How long the disk is considered slow after a slow append.
const SLOW_PERIOD: Duration = Duration::from_secs(60);

/// The space that must be free at the start, in bytes.
const SPACE_FOR_LINES: u64 = 4096;

/// The audit file at a path, which log rotation may move away.
#[derive(Debug)]
pub(super) struct AuditFile {
    path: PathBuf,
    fsync: bool,
    file: Option<OpenFile>,
    slow_until: Option<Instant>,
    /// The file ends with an incomplete line.
    is_torn: bool,
}

/// An open file.
#[derive(Debug)]
pub(super) struct OpenFile {
    file: File,
    /// Device and inode, which stay the same when the file is moved.
    identity: (u64, u64),
    /// The file is on a local file system, so an append only copies into the page cache.
    is_local: bool,
    /// The file ends with an incomplete line.
    is_torn: bool,
}

/// What to do if the file does not exist.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum IfAbsent {
    Create,
    Fail,
}

/// An append that failed.
#[derive(Debug)]
pub(super) struct AppendError {
    /// The number of bytes that were written before the error.
    pub(super) written: usize,
    pub(super) cause: io::Error,
}

impl AuditFile {
    /// Opens the file at `path`, and creates it if it does not exist. With `fsync`, each append is synced to the disk.
    ///
    /// # Errors
    /// If the file cannot be opened, or is not a regular file.
    pub(super) fn open(path: PathBuf, fsync: bool) -> io::Result<Self> {
        let mut file = Self { path, fsync, file: None, slow_until: None, is_torn: false };
        file.file = Some(file.reopen()?);
        Ok(file)
    }

    /// Checks that the disk has space for more lines, without changing the content.
    ///
    /// # Errors
    /// If the disk or the quota is full.
    pub(super) fn check_space(&self) -> io::Result<()> {
        let Some(OpenFile { file, .. }) = &self.file else { return Ok(()) };
        match fallocate(file, FallocateFlags::KEEP_SIZE, file.metadata()?.len(), SPACE_FOR_LINES) {
            Err(full @ (Errno::NOSPC | Errno::DQUOT)) => Err(full.into()),
            _ => Ok(()), // not every file system can reserve space
        }
    }

    /// Appends whole `lines`. If the file ends with an incomplete line, a line feed is written first.
    ///
    /// # Errors
    /// If not all lines could be written.
    pub(super) fn append(&mut self, lines: &[u8]) -> Result<(), AppendError> {
        let file = match self.file.take().filter(|file| file.is_at(&self.path)) {
            Some(file) => file,
            // Log rotation has moved the file away.
            None => self.reopen().map_err(|cause| AppendError { written: 0, cause })?,
        };
        self.append_to(file, lines)
    }

    /// Appends whole `lines` if that should not block: the file is open and still at its path, the file system is local and
    /// was not slow recently, and `fsync` is off. Otherwise returns `None`.
    pub(super) fn append_if_fast(&mut self, lines: &[u8]) -> Option<Result<(), AppendError>> {
        let is_slow = self.slow_until.is_some_and(|until| Instant::now() < until);
        if self.fsync || is_slow || !self.file.as_ref()?.is_local {
            return None;
        }
        let file = self.file.take().filter(|file| file.is_at(&self.path))?;
        Some(self.append_to(file, lines))
    }

    fn reopen(&mut self) -> io::Result<OpenFile> {
        let file = open(&self.path, IfAbsent::Create)?;
        self.is_torn = file.is_torn;
        Ok(file)
    }

    fn append_to(&mut self, mut file: OpenFile, lines: &[u8]) -> Result<(), AppendError> {
        let started = Instant::now();
        write(&mut file.file, lines, &mut self.is_torn)?;
        if started.elapsed() > SLOW_APPEND {
            self.slow_until = Some(Instant::now() + SLOW_PERIOD);
        }
        if self.fsync {
            file.file.sync_data().map_err(|cause| AppendError { written: lines.len(), cause })?;
        }
        self.file = Some(file);
        Ok(())
    }
}

impl OpenFile {
    /// Whether `path` still refers to this file.
    fn is_at(&self, path: &Path) -> bool {
        metadata(path).is_ok_and(|named| identity(&named) == self.identity)
    }
}

fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

/// Opens a regular file for appending. Anything else is refused, and never blocks.
pub(super) fn open(path: &Path, if_absent: IfAbsent) -> io::Result<OpenFile> {
    let mut options = OpenOptions::new();
    // Read access is for the check of the last line.
    options.read(true).append(true).create(if_absent == IfAbsent::Create).mode(0o600);
    let not_blocking = OFlags::NONBLOCK | OFlags::NOCTTY;
    options.custom_flags(not_blocking.bits().cast_signed());
    // Checked before opening, because opening a device can have side effects, and again afterwards in case it was replaced.
    if let Ok(found) = metadata(path) {
        expect_regular(&found)?;
    }
    let file = options.open(path)?;
    let content = file.metadata()?;
    expect_regular(&content)?;
    let mut is_torn = false;
    if let Some(last) = content.len().checked_sub(1) {
        let mut byte = [b'\n'];
        file.read_at(&mut byte, last)?;
        is_torn = byte != [b'\n'];
    }
    Ok(OpenFile { identity: identity(&content), is_local: is_local(&file), is_torn, file })
}

fn expect_regular(found: &Metadata) -> io::Result<()> {
    let kind = found.file_type();
    if kind.is_file() {
        return Ok(());
    }
    Err(io::Error::other(if kind.is_dir() {
        "it is a directory"
    } else if kind.is_fifo() || kind.is_socket() {
        "it is a pipe or a socket; use stdout and collect the lines from there"
    } else {
        "it is a device; use stdout for standard output"
    }))
}

/// Describes why a file cannot be used, without its path.
pub(super) fn reason(cause: &io::Error) -> String {
    match cause.kind() {
        io::ErrorKind::Other => cause.to_string(),
        kind => kind.to_string(),
    }
}

/// Whether `file` is on a local file system.
fn is_local(file: &File) -> bool {
    const EXT4: FsWord = 0xEF53; // values from statfs(2)
    const XFS: FsWord = 0x5846_5342;
    const BTRFS: FsWord = 0x9123_683E;
    const OVERLAY: FsWord = 0x794C_7630;
    const TMPFS: FsWord = 0x0102_1994;
    fstatfs(file).is_ok_and(|disk| [EXT4, XFS, BTRFS, OVERLAY, TMPFS].contains(&disk.f_type))
}

fn write(file: &mut File, lines: &[u8], is_torn: &mut bool) -> Result<(), AppendError> {
    if *is_torn {
        file.write_all(b"\n").map_err(|cause| AppendError { written: 0, cause })?;
        *is_torn = false;
    }
    let mut written = 0;
    while written < lines.len() {
        match file.write(&lines[written..]) {
            Ok(0) => return Err(AppendError { written, cause: io::ErrorKind::WriteZero.into() }),
            Ok(length) => {
                written += length;
                *is_torn = lines[written - 1] != b'\n';
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(cause) => return Err(AppendError { written, cause }),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;
    use std::path::Path;
    use std::process::Command;
    use std::time::Instant;

    use super::{AuditFile, IfAbsent, SLOW_PERIOD, is_local, open};

    fn opened(path: &Path, fsync: bool) -> AuditFile {
        AuditFile::open(path.to_owned(), fsync).unwrap()
    }

    #[test]
    fn only_an_open_file_on_a_fast_local_disk_is_appended_to_at_once() {
        let directory = tempfile::tempdir().unwrap();
        let (path, moved) = (directory.path().join("audit"), directory.path().join("moved"));
        let mut file = opened(&path, false);
        file.append(b"1\n").unwrap();
        if !is_local(&File::open(&path).unwrap()) {
            assert!(file.append_if_fast(b"2\n").is_none(), "a network file system");
            return;
        }
        file.append_if_fast(b"2\n").expect("it is open").unwrap();
        fs::rename(&path, &moved).unwrap();
        assert!(file.append_if_fast(b"3\n").is_none(), "moved away");
        file.append(b"3\n").unwrap();
        assert_eq!((fs::read(&moved).unwrap(), fs::read(&path).unwrap()), (b"1\n2\n".to_vec(), b"3\n".to_vec()));

        assert!(opened(&path, true).append_if_fast(b"4\n").is_none(), "with fsync");
        file.slow_until = Some(Instant::now() + SLOW_PERIOD);
        assert!(file.append_if_fast(b"4\n").is_none(), "the disk was slow");
    }

    #[test]
    fn only_regular_files_are_accepted_also_after_a_rotation() {
        let directory = tempfile::tempdir().unwrap();
        let place = |name: &str| directory.path().join(name);
        assert!(Command::new("mkfifo").arg(place("pipe")).status().unwrap().success());
        let _listener = UnixListener::bind(place("socket")).unwrap();
        fs::create_dir(place("directory")).unwrap();
        symlink("/dev/null", place("device")).unwrap();
        symlink("pipe", place("link")).unwrap();
        for name in ["link", "pipe", "socket", "directory", "device"] {
            for if_absent in [IfAbsent::Create, IfAbsent::Fail] {
                assert!(open(&place(name), if_absent).is_err(), "{name}");
            }
            let path = place("audit");
            let mut file = opened(&path, false);
            file.append(b"1\n").unwrap();
            fs::remove_file(&path).unwrap();
            fs::rename(place(name), &path).unwrap();
            let refused = file.append(b"2\n").unwrap_err();
            assert_eq!((refused.written, refused.cause.to_string().starts_with("it is a ")), (0, true), "{name}");
            fs::rename(&path, place("aside")).unwrap();
            file.append(b"3\n").unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"3\n");
            fs::remove_file(&path).unwrap();
            let _ = fs::remove_file(place("aside")).or_else(|_| fs::remove_dir(place("aside")));
        }
    }

    #[test]
    fn an_incomplete_last_line_is_ended_first() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit");
        fs::write(&path, "whole\ntorn").unwrap();
        opened(&path, false).append(b"next\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "whole\ntorn\nnext\n");
    }
}
