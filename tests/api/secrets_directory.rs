//! A directory of secret files that is updated like a Kubernetes volume.

use std::cell::Cell;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::atomic_file;

/// Each secret is a symbolic link to `..data/…`, and `..data` is a link to the directory with the content.
pub(crate) struct SecretsDirectory {
    path: PathBuf,
    version: Cell<u32>,
}

impl SecretsDirectory {
    /// Creates the directory with these secrets.
    pub(crate) fn new(path: &Path, secrets: &[(&str, &str)]) -> Self {
        fs::create_dir(path).unwrap();
        let directory = Self { path: path.to_owned(), version: Cell::new(0) };
        directory.swap(secrets);
        directory
    }

    pub(crate) fn path(&self) -> &str {
        self.path.to_str().unwrap()
    }

    /// Replaces all secrets atomically: writes a new directory, then changes the link `..data`.
    pub(crate) fn swap(&self, secrets: &[(&str, &str)]) {
        let last = self.version.get();
        self.version.set(last + 1);
        let content = format!("..content-{}", last + 1);
        fs::create_dir(self.path.join(&content)).unwrap();
        for (name, text) in secrets {
            fs::write(self.path.join(&content).join(name), format!("{text}\n")).unwrap();
        }
        symlink(&content, self.path.join("..data_new")).unwrap();
        fs::rename(self.path.join("..data_new"), self.path.join("..data")).unwrap();
        for (name, _) in secrets {
            // The link exists if the secret existed before.
            let _ = symlink(Path::new("..data").join(name), self.path.join(name));
        }
        self.remove_links_but(secrets);
        let _ = fs::remove_dir_all(self.path.join(format!("..content-{last}")));
    }

    /// Replaces a single secret, as an operator with an editor does.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        atomic_file::replace(&self.path.join(name), text);
    }

    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.path.join(name)).unwrap();
    }

    fn remove_links_but(&self, secrets: &[(&str, &str)]) {
        for entry in fs::read_dir(&self.path).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if !name.starts_with('.') && !secrets.iter().any(|(known, _)| *known == name) {
                self.remove(&name);
            }
        }
    }
}
