//! External programs: the Debian packages that contain them, and their time limit.

use std::fs::File;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::timeout;

/// The time limit for a program. A JVM that compiles its source takes seconds on a busy machine.
const DEADLINE: Duration = Duration::from_secs(60);

/// An external program.
#[derive(Clone, Copy)]
pub(crate) struct Program {
    pub(crate) name: &'static str,
    /// The Debian package that contains the program.
    pub(crate) package: &'static str,
}

impl Program {
    /// Starts the program with piped standard output. Dropping the child stops it.
    pub(crate) fn start(&self, arguments: &[&str], home: &Path) -> Child {
        self.spawn(self.command(arguments, home).stderr(Stdio::null()))
    }

    /// Runs the program to its end and returns its standard output.
    pub(crate) async fn run(&self, arguments: &[&str], home: &Path) -> String {
        self.finish(&mut self.command(arguments, home)).await
    }

    /// Runs the program with a file as its standard input.
    pub(crate) async fn run_on(&self, input: &str, arguments: &[&str], home: &Path) -> String {
        let input = File::open(input).expect("the input");
        self.finish(self.command(arguments, home).stdin(input)).await
    }

    /// Runs the program, which may fail. Returns its output, or its error messages.
    pub(crate) async fn try_run(&self, arguments: &[&str], home: &Path) -> Result<String, String> {
        let Output { status, stdout, stderr } = self.output(&mut self.command(arguments, home)).await;
        let text = if status.success() { stdout } else { stderr };
        let text = String::from_utf8_lossy(&text).into_owned();
        if status.success() { Ok(text) } else { Err(text) }
    }

    async fn finish(&self, command: &mut Command) -> String {
        let Output { status, stdout, stderr } = self.output(command).await;
        let (stdout, stderr) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
        let Self { name, package } = self;
        assert!(
            status.success(),
            "{name} (of {package}) ended with {status}\nprinted: {stdout}\nand as errors: {stderr}"
        );
        stdout.into_owned()
    }

    async fn output(&self, command: &mut Command) -> Output {
        let running = self.spawn(command.stderr(Stdio::piped()));
        let finished = timeout(DEADLINE, running.wait_with_output()).await;
        finished.unwrap_or_else(|_| panic!("{} has not ended within {DEADLINE:?}", self.name)).expect("the output")
    }

    /// The program gets no environment variables except `PATH`, so that no proxy, option or locale of this machine
    /// changes its behaviour. Its home directory is `home`.
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
