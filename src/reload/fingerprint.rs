//! Detects changes of files by their content.

use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::configuration::file;

/// A digest of files.
pub(super) type Fingerprint = [u8; 32];

/// Computes a digest of the paths and the content of files. A directory stands for the files in it. If a file cannot be read,
/// the reason counts as its content.
///
/// Compares content and not modification times, because Kubernetes replaces a mounted Secret by changing a symbolic link.
pub(super) fn fingerprint(paths: &[PathBuf]) -> Fingerprint {
    let mut digest = Sha256::new();
    for path in paths {
        match list(path) {
            Ok(files) => files.iter().for_each(|file| add(&mut digest, file)),
            Err(_) => add(&mut digest, path),
        }
    }
    digest.finalize().into()
}

/// Lists the files in a directory in a fixed order, without hidden ones.
fn list(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".") {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

fn add(digest: &mut Sha256, path: &Path) {
    let content = file::read(path).unwrap_or_else(|fault| fault.to_string().into_bytes());
    for part in [path.as_os_str().as_encoded_bytes(), &content] {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    }
}
