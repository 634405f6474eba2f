use std::fs::{File, OpenOptions, metadata};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
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
    /// Appends whole `lines`. After a failure the next lines begin on a line of their own.
    ///
    /// # Errors
    /// Whatever kept them, or a part of them, from being written.
    pub(super) fn append(&mut self, lines: &[u8], fsync: bool) -> io::Result<()> {
        let separated;
        let lines = if self.torn {
            separated = [b"\n", lines].concat();
            &separated
        } else {
            lines
        };
        let written = match &self.path {
            None => to_stdout(lines),
            Some(path) => to_file(&mut self.file, path, lines, fsync),
        };
        self.torn = written.is_err();
        written
    }
}

fn to_stdout(lines: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(lines)?;
    stdout.flush()
}

fn to_file(file: &mut Option<File>, path: &Path, lines: &[u8], fsync: bool) -> io::Result<()> {
    let same = |file: &File| match (file.metadata(), metadata(path)) {
        (Ok(open), Ok(named)) => (open.dev(), open.ino()) == (named.dev(), named.ino()),
        _ => false,
    };
    // Opened anew where the file was moved away, as log rotation does.
    let mut open = match file.take().filter(same) {
        Some(open) => open,
        None => OpenOptions::new().append(true).create(true).mode(0o600).open(path)?,
    };
    open.write_all(lines)?;
    if fsync {
        open.sync_data()?;
    }
    *file = Some(open);
    Ok(())
}
