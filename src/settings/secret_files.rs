use std::collections::BTreeMap;
use std::path::Path;

use super::{Faults, SettingsFault, file, keys};

/// Secrets are short; a larger file is a mistake.
const MAX_SECRET_BYTES: usize = 64 * 1024;

/// How often a changing directory is read before that is a fault.
const MAX_READS: usize = 50;

/// What the files of a directory hold.
#[derive(PartialEq, Eq)]
pub(super) struct SecretFiles {
    /// The secret of each key that has a file, or why the file cannot be used.
    pub(super) secrets: BTreeMap<&'static str, Result<String, SettingsFault>>,
    /// The files that are not named after the key of a secret.
    pub(super) unknown: Faults,
}

/// Reads the secrets in `directory`: one file each, named after its key.
///
/// A set counts once two reads agree, so that a half-written or half-swapped directory is never used.
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
            continue; // Kubernetes keeps its own links here
        }
        let path = entry.path();
        match keys::find(&name).filter(|key| key.secret) {
            None => files.unknown.add(SettingsFault::of(
                path.display(),
                "is not named by the key of a secret; rename it, or remove it from GATEWAY_SECRETS_DIR",
            )),
            Some(key) => match read_secret(key.name, &path) {
                Ok(text) if text.is_empty() => {} // counts as unset
                text => drop(files.secrets.insert(key.name, text)),
            },
        }
    }
    Ok(files)
}

/// The content without one line ending, that of Windows (CR LF) included.
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
