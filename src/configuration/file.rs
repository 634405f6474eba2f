//! Reads the files that operators provide: configuration, secrets, callers, certificates and keys.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rustix::fs::OFlags;
use thiserror::Error as ThisError;

use super::fault::SettingsFault;

/// Enough for thousands of callers or certificates. A larger file is a mistake.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// The byte order mark. In UTF-8, it is EF BB BF.
const MARK: char = '\u{feff}';

/// Why a file cannot be read. Contains neither the path nor the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
pub(crate) enum FileFault {
    #[error("cannot be read ({0})")]
    Io(ErrorKind),
    #[error("cannot be read (it is not a regular file)")]
    NotRegular,
    #[error("cannot be read (it is larger than 4 MiB)")]
    TooLarge,
    #[error("cannot be read (it is UTF-16 text; save it as UTF-8)")]
    Utf16,
    #[error("cannot be read (it is not UTF-8 text)")]
    NotUtf8,
}

/// Reads a regular file. Removes a UTF-8 byte order mark, which editors on Windows write.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, FileFault> {
    let io = |error: io::Error| FileFault::Io(error.kind());
    let file = open(path).map_err(io)?;
    if !file.metadata().map_err(io)?.is_file() {
        return Err(FileFault::NotRegular);
    }
    let mut content = Vec::new();
    file.take(MAX_BYTES as u64 + 1).read_to_end(&mut content).map_err(io)?;
    if content.len() > MAX_BYTES {
        return Err(FileFault::TooLarge);
    }
    if content.starts_with(b"\xff\xfe") || content.starts_with(b"\xfe\xff") {
        return Err(FileFault::Utf16);
    }
    let mut mark = [0; 4];
    let mark = MARK.encode_utf8(&mut mark).as_bytes();
    if content.starts_with(mark) {
        content.drain(..mark.len());
    }
    Ok(content)
}

/// Reads a UTF-8 text file without its byte order mark.
pub(crate) fn read_text(path: &Path) -> Result<String, FileFault> {
    String::from_utf8(read(path)?).map_err(|_| FileFault::NotUtf8)
}

/// Reads the file at `path`, which the key called `name` names.
///
/// # Errors
/// A fault with the key, its variable and the path.
pub(crate) fn read_for(name: &str, path: &Path) -> Result<Vec<u8>, SettingsFault> {
    read(path).map_err(|fault| SettingsFault::of_file(name, path, fault))
}

/// Removes a byte order mark from the start of `text`.
pub(super) fn without_mark(text: &str) -> &str {
    text.strip_prefix(MARK).unwrap_or(text)
}

/// Opens `path` without blocking, also if it is a FIFO or a device.
fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::ErrorKind;
    use std::os::unix::net::UnixListener;
    use std::path::Path;

    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::{FileFault, MAX_BYTES, read, read_text};

    #[test]
    fn a_utf8_byte_order_mark_is_dropped_and_a_utf16_one_refused() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("file");
        for (content, expected) in [
            (&b"\xef\xbb\xbfs3cr3t"[..], Ok("s3cr3t")),
            (b"\xef\xbb\xbf", Ok("")),
            (b"\xef\xbbs3cr3t", Err(FileFault::NotUtf8)),
            (b"s3\xef\xbb\xbfcr3t", Ok("s3\u{feff}cr3t")),
            (b"", Ok("")),
            (b"\xff\xfes\x003\x00", Err(FileFault::Utf16)),
            (b"\xfe\xff\x00s\x003", Err(FileFault::Utf16)),
        ] {
            fs::write(&path, content).expect("a file");
            assert_eq!(read_text(&path).as_deref(), expected.as_ref().copied(), "{content:?}");
        }
    }

    #[test]
    fn only_regular_files_are_read_and_nothing_waits_for_another() {
        let directory = tempfile::tempdir().expect("a directory");
        let [fifo, socket, link] = ["fifo", "socket", "link"].map(|name| directory.path().join(name));
        mknodat(CWD, &fifo, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a FIFO");
        let _socket = UnixListener::bind(&socket).expect("a socket");
        std::os::unix::fs::symlink(&fifo, &link).expect("a link");
        for path in [&*fifo, &link, directory.path(), Path::new("/dev/zero")] {
            assert_eq!(read(path), Err(FileFault::NotRegular), "{}", path.display());
        }
        assert!(matches!(read(&socket), Err(FileFault::Io(_))));
        assert_eq!(read(Path::new("/nowhere")), Err(FileFault::Io(ErrorKind::NotFound)));
    }

    #[test]
    fn the_largest_file_is_read_and_a_larger_one_refused() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("file");
        fs::write(&path, vec![b'a'; MAX_BYTES]).expect("a file");
        assert_eq!(read(&path).map(|content| content.len()), Ok(MAX_BYTES));
        fs::write(&path, vec![b'a'; MAX_BYTES + 1]).expect("a file");
        assert_eq!(read(&path), Err(FileFault::TooLarge));
    }
}
