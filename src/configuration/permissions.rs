//! Finds configured files that other users may write.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{StatVfsMountFlags, statvfs};

use super::fault::line;
use super::keys;
use super::sources::Sources;
use super::values::Values;

/// Write permission for the group and for others.
const WRITE: u32 = 0o022;

/// Returns one line for each secret file, secrets directory and configured file that other users may write. Files on
/// read-only mounts, such as a Kubernetes Secret, are not listed.
pub(crate) fn writable_by_others(sources: &Sources) -> Vec<String> {
    let named = |path: &PathBuf| {
        let mode = path.metadata().ok()?.mode();
        let warn = mode & WRITE != 0 && !is_mounted_read_only(path);
        let problem = format_args!("other users may write it (mode {:04o}); run chmod go-w on it", mode & 0o7777);
        warn.then(|| line(path.display(), problem))
    };
    paths(sources).iter().filter_map(named).collect()
}

/// Lists the files and directories that the configuration names.
fn paths(sources: &Sources) -> Vec<PathBuf> {
    let (values, _) = Values::collect(sources);
    let mut paths: Vec<_> = sources.secrets_dir.iter().cloned().collect();
    for key in keys::KEYS {
        if key.name.ends_with("_file") {
            paths.extend(values.optional_text(key.name, "a path").ok().flatten().map(PathBuf::from));
        }
        if key.secret {
            paths.extend(sources.secrets_dir.iter().map(|directory| directory.join(key.name)));
        }
    }
    paths
}

fn is_mounted_read_only(path: &Path) -> bool {
    statvfs(path).is_ok_and(|mount| mount.f_flag.contains(StatVfsMountFlags::RDONLY))
}
