use std::collections::BTreeMap;
use std::path::Path;

use super::{SettingsFault, keys};

/// Secrets are short; a larger file is a mistake.
const MAX_SECRET_BYTES: u64 = 64 * 1024;

/// How often a changing directory is read before that is a fault.
const MAX_READS: usize = 50;

/// The secrets in `directory`, one file each, named by its key.
///
/// A set counts once two reads agree, so that a half-written or half-swapped directory is never taken.
pub(super) fn read(directory: &Path) -> Result<BTreeMap<&'static str, String>, SettingsFault> {
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

fn read_once(directory: &Path) -> Result<BTreeMap<&'static str, String>, SettingsFault> {
    let unreadable = |error: std::io::Error| {
        let fix = "GATEWAY_SECRETS_DIR names a directory with one file per secret";
        SettingsFault::of(directory.display(), format_args!("cannot be read ({}); {fix}", error.kind()))
    };
    let mut secrets = BTreeMap::new();
    for entry in std::fs::read_dir(directory).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue; // Kubernetes keeps its own links here
        }
        let path = entry.path();
        let key = keys::find(&name)
            .filter(|key| key.secret)
            .ok_or_else(|| SettingsFault::of(path.display(), "is not named by the key of a secret"))?;
        let text = read_secret(&path)?;
        if !text.is_empty() {
            secrets.insert(key.name, text);
        }
    }
    Ok(secrets)
}

fn read_secret(path: &Path) -> Result<String, SettingsFault> {
    let unreadable =
        |error: std::io::Error| SettingsFault::of(path.display(), format_args!("cannot be read ({})", error.kind()));
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    if size > MAX_SECRET_BYTES {
        return Err(SettingsFault::of(path.display(), "is larger than a secret can be (64 KiB)"));
    }
    let mut text = std::fs::read_to_string(path).map_err(unreadable)?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(text)
}
