//! Records in Redis. A reader of Redis learns nothing from them, and a writer gains nothing by changing them.

use std::time::Duration;

use redis::cmd;
use tokio::time::{sleep, timeout};

use super::caller::{Create, is_replayed};
use super::cluster::Cluster;
use crate::process::GatewayProcess;
use crate::redis::CANARY;
use crate::reply::Reply;

/// Sends a new request. Returns its reply and the names that it added to Redis.
async fn create(cluster: &Cluster, gateway: &GatewayProcess, key: &str, create: &Create) -> (Reply, Vec<String>) {
    let before = cluster.redis.names().await;
    let reply = cluster.caller.create(gateway, key, create).await;
    assert_eq!((reply.status, is_replayed(&reply)), (201, false), "{}", reply.text());
    let mut names = cluster.redis.names().await;
    names.retain(|name| !before.contains(name));
    (reply, names)
}

/// The names of the record and of its secrets.
fn record_and_secrets(names: &[String]) -> [&str; 2] {
    let [record, secrets] = names else { panic!("a record and its secrets: {names:?}") };
    assert!(record.ends_with(":record") && secrets.ends_with(":secrets"), "{names:?}");
    [record, secrets]
}

#[tokio::test]
async fn redis_contains_no_readable_part_of_a_request() {
    let cluster = Cluster::start().await;
    let gateway = cluster.gateway().await;
    let user = Create::user("planted-user");
    let (_, of_user) = create(&cluster, &gateway, "planted-key", &user).await;
    let (reply, of_token) = create(&cluster, &gateway, "planted-key", &Create::token("planted-user")).await;
    assert_eq!((of_user.len(), of_token.len()), (1, 2), "{of_user:?} {of_token:?}");
    let reply = reply.json();
    let secrets = ["passcode", "qr"].map(|member| reply[member].as_str().expect("text"));
    let words = ["planted", "everything", "Archer", "example.com", "username", "createUser", "registerOtpToken", "201"];
    for name in cluster.redis.names().await {
        let value = cluster.redis.value(&name).await;
        let left: i64 = cluster.redis.ask(cmd("TTL").arg(&name)).await;
        assert!((1..=86400).contains(&left), "{name} is kept for {left} s");
        let texts = [name.as_str(), &String::from_utf8_lossy(&value)].concat();
        for word in words.iter().chain(&secrets) {
            assert!(!texts.contains(word), "{word} appears in {texts:?}");
        }
    }
}

#[tokio::test]
async fn a_record_copied_to_another_name_gets_outcome_unknown() {
    let cluster = Cluster::start().await;
    let gateway = cluster.gateway().await;
    cluster.add_users(["alice", "bob"]);
    let (alice, bob) = (Create::token("alice"), Create::token("bob"));
    let (of_alice, names_of_alice) = create(&cluster, &gateway, "key-of-alice", &alice).await;
    let (of_bob, names_of_bob) = create(&cluster, &gateway, "key-of-bob", &bob).await;
    let passcode = |reply: &Reply| reply.json()["passcode"].as_str().expect("a passcode").to_owned();
    let [from_record, from_secrets] = record_and_secrets(&names_of_bob);
    let [record, secrets] = record_and_secrets(&names_of_alice);
    let own = cluster.redis.value(record).await;
    for (from, to) in [(from_secrets, secrets), (from_record, record), (secrets, record), (from_secrets, record)] {
        cluster.redis.ask::<()>(cmd("COPY").arg(from).arg(to).arg("REPLACE")).await;
        let refused = cluster.caller.create(&gateway, "key-of-alice", &alice).await;
        refused.problem("outcome_unknown");
        assert!(!refused.text().contains(&passcode(&of_bob)) && !refused.text().contains(&passcode(&of_alice)));
        cluster.redis.ask::<()>(cmd("SET").arg(record).arg(&own).arg("KEEPTTL")).await;
    }
    assert!(is_replayed(&cluster.caller.create(&gateway, "key-of-bob", &bob).await), "the record of bob is unchanged");
    assert_eq!((cluster.calls_for("alice"), cluster.calls_for("bob")), (1, 1));
}

