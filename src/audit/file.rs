use std::fs::{File, Metadata, OpenOptions, metadata};
use std::io::{self, Write as _};
use std::os::unix::fs::{FileExt as _, FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{FsWord, OFlags, fstatfs};

/// An append that takes longer than this shows that the disk is slow.
const SLOW: Duration = Duration::from_millis(20);

/// How long a disk counts as slow after a slow append.
const REMEMBERED: Duration = Duration::from_secs(60);

/// The trail in a file.
#[derive(Debug)]
pub(super) struct AuditFile {
    path: PathBuf,
    fsync: bool,
    file: Option<OpenFile>,
    slow_until: Option<Instant>,
    /// The last write ended within a line.
    torn: bool,
}

/// The file that was last found, or made, at the path.
#[derive(Debug)]
pub(super) struct OpenFile {
    file: File,
    /// Its device and inode, which stay the same when it is moved.
    identity: (u64, u64),
    /// It is on a local disk, so an append only copies into memory.
    is_local: bool,
    /// Its last byte does not end a line.
    torn: bool,
}

/// What to do if there is no file at the path.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum IfAbsent {
    Create,
    Fail,
}

/// Lines that could not all be appended.
#[derive(Debug)]
pub(super) struct Unfinished {
    /// How many bytes of the lines were written.
    pub(super) written: usize,
    pub(super) cause: io::Error,
}

impl AuditFile {
    /// Opens the file at `path` and makes it if it is absent. With `fsync`, an append ends when the disk has it.
    ///
    /// # Errors
    /// If the file cannot be opened, or is not a regular file.
    pub(super) fn open(path: PathBuf, fsync: bool) -> io::Result<Self> {
        let mut file = Self { path, fsync, file: None, slow_until: None, torn: false };
        file.file = Some(file.reopen()?);
        Ok(file)
    }

    /// Appends whole `lines`. If an earlier write ended within a line, these begin on a new line.
    ///
    /// # Errors
    /// If some of the lines could not be written.
    pub(super) fn append(&mut self, lines: &[u8]) -> Result<(), Unfinished> {
        let file = match self.file.take().filter(|file| file.is_at(&self.path)) {
            Some(file) => file,
            // Log rotation has moved the file away.
            None => self.reopen().map_err(|cause| Unfinished { written: 0, cause })?,
        };
        self.append_to(file, lines)
    }

    /// Appends whole `lines` if that will hardly take time: the file is open, on a local disk, has not been moved, was
    /// not slow recently and need not be synced.
    pub(super) fn append_at_once(&mut self, lines: &[u8]) -> Option<Result<(), Unfinished>> {
        let is_slow = self.slow_until.is_some_and(|until| Instant::now() < until);
        if self.fsync || is_slow || !self.file.as_ref()?.is_local {
            return None;
        }
        let file = self.file.take().filter(|file| file.is_at(&self.path))?;
        Some(self.append_to(file, lines))
    }

    fn reopen(&mut self) -> io::Result<OpenFile> {
        let file = open(&self.path, IfAbsent::Create)?;
        self.torn = file.torn;
        Ok(file)
    }

    fn append_to(&mut self, mut file: OpenFile, lines: &[u8]) -> Result<(), Unfinished> {
        let started = Instant::now();
        write(&mut file.file, lines, &mut self.torn)?;
        if started.elapsed() > SLOW {
            self.slow_until = Some(Instant::now() + REMEMBERED);
        }
        if self.fsync {
            file.file.sync_data().map_err(|cause| Unfinished { written: lines.len(), cause })?;
        }
        self.file = Some(file);
        Ok(())
    }
}

impl OpenFile {
    /// Whether it still is what `path` names.
    fn is_at(&self, path: &Path) -> bool {
        metadata(path).is_ok_and(|named| identity(&named) == self.identity)
    }
}

fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

