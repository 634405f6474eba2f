//! Bash with stand-ins for the programs that a test must not run.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::process::Command;
use tokio::time::timeout;

use crate::manifests::copy_files;
use crate::markdown::root;

/// Programs that have a stand-in.
pub(super) const PROGRAMS: [&str; 32] = [
    "apt",
    "cargo",
    "centagate-gateway",
    "centagate-simulator",
    "chown",
    "curl",
    "df",
    "docker",
    "gh",
    "git",
    "grep",
    "helm",
    "install",
    "jq",
    "journalctl",
    "kind",
    "kubectl",
    "npm",
    "openapi-generator-cli",
    "openapi-python-client",
    "openapi-typescript",
    "openssl",
    "pip",
    "promtool",
    "python",
    "python3",
    "redis-cli",
    "sha256sum",
    "systemctl",
    "systemd-ask-password",
    "systemd-sysusers",
    "tar",
];

/// Programs that really run: they only read, or write below the test's directory.
const REAL: [&str; 10] = ["cat", "chmod", "date", "less", "mkdir", "rm", "sh", "sort", "tail", "uniq"];

/// Appends its name and its arguments to `calls` in one write. Prints a word for commands that read its output.
const STAND_IN: &str = r#"#!/bin/sh
printf '%s\037' "${0##*/}" "$@" "$(printf '\036')" >>"$CALLS"
echo output
"#;

const DEADLINE: Duration = Duration::from_secs(30);

/// A call of a stand-in.
pub(super) struct Call {
    pub(super) program: String,
    pub(super) arguments: Vec<String>,
}

/// A directory that looks like a checkout of the repository to the commands.
pub(super) struct Shell {
    directory: TempDir,
}

impl Shell {
    /// Creates the directory. `files` are the names and contents of other files that the commands expect.
    pub(super) fn new(files: &[(&str, &str)]) -> Self {
        let shell = Self { directory: tempfile::tempdir().expect("a directory") };
        for program in PROGRAMS {
            shell.add_stand_in(&format!("bin/{program}"));
        }
        for script in executables(&["deploy", "bench", ".ci"]) {
            shell.add_stand_in(&script);
        }
        for program in REAL {
            let found = ["/usr/bin", "/bin"].map(|directory| Path::new(directory).join(program));
            let found = found.into_iter().find(|path| path.exists()).unwrap_or_else(|| panic!("no {program}"));
            symlink(found, shell.path("bin").join(program)).expect("a link");
        }
        for directory in ["config", "deploy/kubernetes", "deploy/helm"] {
            copy_files(&root().join(directory), &shell.path(directory));
        }
        for (file, content) in files {
            fs::create_dir_all(shell.path(file).parent().expect("a directory")).expect("a directory");
            fs::write(shell.path(file), content).expect("a file");
        }
        shell
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn add_stand_in(&self, name: &str) {
        let file = self.path(name);
        fs::create_dir_all(file.parent().expect("a directory")).expect("a directory");
        fs::write(&file, STAND_IN).expect("a stand-in");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("an executable stand-in");
    }

    /// Runs `script` and returns the calls of stand-ins.
    pub(super) async fn run(&self, script: &str) -> Result<Vec<Call>, String> {
        let _ = fs::remove_file(self.path("calls"));
        let home = self.directory.path();
        // Moves absolute paths of the reader's machine below the directory.
        let script = script.replace("/etc/centagate-gateway", &self.path("etc").display().to_string());
        let running = Command::new("/bin/bash")
            .args(["-c", &format!("command_not_found_handle() {{ echo \"$1 is unknown\" >&2; }}\n{script}\nwait")])
            .current_dir(home)
            .env_clear()
            .env("PATH", self.path("bin"))
            .env("HOME", home)
            .env("CALLS", self.path("calls"))
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let output = timeout(DEADLINE, running).await.map_err(|_| "the script does not end")?.expect("bash");
        let errors = String::from_utf8_lossy(&output.stderr);
        if ["is unknown", "syntax error", "No such file"].iter().any(|fault| errors.contains(fault)) {
            return Err(errors.into_owned());
        }
        let calls = fs::read_to_string(self.path("calls")).unwrap_or_default();
        let calls = calls.split_terminator("\u{1e}\u{1f}").map(|call| {
            let mut words = call.split_terminator('\u{1f}').map(str::to_owned);
            Call { program: words.next().expect("a program"), arguments: words.collect() }
        });
        Ok(calls.collect())
    }
}

/// The executable files in directories of the repository.
fn executables(directories: &[&str]) -> Vec<String> {
    let mut directories: Vec<PathBuf> = directories.iter().map(|directory| root().join(directory)).collect();
    let mut files = Vec::new();
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            let mode = path.metadata().expect("a file").permissions().mode();
            if path.is_dir() {
                directories.push(path);
            } else if mode & 0o100 != 0 {
                files.push(path.strip_prefix(root()).expect("below the root").display().to_string());
            }
        }
    }
    files
}
