//! The demo, started as the README says.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::printed::Printed;

/// How long the demo may take to start: where the tests were built without it, it is built first.
const START_DEADLINE: Duration = Duration::from_secs(600);
const STOP_DEADLINE: Duration = Duration::from_secs(20);

/// The running demo. Dropping it ends it.
pub(crate) struct Demo {
    pub(crate) swagger_ui: String,
    pub(crate) caller_key: String,
    process: Child,
    _directory: TempDir,
}

impl Demo {
    /// Starts it, and reads from what it prints where it is.
    pub(crate) async fn start() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let mut process = Command::new(env!("CARGO"))
            .args(["run", "--locked", "--quiet", "--example", "demo"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("TMPDIR", directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("cargo starts");
        let mut printed = Printed::by(&mut process);
        let guide = async { (printed.after("Swagger UI ").await, printed.after("Caller key ").await) };
        let (swagger_ui, caller_key) = timeout(START_DEADLINE, guide).await.expect("the demo starts in time");
        printed.ignore_the_rest();
        Self { swagger_ui, caller_key, process, _directory: directory }
    }

    /// Presses Ctrl-C, and answers how it ended.
    pub(crate) async fn stop(mut self) -> ExitStatus {
        let id = self.process.id().expect("it runs");
        let pressed = Command::new("sh").args(["-c", &format!("kill -INT {id}")]).status().await;
        assert!(pressed.expect("sh starts").success());
        timeout(STOP_DEADLINE, self.process.wait()).await.expect("it stops in time").expect("its status")
    }
}
