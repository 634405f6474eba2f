//! The audit trail in a file, as whoever reads it later finds it.

use std::path::{Path, PathBuf};

use serde_json::Value;

/// A file that a gateway writes its audit trail to.
pub(crate) struct AuditFile(PathBuf);

impl AuditFile {
    pub(crate) fn at(path: PathBuf) -> Self {
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// All that stands in it; nothing if it is not there.
    pub(crate) fn text(&self) -> String {
        std::fs::read_to_string(&self.0).unwrap_or_default()
    }

    /// Its lines, each of which must be a whole JSON object.
    #[track_caller]
    pub(crate) fn lines(&self) -> Vec<Value> {
        let text = self.text();
        assert!(text.is_empty() || text.ends_with('\n'), "the last line is whole: {text}");
        text.lines().map(|line| object(line).unwrap_or_else(|| panic!("no object: {line:?} in\n{text}"))).collect()
    }

    /// The attempts and outcomes of one request, by the id that its caller gave it.
    #[track_caller]
    pub(crate) fn of_request(&self, id: &str) -> Vec<Value> {
        self.lines().into_iter().filter(|line| line["requestId"] == id).collect()
    }
}

/// A line as an object, if it is one.
pub(crate) fn object(line: &str) -> Option<Value> {
    serde_json::from_str(line).ok().filter(Value::is_object)
}
