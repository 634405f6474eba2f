use std::fs::{File, Metadata, OpenOptions, metadata};
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, Instant};

use rustix::fs::{FsWord, fstatfs};

/// An append that takes longer than this shows a disk that is not quick.
const SLOW: Duration = Duration::from_millis(20);

/// How long a disk that was slow is taken for slow.
const REMEMBERED: Duration = Duration::from_secs(60);

/// Where the trail goes.
#[derive(Debug, Default)]
pub struct AuditSink {
    path: Option<PathBuf>,
    fsync: bool,
    file: Option<OpenFile>,
    slow_until: Option<Instant>,
    /// The last write ended somewhere within a line.
    torn: bool,
}

/// The file that was last found, or made, at the sink's path.
#[derive(Debug)]
struct OpenFile {
    file: File,
    /// Its device and inode, which stay the same wherever it is moved.
    identity: (u64, u64),
    /// It is on a local disk, so that an append to it only copies.
    is_local: bool,
}

impl Clone for AuditSink {
    fn clone(&self) -> Self {
        Self { path: self.path.clone(), fsync: self.fsync, ..Self::default() }
    }
}

impl FromStr for AuditSink {
    type Err = std::convert::Infallible;

    /// `stdout`, or the path of a file.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self { path: (text != "stdout").then(|| PathBuf::from(text)), ..Self::default() })
    }
}

impl AuditSink {
    /// The same, with each append on the disk before it ends, if `fsync` says so.
    pub(super) fn synced(self, fsync: bool) -> Self {
        Self { fsync, ..self }
    }

    /// Appends whole `lines`. Where a write ended within a line, the next one begins on a line of its own.
    ///
    /// # Errors
    /// Whatever kept the lines, or a part of them, from being written.
    pub(super) fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        let Some(path) = &self.path else { return write(&mut io::stdout().lock(), lines, &mut self.torn) };
        let file = match self.file.take().filter(|file| file.is_at(path)) {
            Some(file) => file,
            // Opened anew where the file was moved away, as log rotation does.
            None => open(path, &mut self.torn)?,
        };
        self.append_to(file, lines)
    }

    /// Appends whole `lines` if that will hardly take time: to a file on a local disk that is open, has not been moved away
    /// and was not slow of late, and that need not be synced.
    pub(super) fn append_at_once(&mut self, lines: &[u8]) -> Option<io::Result<()>> {
        let is_slow = self.slow_until.is_some_and(|until| Instant::now() < until);
        if self.fsync || is_slow || !self.file.as_ref()?.is_local {
            return None;
        }
        let path = self.path.as_ref()?;
        let file = self.file.take().filter(|file| file.is_at(path))?;
        Some(self.append_to(file, lines))
    }

    fn append_to(&mut self, mut file: OpenFile, lines: &[u8]) -> io::Result<()> {
        let started = Instant::now();
        write(&mut file.file, lines, &mut self.torn)?;
        if started.elapsed() > SLOW {
            self.slow_until = Some(Instant::now() + REMEMBERED);
        }
        if self.fsync {
            file.file.sync_data()?;
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

/// Whether `file` is a plain one on a disk of this machine, or in its memory.
fn is_local(file: &File) -> bool {
    const EXT4: FsWord = 0xEF53; // numbers of statfs(2)
    const XFS: FsWord = 0x5846_5342;
    const BTRFS: FsWord = 0x9123_683E;
    const OVERLAY: FsWord = 0x794C_7630;
    const TMPFS: FsWord = 0x0102_1994;
    file.metadata().is_ok_and(|metadata| metadata.is_file())
        && fstatfs(file).is_ok_and(|disk| [EXT4, XFS, BTRFS, OVERLAY, TMPFS].contains(&disk.f_type))
}

fn write(sink: &mut impl io::Write, lines: &[u8], torn: &mut bool) -> io::Result<()> {
    if *torn {
        sink.write_all(b"\n")?;
        *torn = false;
    }
    let mut rest = lines;
    while !rest.is_empty() {
        match sink.write(rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                *torn = rest[written - 1] != b'\n';
                rest = &rest[written..];
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    sink.flush()
}

/// Opens the file to append to; `torn` where someone left it within a line.
fn open(path: &Path, torn: &mut bool) -> io::Result<OpenFile> {
    let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    let content = file.metadata()?;
    if let (true, Some(last)) = (content.is_file(), content.len().checked_sub(1)) {
        let mut byte = [b'\n'];
        File::open(path)?.read_at(&mut byte, last)?;
        *torn = byte != [b'\n'];
    }
    Ok(OpenFile { identity: identity(&content), is_local: is_local(&file), file })
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};

    use super::{AuditSink, is_local};

    #[test]
    fn only_an_open_plain_file_takes_lines_at_once() {
        let directory = tempfile::tempdir().unwrap();
        let (path, moved) = (directory.path().join("audit"), directory.path().join("moved"));
        let mut sink: AuditSink = path.to_str().unwrap().parse().unwrap();
        assert!(sink.append_at_once(b"1\n").is_none(), "not opened yet");
        sink.append(b"2\n").unwrap();
        if !is_local(&File::open(&path).unwrap()) {
            assert!(sink.append_at_once(b"3\n").is_none(), "a network file system");
            return;
        }
        sink.append_at_once(b"3\n").expect("it is open").unwrap();
        fs::rename(&path, &moved).unwrap();
        assert!(sink.append_at_once(b"4\n").is_none(), "moved away");
        sink.append(b"4\n").unwrap();
        assert_eq!((fs::read(&moved).unwrap(), fs::read(&path).unwrap()), (b"2\n3\n".to_vec(), b"4\n".to_vec()));

        let mut synced = sink.clone().synced(true);
        synced.append(b"5\n").unwrap();
        assert!(synced.append_at_once(b"6\n").is_none(), "syncing takes time");
        let mut slow = sink.clone();
        slow.append(b"6\n").unwrap();
        slow.slow_until = Some(super::Instant::now() + super::REMEMBERED);
        assert!(slow.append_at_once(b"7\n").is_none(), "it was slow");
        for elsewhere in ["stdout", "/dev/null"] {
            let mut sink: AuditSink = elsewhere.parse().unwrap();
            sink.append(b"").unwrap();
            assert!(sink.append_at_once(b"").is_none(), "{elsewhere}");
        }
    }
}
