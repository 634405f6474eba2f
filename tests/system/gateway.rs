//! The gateway in front of a simulator, in the test's own process. It is wired like the program and the demo.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use centagate_gateway::settings::{Settings, Sources};
use centagate_gateway::startup::Application;
use centagate_simulator::{Admin, Simulator};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::callers;

/// The key of the caller that has every scope.
pub(crate) const KEY: &str = "system-tests";
const DEADLINE: Duration = Duration::from_secs(20);

/// A running gateway.
pub(crate) struct Gateway {
    pub(crate) url: String,
    management: String,
    stop: oneshot::Sender<()>,
    running: JoinHandle<std::io::Result<()>>,
    _directory: TempDir,
}

impl Gateway {
    pub(crate) fn start(simulator: &Simulator, admin: &Admin) -> Self {
        Self::configured(simulator, admin, &[])
    }

    /// Starts a gateway with `changes`: environment variables and their values.
    pub(crate) fn configured(simulator: &Simulator, admin: &Admin, changes: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let callers_file = directory.path().join("callers.toml");
        let caller = callers::block("system-tests", KEY, &callers::scopes(), "");
        std::fs::write(&callers_file, caller).expect("the callers file");
        let mut variables = BTreeMap::from([
            ("GATEWAY__SERVER__PORT".into(), "0".into()),
            ("GATEWAY__MANAGEMENT__PORT".into(), "0".into()),
            ("GATEWAY__CENTAGATE__BASE_URL".into(), simulator.base_url()),
            ("GATEWAY__CENTAGATE__ADMIN__USERNAME".into(), admin.username.clone()),
            ("GATEWAY__CENTAGATE__ADMIN__AUTH_TOKEN".into(), admin.auth_token.clone()),
            ("GATEWAY__CENTAGATE__ADMIN__SECRET_CODE".into(), admin.secret_code.clone()),
            ("GATEWAY__AUDIT__SINK".into(), directory.path().join("audit.jsonl").display().to_string()),
            ("GATEWAY__CALLERS_FILE".into(), callers_file.display().to_string()),
        ]);
        variables.extend(changes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let settings = Settings::load(&Sources {
            config_dir: Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("config")),
            environment: "local".into(),
            variables,
            secrets_dir: None,
        });
        let application = Application::build(settings.expect("settings")).expect("a gateway");
        let url = format!("http://{}", application.address());
        let management = format!("http://{}", application.management_address());
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(application.run_until(async { drop(stopped.await) }));
        Self { url, management, stop, running, _directory: directory }
    }

    /// Sends a POST and returns the status.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> u16 {
        let request = client().post(format!("{}{path}", self.url)).bearer_auth(KEY);
        let request = request.header("Content-Type", "application/json").body(body.to_string());
        request.send().await.expect("a reply").status().as_u16()
    }

    /// Host and port of the management listener.
    pub(crate) fn management_host(&self) -> &str {
        self.management.trim_start_matches("http://")
    }

    /// The metrics page for this `Accept` header.
    pub(crate) async fn metrics(&self, accept: &str) -> String {
        let request = client().get(format!("{}/metrics", self.management)).header("Accept", accept);
        request.send().await.expect("a reply").text().await.expect("text")
    }

    /// The value of a sample of a metric.
    pub(crate) async fn metric(&self, name: &str) -> Option<u64> {
        let metrics = self.metrics("*/*").await;
        metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
    }

    pub(crate) async fn stop(self) {
        drop(self.stop);
        timeout(DEADLINE, self.running)
            .await
            .expect("the gateway stops within DEADLINE")
            .expect("no panic")
            .expect("no error");
    }
}

/// A valid user.
pub(crate) fn user(name: &str) -> Value {
    json!({
        "username": name, "firstName": "A", "lastName": "B", "email": format!("{name}@example.com"),
        "group": "Staff", "app": "portal",
    })
}

/// A client that opens a new connection for each request.
pub(crate) fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).timeout(DEADLINE).build().expect("a client")
}
