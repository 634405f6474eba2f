//! The demo, started as the README says, and the lines that it prints.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::printed::Printed;
use crate::program::Program;

/// How long the demo may take to start. Cargo may have to build it first.
const START_DEADLINE: Duration = Duration::from_secs(600);
const STOP_DEADLINE: Duration = Duration::from_secs(20);

/// The running demo. Dropping it stops it.
pub(crate) struct Demo {
    pub(crate) swagger_ui: String,
    pub(crate) caller_key: String,
    /// The printed commands, in this order.
    lines: Vec<String>,
    process: Child,
    _directory: TempDir,
}

impl Demo {
    /// Starts the demo and reads its addresses, its caller key and its commands.
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
        let guide = async {
            let addresses = (printed.after("Swagger UI ").await, printed.after("Caller key ").await);
            (addresses, printed.before("In Swagger UI").await)
        };
        let ((swagger_ui, caller_key), guide) = timeout(START_DEADLINE, guide).await.expect("the demo starts in time");
        printed.ignore_the_rest();
        let lines = guide.iter().filter_map(|line| line.strip_prefix("  ")).map(str::to_owned).collect();
        Self { swagger_ui, caller_key, lines, process, _directory: directory }
    }

    /// Sends SIGINT, as Ctrl-C does, and returns the exit status.
    pub(crate) async fn stop(mut self) -> ExitStatus {
        let id = self.process.id().expect("the demo runs");
        let pressed = Command::new("sh").args(["-c", &format!("kill -INT {id}")]).status().await;
        assert!(pressed.expect("sh starts").success());
        timeout(STOP_DEADLINE, self.process.wait())
            .await
            .expect("the demo stops within STOP_DEADLINE")
            .expect("the exit status")
    }
}

const BASH: Program = Program { name: "bash", package: "bash and curl" };

#[tokio::test]
async fn each_printed_command_works_when_pasted_in_order() {
    let demo = Demo::start().await;
    let directory = tempfile::tempdir().expect("a directory");
    let pasted = directory.path().join("pasted");
    std::fs::write(&pasted, demo.lines.join("\n") + "\n").expect("a file");
    let output = BASH.run_on(pasted.to_str().expect("a path of text"), &["-e"], directory.path()).await;
    let statuses: Vec<&str> =
        output.split("HTTP/1.1 ").skip(1).filter_map(|reply| reply.split([' ', '\r']).next()).collect();
    let expected = "201 201 201 201 200 200 204 200 204 204 204 204";
    assert_eq!(statuses.join(" "), expected, "{output}");
    for shown in
        [r#""serialNumber":"2601000042""#, r#""phoneNumber":"+60123456789""#, r#""status":"temporarilyDeactivated""#]
    {
        assert!(output.contains(shown), "no {shown} in {output}");
    }
    demo.stop().await;
}
