//! The store check: a sealed entry (the canary) that all replicas share.

use std::time::Duration;

use redis::cmd;
use tokio::time::{sleep, timeout};

use super::caller::{Create, is_replayed};
use super::cluster::Cluster;
use super::replica::{Replica, SEAL_KEYS};
use crate::process::{GatewayProcess, sample};
use crate::redis::CANARY;

const FAILED: &str = "gateway_store_check_failed";
const LOST: &str = "gateway_store_canary_lost_total";
const EXPIRY_CHANGED: &str = "gateway_store_canary_expiry_changed_total";

/// Longer than the interval of the store check, which is one minute.
const OVER_A_MINUTE: Duration = Duration::from_secs(90);

async fn metric(gateway: &GatewayProcess, name: &str) -> u64 {
    sample(&gateway.manage("/metrics").await.1, name)
}

async fn wait_for_metric(gateway: &GatewayProcess, name: &str, value: u64) {
    let reached = timeout(OVER_A_MINUTE, async {
        while metric(gateway, name).await != value {
            sleep(Duration::from_millis(50)).await; // poll interval
        }
    });
    reached.await.unwrap_or_else(|_| panic!("{name} is not {value}: {:?}", gateway.lines()));
}

/// Checks that requests with a key are refused, that others succeed, and that `/readyz?verbose` gives the reason. The
/// status of `/readyz` depends on whether the process has ever worked.
async fn expect_only_keys_refused(cluster: &Cluster, gateway: &GatewayProcess, name: &str, reason: &str, ready: u16) {
    let refused = cluster.caller.create(gateway, name, &Create::user(name)).await;
    assert_eq!(refused.problem("idempotency_unavailable")["outcome"], "notExecuted");
    assert_eq!(cluster.calls_for(name), 0);
    assert_eq!(cluster.caller.create(gateway, None, &Create::user(name)).await.status, 201);
    let (status, reasons) = gateway.manage("/readyz?verbose").await;
    assert_eq!(status, ready, "{reasons}");
    let line = reasons.lines().find(|line| line.starts_with("idempotency store check: failed"));
    assert!(line.is_some_and(|line| line.contains(reason)), "{reasons}");
    assert_eq!(metric(gateway, FAILED).await, 1);
    let line = gateway.wait_for_line(|line| line.contains("the check of the idempotency store failed")).await;
    assert!(line.contains(reason), "{line}");
}

#[tokio::test]
async fn a_replica_with_different_seal_keys_refuses_idempotency_keys_until_they_match() {
    let cluster = Cluster::start().await;
    let (own, other) = ("5e".repeat(32), "77".repeat(32));
    let gateway = cluster.gateway().await;
    let alice = Create::user("alice");
    assert_eq!(cluster.caller.create(&gateway, "alice", &alice).await.status, 201);
    let mut mismatched = Replica::start(cluster.environment(), &[(SEAL_KEYS, &other)]).await;
    expect_only_keys_refused(&cluster, &mismatched.gateway, "bob", "store.seal_keys", 503).await;
    let refused = cluster.caller.create(&mismatched.gateway, "alice", &alice).await;
    refused.problem("idempotency_unavailable");
    assert_eq!(cluster.calls_for("alice"), 1);
    assert_eq!(
        cluster.caller.create(&gateway, "carol", &Create::user("carol")).await.status,
        201,
        "the other replica still accepts keys"
    );
    mismatched.replace(&[(SEAL_KEYS, &format!("{own},{other}"))]).await;
    assert!(is_replayed(&cluster.caller.create(&mismatched.gateway, "alice", &alice).await));
    assert_eq!(metric(&mismatched.gateway, FAILED).await, 0);
    mismatched.gateway.wait_for_line(|line| line.contains("the check of the idempotency store passed")).await;
    let lines = mismatched.gateway.lines().into_iter().filter(|line| line.contains("idempotency store failed")).count();
    assert_eq!(lines, 1, "one log line per change");
}

#[tokio::test]
async fn a_redis_that_starts_to_evict_makes_the_gateway_refuse_keys_until_it_stops() {
    let cluster = Cluster::start().await;
    let gateway = cluster.gateway().await;
    let policy = async |policy: &str| {
        cluster.redis.ask::<()>(cmd("CONFIG").arg("SET").arg("maxmemory-policy").arg(policy)).await;
    };
    assert_eq!(cluster.caller.create(&gateway, "alice", &Create::user("alice")).await.status, 201);
    policy("allkeys-lru").await;
    wait_for_metric(&gateway, FAILED, 1).await;
    expect_only_keys_refused(&cluster, &gateway, "bob", "maxmemory-policy", 200).await;
    assert_eq!(metric(&gateway, LOST).await, 0);
    cluster.redis.ask::<()>(cmd("DEL").arg(CANARY)).await; // as if Redis had evicted the canary
    policy("noeviction").await;
    wait_for_metric(&gateway, FAILED, 0).await;
    assert_eq!(metric(&gateway, LOST).await, 1);
    gateway.wait_for_line(|line| line.contains("keys may be lost, too")).await;
    assert!(is_replayed(&cluster.caller.create(&gateway, "alice", &Create::user("alice")).await));
}

#[tokio::test]
async fn a_canary_that_lost_its_expiry_is_counted_and_gets_a_new_one() {
    let cluster = Cluster::start().await;
    let first = cluster.gateway().await;
    assert_eq!(cluster.caller.create(&first, "alice", &Create::user("alice")).await.status, 201);
    assert_eq!(cluster.redis.ask::<i64>(cmd("PERSIST").arg(CANARY)).await, 1);
    let second = cluster.gateway().await;
    wait_for_metric(&second, EXPIRY_CHANGED, 1).await;
    assert!(is_replayed(&cluster.caller.create(&second, "alice", &Create::user("alice")).await));
    assert!(cluster.redis.ask::<i64>(cmd("TTL").arg(CANARY)).await > 0);
    assert_eq!((metric(&first, LOST).await, metric(&second, LOST).await), (0, 0));
}
