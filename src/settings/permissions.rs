//! Warns about secrets and other named files that other users may write.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{StatVfsMountFlags, statvfs};

use super::fault::line;
use super::{Settings, Sources, keys};

/// Write permission for the group and for others.
const WRITE: u32 = 0o022;

/// One line for each secret file, the secrets directory and each file that a key names, if other users may write it.
/// Nobody can write to a read-only mount, such as a Kubernetes Secret.
pub(crate) fn writable_by_others(sources: &Sources) -> Vec<String> {
    let named = |path: &PathBuf| {
        let mode = path.metadata().ok()?.mode();
        let warn = mode & WRITE != 0 && !is_mounted_read_only(path);
        let problem = format_args!("other users may write it (mode {:04o}); run chmod go-w on it", mode & 0o7777);
        warn.then(|| line(path.display(), problem))
    };
    paths(sources).iter().filter_map(named).collect()
}

fn paths(sources: &Sources) -> Vec<PathBuf> {
    let (reader, _) = Settings::collect(sources);
    let mut paths: Vec<_> = sources.secrets_dir.iter().cloned().collect();
    for key in keys::KEYS {
        if key.name.ends_with("_file") {
            paths.extend(reader.optional_text(key.name, "a path").ok().flatten().map(PathBuf::from));
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
