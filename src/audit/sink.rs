use std::fs::{File, OpenOptions, metadata};
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Where the trail goes.
#[derive(Debug)]
pub struct AuditSink {
    path: Option<PathBuf>,
    file: Option<File>,
    /// The last write ended somewhere within a line.
    torn: bool,
}

impl Clone for AuditSink {
    fn clone(&self) -> Self {
        Self { path: self.path.clone(), file: None, torn: false }
    }
}

impl FromStr for AuditSink {
    type Err = std::convert::Infallible;

    /// `stdout`, or the path of a file.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let path = (text != "stdout").then(|| PathBuf::from(text));
        Ok(Self { path, file: None, torn: false })
    }
}

impl AuditSink {
    /// Appends whole `lines`. Where a write ended within a line, the next one begins on a line of its own.
    ///
    /// # Errors
    /// Whatever kept the lines, or a part of them, from being written.
    pub(super) fn append(&mut self, lines: &[u8], fsync: bool) -> io::Result<()> {
        let Some(path) = &self.path else { return write(&mut io::stdout().lock(), lines, &mut self.torn) };
        // Opened anew where the file was moved away, as log rotation does.
        let mut file = match self.file.take().filter(|file| is_at(file, path)) {
            Some(file) => file,
            None => open(path, &mut self.torn)?,
        };
        write(&mut file, lines, &mut self.torn)?;
        if fsync {
            file.sync_data()?;
        }
        self.file = Some(file);
        Ok(())
    }
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
fn open(path: &Path, torn: &mut bool) -> io::Result<File> {
    let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    let content = file.metadata()?;
    if let (true, Some(last)) = (content.is_file(), content.len().checked_sub(1)) {
        let mut byte = [b'\n'];
        File::open(path)?.read_at(&mut byte, last)?;
        *torn = byte != [b'\n'];
    }
    Ok(file)
}

fn is_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), metadata(path)) {
        (Ok(open), Ok(named)) => (open.dev(), open.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}
