use std::time::Duration;

use centagate_simulator::{Admin, Config, Simulator, User};

use super::caller::Caller;
use crate::process::{Environment, GatewayProcess};
use crate::redis::Redis;

/// What the gateways of a test share, and a caller.
pub(crate) struct House {
    pub(crate) simulator: Simulator,
    pub(crate) redis: Redis,
    pub(crate) caller: Caller,
    admin: Admin,
}

impl House {
    pub(crate) async fn build() -> Self {
        Self::around(Redis::start().await).await
    }

    pub(crate) async fn around(redis: Redis) -> Self {
        let admin = Admin::with_fresh_session("admin");
        let simulator = Simulator::start(Config::new(admin.clone())).await.expect("a simulator");
        Self { simulator, redis, caller: Caller::new(), admin }
    }

    /// For a gateway that remembers keys in Redis.
    pub(crate) fn environment(&self) -> Environment {
        self.environment_behind(&self.simulator.base_url())
    }

    /// The same with CENTAGATE at `base_url`.
    pub(crate) fn environment_behind(&self, base_url: &str) -> Environment {
        Environment::new(base_url, &self.admin)
            .set("GATEWAY__SERVER__WORKERS", "2")
            .set("GATEWAY__IDEMPOTENCY__STORE", "redis")
            .set("GATEWAY__REDIS__URL", &self.redis.url())
            .set("GATEWAY__REDIS__TIMEOUT_MS", "5000") // busy machines are no subject of most tests
            .set("GATEWAY__STORE__SEAL_KEYS", &"5e".repeat(32))
    }

    pub(crate) async fn gateway(&self) -> GatewayProcess {
        self.environment().serve().await
    }

    /// Makes CENTAGATE know these users.
    pub(crate) fn know<'a>(&self, usernames: impl IntoIterator<Item = &'a str>) {
        for username in usernames {
            self.simulator.add_user(User::new(username));
        }
    }

    /// How often CENTAGATE was sent something about that user.
    pub(crate) fn sent(&self, username: &str) -> usize {
        self.simulator.requests().iter().filter(|request| request.member("username") == Some(username)).count()
    }
}

/// From the arrival of a request to the end of its lease, where deadlines are [`Hurried`].
pub(crate) const LEASE: Duration = Duration::from_secs(3 + 5);

/// Deadlines so short that a test can wait for the end of a lease.
pub(crate) trait Hurried {
    fn hurried(self) -> Self;
}

impl Hurried for Environment {
    fn hurried(self) -> Self {
        self.set("GATEWAY__CENTAGATE__CONNECT_TIMEOUT_MS", "400")
            .set("GATEWAY__CENTAGATE__REQUEST_TIMEOUT_MS", "1500")
            .set("GATEWAY__SERVER__REQUEST_TIMEOUT_MS", "3000")
    }
}
