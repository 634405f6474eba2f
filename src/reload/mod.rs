//! Reloads files that change on disk: secrets, callers, certificates, identity keys and the log filter.

mod file_set;
mod fingerprint;
mod watcher;

pub(crate) use watcher::Watcher;
