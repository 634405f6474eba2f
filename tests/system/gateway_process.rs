//! The gateway as a process of its own, so that what it uses of the system is not what the test uses.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use centagate_simulator::{Admin, Simulator};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::gateway::{client, sample, variables};
use crate::printed::Printed;

/// A running gateway. Dropping it ends it.
pub(crate) struct GatewayProcess {
    pub(crate) url: String,
    management: String,
    client: reqwest::Client,
    _process: Child,
    _directory: TempDir,
}

impl GatewayProcess {
    /// Starts it with `changes`: variables and their values.
    pub(crate) async fn start(simulator: &Simulator, admin: &Admin, changes: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let mut process = Command::new(env!("CARGO_BIN_EXE_centagate-gateway"))
            .current_dir(directory.path())
            .env_clear()
            .envs(variables(directory.path(), simulator, admin, changes))
            .env("GATEWAY_CONFIG_DIR", Path::new(env!("CARGO_MANIFEST_DIR")).join("config"))
            .env("GATEWAY_ENVIRONMENT", "local")
            .env("GATEWAY__TELEMETRY__LOG_FORMAT", "json")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the gateway starts");
        let mut printed = Printed::by(&mut process);
        let serving = timeout(Duration::from_secs(20), printed.after("\"serving\",\"address\":\"")).await;
        printed.ignore_the_rest();
        // {address}","management":"{address}","workers":…
        let serving = serving.expect("it serves in time");
        let addresses: Vec<_> = serving.split('"').step_by(4).take(2).collect();
        let [address, management] = addresses[..] else { panic!("{serving}") };
        Self {
            url: format!("http://{address}"),
            management: format!("http://{management}"),
            client: client(),
            _process: process,
            _directory: directory,
        }
    }

    /// The values of samples of metrics, all of one moment.
    pub(crate) async fn metrics<const N: usize>(&self, names: [&str; N]) -> [u64; N] {
        let reply = self.client.get(format!("{}/metrics", self.management)).send().await.expect("a reply");
        let metrics = reply.text().await.expect("text");
        names.map(|name| sample(&metrics, name).unwrap_or_else(|| panic!("no {name}")))
    }
}
