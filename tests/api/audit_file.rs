//! Reads the audit trail from its file.

use std::path::{Path, PathBuf};

use serde_json::Value;

/// The file that contains a gateway's audit trail.
pub(crate) struct AuditFile(PathBuf);

impl AuditFile {
    pub(crate) fn at(path: PathBuf) -> Self {
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The whole content, or an empty text if the file does not exist.
    pub(crate) fn text(&self) -> String {
        std::fs::read_to_string(&self.0).unwrap_or_default()
    }

    /// The lines, each of which must be a complete JSON object.
    #[track_caller]
    pub(crate) fn lines(&self) -> Vec<Value> {
        let text = self.text();
        assert!(text.is_empty() || text.ends_with('\n'), "the last line is whole: {text}");
        text.lines().map(|line| object(line).unwrap_or_else(|| panic!("not an object: {line:?} in\n{text}"))).collect()
    }

    /// The attempts and outcomes of the request with this `X-Request-Id`.
    #[track_caller]
    pub(crate) fn of_request(&self, id: &str) -> Vec<Value> {
        self.lines().into_iter().filter(|line| line["requestId"] == id).collect()
    }
}

/// A line as an object, or `None`.
pub(crate) fn object(line: &str) -> Option<Value> {
    serde_json::from_str(line).ok().filter(Value::is_object)
}
