//! The program itself, as a pod runs it.

use std::net::SocketAddr;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use centagate_simulator::{Admin, Simulator};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::gateway::write_callers;
use crate::printed::Printed;

const PATIENCE: Duration = Duration::from_secs(40);

/// A gateway process with the settings for production. Dropping it ends it.
pub(crate) struct Replica {
    pub(crate) address: SocketAddr,
    process: Child,
    _directory: TempDir,
}

impl Replica {
    /// Starts one whose callers see it at `public_url`, and waits until it is ready.
    pub(crate) async fn start(simulator: &Simulator, admin: &Admin, public_url: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let mut process = Command::new(env!("CARGO_BIN_EXE_centagate-gateway"))
            .env_clear()
            .env("GATEWAY_CONFIG_DIR", concat!(env!("CARGO_MANIFEST_DIR"), "/config"))
            .env("GATEWAY__SERVER__PUBLIC_URL", public_url)
            .env("GATEWAY__SERVER__HOST", "127.0.0.1")
            .env("GATEWAY__SERVER__PORT", "0")
            .env("GATEWAY__MANAGEMENT__HOST", "127.0.0.1")
            .env("GATEWAY__MANAGEMENT__PORT", "0")
            .env("GATEWAY__CENTAGATE__BASE_URL", simulator.base_url())
            .env("GATEWAY__CENTAGATE__ADMIN__USERNAME", &admin.username)
            .env("GATEWAY__CENTAGATE__ADMIN__AUTH_TOKEN", &admin.auth_token)
            .env("GATEWAY__CENTAGATE__ADMIN__SECRET_CODE", &admin.secret_code)
            .env("GATEWAY__CALLERS_FILE", write_callers(directory.path()))
            .env("GATEWAY__RATE_LIMIT__REQUESTS_PER_MINUTE", "0")
            .current_dir(directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the gateway starts");
        let mut printed = Printed::by(&mut process);
        let serving = timeout(PATIENCE, printed.after(r#""serving","address":""#)).await.expect("it serves in time");
        printed.ignore_the_rest();
        let mut texts = serving.split('"');
        let address = texts.next().and_then(|text| text.parse().ok()).expect("an address");
        let management = texts.nth(3).expect("an address");
        let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().expect("a client");
        let readiness = client.get(format!("http://{management}/readyz")).send().await.expect("a reply");
        assert_eq!(readiness.status(), 200);
        Self { address, process, _directory: directory }
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(&self) {
        let id = self.process.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw).expect("it runs");
        kill_process(id, Signal::TERM).expect("a signal");
    }

    /// Waits until it has ended.
    pub(crate) async fn end(mut self) -> ExitStatus {
        timeout(PATIENCE, self.process.wait()).await.expect("it ends in time").expect("its status")
    }
}
