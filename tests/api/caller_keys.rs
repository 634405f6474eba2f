//! Caller keys: creation, replacement, expiry and revocation.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::time::timeout;

use crate::callers;
use crate::environment::Environment;
use crate::gateway::user;
use crate::new_caller_key;
use crate::process::GatewayProcess;
use crate::raw;
use crate::reply::Reply;

/// How often the gateway polls the callers file.
const POLL: Duration = Duration::from_millis(200);

async fn serve(environment: Environment) -> (Environment, GatewayProcess) {
    let environment = environment.set("GATEWAY__SECRETS__POLL_MS", &POLL.as_millis().to_string());
    let gateway = environment.serve().await;
    (environment, gateway)
}

async fn post(gateway: &GatewayProcess, key: &str) -> Reply {
    let headers = format!("Authorization: Bearer {key}\r\nContent-Type: application/json\r\n");
    let body = user("someone").to_string();
    raw::exchange(gateway.address, &raw::post("/users", &headers, body.as_bytes())).await
}

async fn is_known(gateway: &GatewayProcess, key: &str) -> bool {
    let reply = post(gateway, key).await;
    assert!(matches!(reply.status, 201 | 401 | 409), "{}", reply.text());
    reply.status != 401
}

/// Waits until `key` is accepted or refused. Returns how long that took.
async fn wait_until(gateway: &GatewayProcess, key: &str, known: bool) -> Duration {
    let start = Instant::now();
    let changed = timeout(Duration::from_secs(10), async {
        while is_known(gateway, key).await != known {
            tokio::time::sleep(Duration::from_millis(5)).await; // poll interval
        }
    });
    changed.await.expect("the change is applied within the timeout");
    start.elapsed()
}

fn shop(key: &str) -> String {
    callers::block("shop", key, &["users:create"], "")
}

#[test]
fn a_new_key_has_a_prefix_and_256_random_bits_and_only_its_hash_is_stored() {
    let environment = Environment::without_centagate();
    let mut keys = BTreeSet::new();
    for _ in 0..20 {
        let run = environment.run(&["new-caller-key", "--name", "shop", "--scope", "users:create"]);
        let key = new_caller_key::key(&run);
        let digits = key.strip_prefix("cgw_").unwrap();
        assert_eq!(digits.len(), 64, "{key}");
        assert!(digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{key}");
        let hash = format!("key_sha256 = \"{}\"", hex::encode(Sha256::digest(&key)));
        assert!(run.stdout.lines().any(|line| line == hash), "{}", run.stdout);
        keys.insert(key);
    }
    assert_eq!(keys.len(), 20, "no key is made twice");
}

#[tokio::test]
async fn a_second_block_adds_a_key_and_removing_the_first_revokes_the_old_key_within_two_polls() {
    let (environment, _simulator) = Environment::with_simulator().await;
    environment.write("callers.toml", shop("old"));
    let (environment, gateway) = serve(environment).await;
    assert!(is_known(&gateway, "old").await && !is_known(&gateway, "new").await);

    environment.write("callers.toml", shop("old") + &shop("new"));
    wait_until(&gateway, "new", true).await;
    assert!(is_known(&gateway, "old").await, "both keys work during the change");

    environment.write("callers.toml", shop("new"));
    let taken = wait_until(&gateway, "old", false).await;
    // Two polls, and an allowance for a busy machine.
    assert!(taken < 2 * POLL + Duration::from_secs(1), "{taken:?}");
    assert!(is_known(&gateway, "new").await);
}

#[tokio::test]
async fn a_key_expires_without_a_change_on_disk() {
    let (environment, _simulator) = Environment::with_simulator().await;
    let end = jiff::Timestamp::now() + Duration::from_millis(1500);
    environment.write(
        "callers.toml",
        shop("stays") + &shop("ends").replace("scopes", &format!("expires_at = \"{end}\"\nscopes")),
    );
    let (_environment, gateway) = serve(environment).await;
    assert_eq!(is_known(&gateway, "ends").await, jiff::Timestamp::now() < end);
    wait_until(&gateway, "ends", false).await;
    assert!(jiff::Timestamp::now() >= end && is_known(&gateway, "stays").await);
}

#[tokio::test]
async fn unknown_wrong_expired_revoked_and_missing_keys_get_the_same_reply() {
    let (environment, simulator) = Environment::with_simulator().await;
    let expired = shop("expired").replace("scopes", "expires_at = 2020-01-01\nscopes");
    environment.write("callers.toml", shop("key") + &shop("revoked") + &expired);
    let (environment, gateway) = serve(environment).await;
    assert!(is_known(&gateway, "revoked").await);
    environment.write("callers.toml", shop("key") + &expired);
    wait_until(&gateway, "revoked", false).await;
    let before = simulator.requests().len();
    let mut looks = BTreeSet::new();
    for key in ["unknown", "ke", "keyx", "KEY", "expired", "revoked", "", &format!("cgw_{}", "0".repeat(64))] {
        let reply = post(&gateway, key).await;
        let mut problem = reply.problem("unauthenticated");
        problem["requestId"] = json!("");
        let mut headers: Vec<_> = reply.headers.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
        headers.retain(|(name, _)| !matches!(name.as_str(), "x-request-id" | "date"));
        headers.sort();
        looks.insert(format!("{} {headers:?} {problem}", reply.status));
    }
    assert_eq!(looks.len(), 1, "{looks:#?}");
    assert_eq!(simulator.requests().len(), before);
}
