//! Programs from outside: the Debian packages that bring them, and how long they may take.

use std::fs::File;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::timeout;

/// How long a program may run. A JVM that first compiles its source needs seconds on a busy machine.
const DEADLINE: Duration = Duration::from_secs(60);

/// A program that a test needs.
#[derive(Clone, Copy)]
pub(crate) struct Program {
    pub(crate) name: &'static str,
    /// The Debian package that brings it.
    pub(crate) package: &'static str,
}

impl Program {
    /// Starts it; what it prints can be read, but for its errors. Dropping it ends it.
    pub(crate) fn start(&self, arguments: &[&str], home: &Path) -> Child {
        self.spawn(self.command(arguments, home).stderr(Stdio::null()))
    }

    /// Runs it to its end and answers what it printed.
    pub(crate) async fn run(&self, arguments: &[&str], home: &Path) -> String {
        self.finish(&mut self.command(arguments, home)).await
    }

    /// The same with a file for it to read as its input.
    pub(crate) async fn run_on(&self, input: &str, arguments: &[&str], home: &Path) -> String {
        let input = File::open(input).expect("its input");
        self.finish(self.command(arguments, home).stdin(input)).await
    }

    async fn finish(&self, command: &mut Command) -> String {
        let running = self.spawn(command.stderr(Stdio::piped()));
        let finished = timeout(DEADLINE, running.wait_with_output()).await;
        let Output { status, stdout, stderr } =
            finished.unwrap_or_else(|_| panic!("{} has not ended within {DEADLINE:?}", self.name)).expect("its output");
        let (stdout, stderr) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
        let Self { name, package } = self;
        assert!(
            status.success(),
            "{name} (of {package}) ended with {status}\nprinted: {stdout}\nand as errors: {stderr}"
        );
        stdout.into_owned()
    }

    /// It gets nothing of this process's environment but `PATH`, so that no proxy, option or locale that is set here
    /// changes what it does, and `home` for the files it keeps.
    fn command(&self, arguments: &[&str], home: &Path) -> Command {
        let mut command = Command::new(self.name);
        command.args(arguments).current_dir(home).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", home).env("TMPDIR", home);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        command
    }

    fn spawn(&self, command: &mut Command) -> Child {
        let Self { name, package } = self;
        command.spawn().unwrap_or_else(|error| {
            panic!("{name} cannot be started ({error}): the system tests need {package} (Debian)")
        })
    }
}