/// Opens a regular file to append to. It does not wait for the reader of a pipe.
pub(super) fn open(path: &Path, if_absent: IfAbsent) -> io::Result<OpenFile> {
    let mut options = OpenOptions::new();
    // Reading shows whether the last line is whole.
    options.read(true).append(true).create(if_absent == IfAbsent::Create).mode(0o600);
    let not_blocking = OFlags::NONBLOCK | OFlags::NOCTTY;
    options.custom_flags(not_blocking.bits().cast_signed());
    // A device may do something when it is opened, so it is looked at first; and again afterwards, in case it was swapped.
    if let Ok(found) = metadata(path) {
        expect_regular(&found)?;
    }
    let file = options.open(path)?;
    let content = file.metadata()?;
    expect_regular(&content)?;
    let mut torn = false;
    if let Some(last) = content.len().checked_sub(1) {
        let mut byte = [b'\n'];
        file.read_at(&mut byte, last)?;
        torn = byte != [b'\n'];
    }
    Ok(OpenFile { identity: identity(&content), is_local: is_local(&file), torn, file })
}

fn expect_regular(found: &Metadata) -> io::Result<()> {
    let kind = found.file_type();
    if kind.is_file() {
        return Ok(());
    }
    Err(io::Error::other(if kind.is_dir() {
        "it is a directory"
    } else if kind.is_fifo() || kind.is_socket() {
        "it is a pipe or a socket; use stdout and have the lines collected from there"
    } else {
        "it is a device; use stdout for standard output"
    }))
}

/// Why a file cannot be used, without its path.
pub(super) fn reason(cause: &io::Error) -> String {
    match cause.kind() {
        io::ErrorKind::Other => cause.to_string(),
        kind => kind.to_string(),
    }
}

/// Whether `file` is on a disk of this machine, or in its memory.
fn is_local(file: &File) -> bool {
    const EXT4: FsWord = 0xEF53; // numbers of statfs(2)
    const XFS: FsWord = 0x5846_5342;
    const BTRFS: FsWord = 0x9123_683E;
    const OVERLAY: FsWord = 0x794C_7630;
    const TMPFS: FsWord = 0x0102_1994;
    fstatfs(file).is_ok_and(|disk| [EXT4, XFS, BTRFS, OVERLAY, TMPFS].contains(&disk.f_type))
}

fn write(file: &mut File, lines: &[u8], torn: &mut bool) -> Result<(), Unfinished> {
    if *torn {
        file.write_all(b"\n").map_err(|cause| Unfinished { written: 0, cause })?;
        *torn = false;
    }
    let mut written = 0;
    while written < lines.len() {
        match file.write(&lines[written..]) {
            Ok(0) => return Err(Unfinished { written, cause: io::ErrorKind::WriteZero.into() }),
            Ok(length) => {
                written += length;
                *torn = lines[written - 1] != b'\n';
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(cause) => return Err(Unfinished { written, cause }),
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

    use super::{AuditFile, IfAbsent, REMEMBERED, is_local, open};

    fn opened(path: &Path, fsync: bool) -> AuditFile {
        AuditFile::open(path.to_owned(), fsync).unwrap()
    }

    #[test]
    fn only_an_open_file_on_a_quick_local_disk_takes_lines_at_once() {
        let directory = tempfile::tempdir().unwrap();
        let (path, moved) = (directory.path().join("audit"), directory.path().join("moved"));
        let mut file = opened(&path, false);
        file.append(b"1\n").unwrap();
        if !is_local(&File::open(&path).unwrap()) {
            assert!(file.append_at_once(b"2\n").is_none(), "a network file system");
            return;
        }
        file.append_at_once(b"2\n").expect("it is open").unwrap();
        fs::rename(&path, &moved).unwrap();
        assert!(file.append_at_once(b"3\n").is_none(), "moved away");
        file.append(b"3\n").unwrap();
        assert_eq!((fs::read(&moved).unwrap(), fs::read(&path).unwrap()), (b"1\n2\n".to_vec(), b"3\n".to_vec()));

        assert!(opened(&path, true).append_at_once(b"4\n").is_none(), "syncing takes time");
        file.slow_until = Some(Instant::now() + REMEMBERED);
        assert!(file.append_at_once(b"4\n").is_none(), "it was slow");
    }

    #[test]
    fn what_is_no_regular_file_is_refused_at_once_also_after_a_rotation() {
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
    fn lines_begin_anew_after_a_torn_one() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit");
        fs::write(&path, "whole\ntorn").unwrap();
        opened(&path, false).append(b"next\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "whole\ntorn\nnext\n");
    }
}
