use crate::environment::Environment;
use crate::process::GatewayProcess;
use crate::secrets_directory::SecretsDirectory;

pub(crate) const SEAL_KEYS: &str = "store.seal_keys";
pub(crate) const REDIS_URL: &str = "redis.url";

/// A gateway whose secrets are replaced at runtime.
pub(crate) struct Replica {
    pub(crate) gateway: GatewayProcess,
    secrets: SecretsDirectory,
    changes: usize,
}

impl Replica {
    pub(crate) async fn start(environment: Environment, secrets: &[(&str, &str)]) -> Self {
        let path = environment.directory.path().join("secrets");
        let secrets = SecretsDirectory::new(&path, secrets);
        let environment = environment.set("GATEWAY_SECRETS_DIR", secrets.path()).set("GATEWAY__SECRETS__POLL_MS", "20");
        Self { gateway: environment.serve().await, secrets, changes: 0 }
    }

    /// Replaces all secrets, and waits until the gateway has applied them.
    pub(crate) async fn replace(&mut self, secrets: &[(&str, &str)]) {
        self.secrets.swap(secrets);
        self.changes += 1;
        self.gateway.wait_for_lines(self.changes, |line| line.contains("a change on disk was applied")).await;
    }
}
