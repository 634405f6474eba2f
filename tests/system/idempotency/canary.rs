//! The check of the store: a sealed entry that all replicas share.

use std::time::Duration;

use redis::cmd;
use tokio::time::{sleep, timeout};

use super::caller::{Create, is_replayed};
use super::house::House;
use super::replica::{Replica, SEAL_KEYS};
use crate::process::{GatewayProcess, sample};
use crate::redis::CANARY;

const FAILED: &str = "gateway_store_check_failed";
const LOST: &str = "gateway_store_canary_lost_total";
const EXPIRY_CHANGED: &str = "gateway_store_canary_expiry_changed_total";

/// The store is checked every minute.
const OVER_A_MINUTE: Duration = Duration::from_secs(90);

async fn value_of(gateway: &GatewayProcess, name: &str) -> u64 {
    sample(&gateway.manage("/metrics").await.1, name)
}

async fn wait_for(gateway: &GatewayProcess, name: &str, value: u64) {
    let reached = timeout(OVER_A_MINUTE, async {
        while value_of(gateway, name).await != value {
            sleep(Duration::from_millis(50)).await; // between two looks
        }
    });
    reached.await.unwrap_or_else(|_| panic!("{name} is not {value}: {:?}", gateway.lines()));
}

/// Requests with a key are refused and all others are served; the reasons of readiness say what is the matter. The status of
/// `/readyz` depends on whether the process has ever worked.
async fn refuses_keys_alone(house: &House, gateway: &GatewayProcess, name: &str, reason: &str, ready: u16) {
    let refused = house.caller.create(gateway, name, &Create::user(name)).await;
    assert_eq!(refused.problem("idempotency_unavailable")["outcome"], "notExecuted");
    assert_eq!(house.sent(name), 0);
    assert_eq!(house.caller.create(gateway, None, &Create::user(name)).await.status, 201);
    let (status, reasons) = gateway.manage("/readyz?verbose").await;
    assert_eq!(status, ready, "{reasons}");
    let line = reasons.lines().find(|line| line.starts_with("idempotency store check: failed"));
    assert!(line.is_some_and(|line| line.contains(reason)), "{reasons}");
    assert_eq!(value_of(gateway, FAILED).await, 1);
    let told = gateway.wait_for_line(|line| line.contains("the check of the idempotency store failed")).await;
    assert!(told.contains(reason), "{told}");
}

#[tokio::test]
async fn a_replica_with_other_seal_keys_takes_no_keys_until_it_has_the_same() {
    let house = House::build().await;
    let (own, other) = ("5e".repeat(32), "77".repeat(32));
    let gateway = house.gateway().await;
    let alice = Create::user("alice");
    assert_eq!(house.caller.create(&gateway, "alice", &alice).await.status, 201);
    let mut stranger = Replica::start(house.environment(), &[(SEAL_KEYS, &other)]).await;
    refuses_keys_alone(&house, &stranger.gateway, "bob", "store.seal_keys", 503).await;
    let refused = house.caller.create(&stranger.gateway, "alice", &alice).await;
    refused.problem("idempotency_unavailable");
    assert_eq!(house.sent("alice"), 1);
    assert_eq!(
        house.caller.create(&gateway, "carol", &Create::user("carol")).await.status,
        201,
        "the first one goes on"
    );
    stranger.replace(&[(SEAL_KEYS, &format!("{own},{other}"))]).await;
    assert!(is_replayed(&house.caller.create(&stranger.gateway, "alice", &alice).await));
    assert_eq!(value_of(&stranger.gateway, FAILED).await, 0);
    stranger.gateway.wait_for_line(|line| line.contains("the check of the idempotency store passed")).await;
    let told = stranger.gateway.lines().into_iter().filter(|line| line.contains("idempotency store failed")).count();
    assert_eq!(told, 1, "once per change");
}

#[tokio::test]
async fn a_redis_that_may_evict_from_now_on_takes_no_keys_until_it_may_not() {
    let house = House::build().await;
    let gateway = house.gateway().await;
    let policy = async |policy: &str| {
        house.redis.ask::<()>(cmd("CONFIG").arg("SET").arg("maxmemory-policy").arg(policy)).await;
    };
    assert_eq!(house.caller.create(&gateway, "alice", &Create::user("alice")).await.status, 201);
    policy("allkeys-lru").await;
    wait_for(&gateway, FAILED, 1).await;
    refuses_keys_alone(&house, &gateway, "bob", "maxmemory-policy", 200).await;
    assert_eq!(value_of(&gateway, LOST).await, 0);
    house.redis.ask::<()>(cmd("DEL").arg(CANARY)).await; // as if it had been evicted meanwhile
    policy("noeviction").await;
    wait_for(&gateway, FAILED, 0).await;
    assert_eq!(value_of(&gateway, LOST).await, 1);
    gateway.wait_for_line(|line| line.contains("keys may be lost, too")).await;
    assert!(is_replayed(&house.caller.create(&gateway, "alice", &Create::user("alice")).await));
}

#[tokio::test]
async fn a_canary_without_its_expiry_is_counted_and_gets_it_back() {
    let house = House::build().await;
    let first = house.gateway().await;
    assert_eq!(house.caller.create(&first, "alice", &Create::user("alice")).await.status, 201);
    assert_eq!(house.redis.ask::<i64>(cmd("PERSIST").arg(CANARY)).await, 1);
    let second = house.gateway().await;
    wait_for(&second, EXPIRY_CHANGED, 1).await;
    assert!(is_replayed(&house.caller.create(&second, "alice", &Create::user("alice")).await));
    assert!(house.redis.ask::<i64>(cmd("TTL").arg(CANARY)).await > 0);
    assert_eq!((value_of(&first, LOST).await, value_of(&second, LOST).await), (0, 0));
}
