//! Reads secrets from a directory with one file per secret.

use std::collections::BTreeMap;
use std::path::Path;

use super::fault::{Faults, SettingsFault};
use super::{file, keys};

/// Secrets are short. A larger file is a mistake.
const MAX_SECRET_BYTES: usize = 64 * 1024;

/// How often a directory is read until two reads agree.
const MAX_READS: usize = 50;

/// The content of a directory with secrets.
#[derive(PartialEq, Eq)]
pub(super) struct SecretFiles {
    /// For each key that has a file, the secret or a fault of the file.
    pub(super) secrets: BTreeMap<&'static str, Result<String, SettingsFault>>,
    /// A fault for each file whose name is not the key of a secret.
    pub(super) unknown: Faults,
}

/// Reads the secrets in `directory`. The name of each file is the key of its secret.
///
/// Reads until two reads in a row agree, so that a directory that is just being changed is not used.
///
/// # Errors
/// If the directory cannot be read, or keeps changing.
pub(super) fn read(directory: &Path) -> Result<SecretFiles, SettingsFault> {
    let mut last = read_once(directory)?;
    for _ in 0..MAX_READS {
        let next = read_once(directory)?;
        if next == last {
            return Ok(next);
        }
        last = next;
    }
    Err(SettingsFault::of(directory.display(), "keeps changing while it is read"))
}

fn read_once(directory: &Path) -> Result<SecretFiles, SettingsFault> {
    let unreadable = |error: std::io::Error| {
        let fix = "GATEWAY_SECRETS_DIR names a directory with one file per secret";
        SettingsFault::of(directory.display(), format_args!("cannot be read ({}); {fix}", error.kind()))
    };
    let mut files = SecretFiles { secrets: BTreeMap::new(), unknown: Faults::default() };
    let mut entries =
        std::fs::read_dir(directory).and_then(Iterator::collect::<Result<Vec<_>, _>>).map_err(unreadable)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue; // Kubernetes keeps hidden links in mounted directories
        }
        let path = entry.path();
        match keys::find(&name).filter(|key| key.secret) {
            None => files.unknown.add(SettingsFault::of(
                path.display(),
                "is not named by the key of a secret; rename it, or remove it from GATEWAY_SECRETS_DIR",
            )),
            Some(key) => match read_secret(key.name, &path) {
                Ok(text) if text.is_empty() => {} // an empty file does not set the key
                text => drop(files.secrets.insert(key.name, text)),
            },
        }
    }
    Ok(files)
}

/// Reads a secret, and removes one line ending (LF or CR LF).
fn read_secret(key: &str, path: &Path) -> Result<String, SettingsFault> {
    let fault = |problem: &dyn std::fmt::Display| SettingsFault::of_file(key, path, problem);
    let mut text = file::read_text(path).map_err(|problem| fault(&problem))?;
    if text.len() > MAX_SECRET_BYTES {
        return Err(fault(&"is larger than a secret can be (64 KiB)"));
    }
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(text)
}
