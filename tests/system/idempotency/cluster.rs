use std::time::Duration;

use centagate_simulator::{Admin, Config, Simulator, User};

use super::caller::Caller;
use crate::environment::Environment;
use crate::process::GatewayProcess;
use crate::redis::Redis;

/// A Redis and a simulator that the gateways of a test share, and a caller.
pub(crate) struct Cluster {
    pub(crate) simulator: Simulator,
    pub(crate) redis: Redis,
    pub(crate) caller: Caller,
    admin: Admin,
}

impl Cluster {
    pub(crate) async fn start() -> Self {
        Self::with_redis(Redis::start().await).await
    }

    pub(crate) async fn with_redis(redis: Redis) -> Self {
        let admin = Admin::with_fresh_session("admin");
        let simulator = Simulator::start(Config::new(admin.clone())).await.expect("a simulator");
        Self { simulator, redis, caller: Caller::new(), admin }
    }

    /// The environment of a gateway that stores idempotency keys in Redis.
    pub(crate) fn environment(&self) -> Environment {
        self.environment_behind(&self.simulator.base_url())
    }

    /// The same environment with CENTAGATE at `base_url`.
    pub(crate) fn environment_behind(&self, base_url: &str) -> Environment {
        Environment::new(base_url, &self.admin)
            .set("GATEWAY__SERVER__WORKERS", "2")
            .set("GATEWAY__IDEMPOTENCY__STORE", "redis")
            .set("GATEWAY__REDIS__URL", &self.redis.url())
            .set("GATEWAY__REDIS__TIMEOUT_MS", "5000") // long enough for a busy machine
            .set("GATEWAY__STORE__SEAL_KEYS", &"5e".repeat(32))
    }

    pub(crate) async fn gateway(&self) -> GatewayProcess {
        self.environment().serve().await
    }

    /// Adds users to CENTAGATE.
    pub(crate) fn add_users<'a>(&self, usernames: impl IntoIterator<Item = &'a str>) {
        for username in usernames {
            self.simulator.add_user(User::new(username));
        }
    }

    /// How many calls about this user CENTAGATE received.
    pub(crate) fn calls_for(&self, username: &str) -> usize {
        self.simulator.requests().iter().filter(|request| request.member("username") == Some(username)).count()
    }
}

/// The time from the arrival of a request to the end of its lease, with the deadlines of [`Hurried`].
pub(crate) const LEASE: Duration = Duration::from_secs(3 + 5);

/// Deadlines that are short enough for a test to wait until a lease expires.
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
