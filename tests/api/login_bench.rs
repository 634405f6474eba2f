//! A CENTAGATE that requires a login, and the environment of a gateway that logs in with secret files.

use std::time::Duration;

use centagate_simulator::{Admin, Config, Login, Operation, Request, Simulator};
use serde_json::Value;

use crate::environment::Environment;
use crate::process::{GatewayProcess, json};
use crate::secrets_directory::SecretsDirectory;

/// How often the gateway polls its files, unless a test changes it.
const POLL_MS: &str = "50";

/// Simulator, environment and secret files.
pub(crate) struct LoginBench {
    pub(crate) simulator: Simulator,
    pub(crate) environment: Environment,
    pub(crate) secrets: SecretsDirectory,
    /// The credentials that CENTAGATE accepts.
    pub(crate) login: Login,
}

impl LoginBench {
    /// Starts with secret files that contain the correct credentials.
    pub(crate) async fn new() -> Self {
        Self::with("admin", |_| ()).await
    }

    /// The same bench with sessions that live for `seconds`. The gateway ignores a reported timeout below a minute, so
    /// its configured default has the same value.
    pub(crate) async fn with_sessions_of(seconds: u64) -> Self {
        let bench = Self::with("admin", |config| config.session_timeout = Duration::from_secs(seconds)).await;
        bench.set("GATEWAY__SESSION__DEFAULT_TIMEOUT_SECONDS", &seconds.to_string())
    }

    pub(crate) async fn with(username: &str, change: impl FnOnce(&mut Config)) -> Self {
        let admin = Admin { username: username.into(), auth_token: String::new(), secret_code: String::new() };
        let login = Login::fresh();
        let mut config = Config::new(admin.clone());
        config.login = Some(login.clone());
        change(&mut config);
        let simulator = Simulator::start(config).await.expect("a simulator");
        let (environment, secrets) = environment(&simulator.base_url(), &admin, &login);
        Self { simulator, environment, secrets, login }
    }

    /// Sets an environment variable.
    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        self.environment = self.environment.set(name, value);
        self
    }

    /// Starts the gateway and waits until it has logged in.
    pub(crate) async fn serve_logged_in(&self) -> GatewayProcess {
        let gateway = self.environment.serve().await;
        gateway.wait_for_line(|line| line.contains("logged in to CENTAGATE")).await;
        gateway
    }

    /// The requests of one operation, oldest first.
    pub(crate) fn requests(&self, operation: Operation) -> Vec<Request> {
        requests(&self.simulator, operation)
    }

    /// How many logins CENTAGATE received.
    pub(crate) fn attempts(&self) -> usize {
        self.requests(Operation::LogIn).len()
    }
}

/// The environment of a gateway whose admin logs in at `base_url` with secret files.
pub(crate) fn environment(base_url: &str, admin: &Admin, login: &Login) -> (Environment, SecretsDirectory) {
    let environment = Environment::new(base_url, admin)
        .unset("GATEWAY__CENTAGATE__ADMIN__AUTH_TOKEN")
        .unset("GATEWAY__CENTAGATE__ADMIN__SECRET_CODE")
        .set("GATEWAY__SECRETS__POLL_MS", POLL_MS);
    let secrets = SecretsDirectory::new(&environment.directory.path().join("secrets"), &files(login));
    (environment.set("GATEWAY_SECRETS_DIR", secrets.path()), secrets)
}

/// The secret files of a login.
pub(crate) fn files(login: &Login) -> [(&str, &str); 3] {
    [
        ("centagate.admin.password", &login.password),
        ("centagate.admin.integration_key", &login.integration_key),
        ("centagate.admin.app_secret_key", &login.app_secret_key),
    ]
}

/// The requests of one operation that a simulator received, oldest first.
pub(crate) fn requests(simulator: &Simulator, operation: Operation) -> Vec<Request> {
    simulator.requests().into_iter().filter(|request| request.operation == Some(operation)).collect()
}

/// The lines of the log at a level.
pub(crate) fn lines_at(level: &str, gateway: &GatewayProcess) -> Vec<Value> {
    gateway.lines().iter().map(|line| json(line)).filter(|line| line["level"] == level).collect()
}
