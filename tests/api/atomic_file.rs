//! Atomic changes of files that a running gateway watches.

use std::fs;
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, mknodat};

/// Replaces the content of a file atomically, so that no watcher reads half of it. If `path` is a symbolic link, its
/// target is replaced.
pub(crate) fn replace(path: &Path, content: impl AsRef<[u8]>) {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let name = path.file_name().expect("a file").to_str().expect("UTF-8");
    let aside = path.with_file_name(format!(".{name}.aside"));
    fs::write(&aside, content).unwrap();
    fs::rename(&aside, &path).unwrap();
}

/// Atomically replaces a file with a FIFO.
pub(crate) fn replace_with_fifo(path: &Path) {
    let aside = path.with_extension("aside-fifo");
    mknodat(CWD, &aside, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    fs::rename(&aside, path).unwrap();
}
