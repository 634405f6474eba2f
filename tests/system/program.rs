//! Programs from outside: the Debian packages that bring them, and how long they may take.

use std::io;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::timeout;

/// How long a sample program may run; a JVM that compiles its source first needs seconds on a busy machine.
const DEADLINE: Duration = Duration::from_secs(60);

/// A program that a test needs.
pub(crate) struct Program {
    pub(crate) name: &'static str,
    /// The Debian package that brings it.
    pub(crate) package: &'static str,
}

impl Program {
    /// Starts it with nothing of this process's environment but `PATH`, so that no proxy, option or locale that is set
    /// here changes what it does, and with `home` for the files it keeps. Dropping it ends it.
    pub(crate) fn start(&self, arguments: &[&str], home: &Path) -> Child {
        Command::new(self.name)
            .args(arguments)
            .current_dir(home)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", home)
            .env("TMPDIR", home)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| self.cannot_start(&error))
    }

    /// Runs it to its end and answers what it printed.
    pub(crate) async fn run(&self, arguments: &[&str], home: &Path) -> String {
        let finished = timeout(DEADLINE, self.start(arguments, home).wait_with_output()).await;
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

    fn cannot_start(&self, error: &io::Error) -> ! {
        let Self { name, package } = self;
        panic!("{name} cannot be started ({error}): the system tests need {package} (Debian)")
    }
}
