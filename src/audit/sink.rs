//! The configured destination of the audit trail.

use std::path::{Path, PathBuf};
use std::{fmt, io};

use rustix::fs::{Access, access};

use super::file;

/// The destination of the audit trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditSink {
    /// Standard output, mixed with the lines of the log.
    StandardOutput,
    /// The file at this absolute path.
    File(PathBuf),
}

impl AuditSink {
    pub(crate) const EXPECTED: &str = "stdout or the absolute path of a file";

    /// Parses `stdout` or an absolute path.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "stdout" => Some(Self::StandardOutput),
            path => Some(Self::File(path.into())).filter(|_| Path::new(path).is_absolute()),
        }
    }

    /// Checks that the trail can be written, without creating a file.
    ///
    /// # Errors
    /// If the file could not be opened or created.
    pub(crate) fn check(&self) -> Result<(), SinkFault> {
        let Self::File(path) = self else { return Ok(()) };
        let checked = match file::open(path, file::IfAbsent::Fail) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let directory = path.parent().unwrap_or(path);
                access(directory, Access::WRITE_OK | Access::EXEC_OK).map_err(Into::into)
            }
            opened => opened.map(drop),
        };
        checked.map_err(SinkFault)
    }
}

/// Why the sink cannot be used. Its `Display` does not contain the path.
#[derive(Debug)]
pub(crate) struct SinkFault(pub(super) io::Error);

impl fmt::Display for SinkFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the file cannot be opened for appending ({})", file::reason(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::AuditSink;

    #[test]
    fn stdout_and_absolute_paths_are_valid_sinks() {
        assert_eq!(AuditSink::parse("stdout"), Some(AuditSink::StandardOutput));
        assert_eq!(AuditSink::parse("/var/log/a.jsonl"), Some(AuditSink::File("/var/log/a.jsonl".into())));
        for text in ["", "audit.jsonl", "./audit.jsonl", "Stdout", "stdout ", "stderr", "-"] {
            assert_eq!(AuditSink::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_check_creates_no_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit.jsonl");
        let sink = AuditSink::File(path.clone());
        sink.check().unwrap();
        assert!(!path.exists());
        std::fs::write(&path, "").unwrap();
        sink.check().unwrap();
        AuditSink::File(directory.path().join("missing/audit.jsonl")).check().unwrap_err();
        AuditSink::File(path.join("audit.jsonl")).check().unwrap_err();
        AuditSink::File(directory.path().to_owned()).check().unwrap_err();
    }
}