#[tokio::test]
async fn a_changed_record_gets_outcome_unknown() {
    let cluster = Cluster::start().await;
    let gateway = cluster.gateway().await;
    let alice = Create::user("alice");
    let (stored, names) = create(&cluster, &gateway, "key", &alice).await;
    let [name] = &names[..] else { panic!("one record: {names:?}") };
    let own = cluster.redis.value(name).await;
    let (first, middle, last) = (0, own.len() / 2, own.len() - 1);
    let mut changed: Vec<Vec<u8>> = [first, 1, middle, last]
        .map(|at| own.iter().enumerate().map(|(n, byte)| byte ^ u8::from(n == at)).collect())
        .into();
    changed.extend([own[..middle].to_vec(), b"0".to_vec(), [&own[..], b"0"].concat()]);
    for value in changed {
        cluster.redis.ask::<()>(cmd("SET").arg(name).arg(value).arg("KEEPTTL")).await;
        cluster.caller.create(&gateway, "key", &alice).await.problem("outcome_unknown");
    }
    cluster.redis.ask::<()>(cmd("SET").arg(name).arg(own).arg("KEEPTTL")).await;
    let retried = cluster.caller.create(&gateway, "key", &alice).await;
    assert_eq!((is_replayed(&retried), retried.body), (true, stored.body));
    assert_eq!(cluster.calls_for("alice"), 1);
}

/// Retries `create` until the reply is not a stored one, and returns that reply.
async fn retry_until_not_replayed(cluster: &Cluster, gateway: &GatewayProcess, key: &str, create: &Create) -> Reply {
    timeout(Duration::from_secs(90), async {
        loop {
            let reply = cluster.caller.create(gateway, key, create).await;
            if !is_replayed(&reply) {
                return reply;
            }
            sleep(Duration::from_millis(50)).await; // pause between retries
        }
    })
    .await
    .expect("the record expires")
}

#[tokio::test]
async fn a_passcode_that_redis_keeps_too_long_is_not_replayed_after_its_validity() {
    let cluster = Cluster::start().await;
    let gateway = cluster.gateway().await;
    for (user, longer) in [("alice", "PERSIST"), ("bob", "EXPIRE")] {
        cluster.add_users([user]);
        let token = Create::token_valid_for(3, user);
        let (first, names) = create(&cluster, &gateway, user, &token).await;
        let passcode = first.json()["passcode"].as_str().expect("a passcode").to_owned();
        for name in record_and_secrets(&names) {
            let mut command = cmd(longer);
            command.arg(name);
            if longer == "EXPIRE" {
                command.arg(1000);
            }
            assert_eq!(cluster.redis.ask::<i64>(&command).await, 1, "{name}");
        }
        let expired = retry_until_not_replayed(&cluster, &gateway, user, &token).await;
        expired.problem("passcode_no_longer_available");
        assert!(!expired.text().contains(&passcode));
        let [_, secrets] = record_and_secrets(&names);
        assert!(!cluster.redis.value(secrets).await.is_empty(), "Redis still has the secrets");
    }
}

#[tokio::test]
async fn a_record_that_redis_keeps_too_long_is_not_replayed_and_its_request_is_not_executed() {
    let cluster = Cluster::start().await;
    let gateway = cluster.environment().set("GATEWAY__IDEMPOTENCY__TTL_SECONDS", "60").serve().await;
    let alice = Create::user("alice");
    let (_, names) = create(&cluster, &gateway, "key", &alice).await;
    for name in &names {
        assert_eq!(cluster.redis.ask::<i64>(cmd("PERSIST").arg(name)).await, 1, "{name}");
    }
    assert!(is_replayed(&cluster.caller.create(&gateway, "key", &alice).await));
    retry_until_not_replayed(&cluster, &gateway, "key", &alice).await.problem("outcome_unknown");
    assert_eq!(cluster.calls_for("alice"), 1);
}

#[tokio::test]
async fn a_gateway_that_cannot_open_a_record_does_not_execute_its_request() {
    let cluster = Cluster::start().await;
    let gateway = cluster.gateway().await;
    let (own, other) = ("5e".repeat(32), "77".repeat(32));
    let both = cluster.environment().set("GATEWAY__STORE__SEAL_KEYS", &format!("{own},{other}")).serve().await;
    cluster.add_users(["alice"]);
    let alice = Create::token("alice");
    let (first, names) = create(&cluster, &both, "key", &alice).await;
    assert_eq!(names.len(), 4, "a record and its secrets under a name for each key: {names:?}");
    // A gateway that knows only the other key finds the record under the other name. Without the canary, its store
    // check passes.
    cluster.redis.ask::<()>(cmd("DEL").arg(CANARY)).await;
    let mismatched = cluster.environment().set("GATEWAY__STORE__SEAL_KEYS", &other).serve().await;
    let refused = cluster.caller.create(&mismatched, "key", &alice).await;
    refused.problem("outcome_unknown");
    let retried = cluster.caller.create(&gateway, "key", &alice).await;
    assert_eq!((is_replayed(&retried), retried.body), (true, first.body));
    assert_eq!(cluster.calls_for("alice"), 1);
}
