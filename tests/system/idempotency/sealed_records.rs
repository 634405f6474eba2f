//! What stands in Redis: whoever can read it learns nothing, and whoever changes it gains nothing.

use std::time::Duration;

use redis::cmd;
use tokio::time::{sleep, timeout};

use super::caller::{Create, is_replayed};
use super::house::House;
use crate::process::GatewayProcess;
use crate::redis::CANARY;
use crate::reply::Reply;

/// Sends a request that has not been sent before, and answers its reply and the names that are new in Redis.
async fn create(house: &House, gateway: &GatewayProcess, key: &str, create: &Create) -> (Reply, Vec<String>) {
    let before = house.redis.names().await;
    let reply = house.caller.create(gateway, key, create).await;
    assert_eq!((reply.status, is_replayed(&reply)), (201, false), "{}", reply.text());
    let mut names = house.redis.names().await;
    names.retain(|name| !before.contains(name));
    (reply, names)
}

/// The names of the record and of its secrets.
fn record_and_secrets(names: &[String]) -> [&str; 2] {
    let [record, secrets] = names else { panic!("two: {names:?}") };
    assert!(record.ends_with(":record") && secrets.ends_with(":secrets"), "{names:?}");
    [record, secrets]
}

#[tokio::test]
async fn nothing_that_a_request_says_can_be_read_in_redis() {
    let house = House::build().await;
    let gateway = house.gateway().await;
    let user = Create::user("planted-user");
    let (_, of_user) = create(&house, &gateway, "planted-key", &user).await;
    let (reply, of_token) = create(&house, &gateway, "planted-key", &Create::token("planted-user")).await;
    assert_eq!((of_user.len(), of_token.len()), (1, 2), "{of_user:?} {of_token:?}");
    let reply = reply.json();
    let secrets = ["passcode", "qr"].map(|member| reply[member].as_str().expect("text"));
    let words = ["planted", "everything", "Archer", "example.com", "username", "createUser", "registerOtpToken", "201"];
    for name in house.redis.names().await {
        let value = house.redis.value(&name).await;
        let left: i64 = house.redis.ask(cmd("TTL").arg(&name)).await;
        assert!((1..=86400).contains(&left), "{name} is kept for {left} s");
        let texts = [name.as_str(), &String::from_utf8_lossy(&value)].concat();
        for word in words.iter().chain(&secrets) {
            assert!(!texts.contains(word), "{word} stands in {texts:?}");
        }
    }
}

#[tokio::test]
async fn a_record_under_another_name_is_refused() {
    let house = House::build().await;
    let gateway = house.gateway().await;
    house.know(["alice", "bob"]);
    let (alice, bob) = (Create::token("alice"), Create::token("bob"));
    let (of_alice, names_of_alice) = create(&house, &gateway, "key-of-alice", &alice).await;
    let (of_bob, names_of_bob) = create(&house, &gateway, "key-of-bob", &bob).await;
    let passcode = |reply: &Reply| reply.json()["passcode"].as_str().expect("a passcode").to_owned();
    let [from_record, from_secrets] = record_and_secrets(&names_of_bob);
    let [record, secrets] = record_and_secrets(&names_of_alice);
    let own = house.redis.value(record).await;
    for (from, to) in [(from_secrets, secrets), (from_record, record), (secrets, record), (from_secrets, record)] {
        house.redis.ask::<()>(cmd("COPY").arg(from).arg(to).arg("REPLACE")).await;
        let refused = house.caller.create(&gateway, "key-of-alice", &alice).await;
        refused.problem("outcome_unknown");
        assert!(!refused.text().contains(&passcode(&of_bob)) && !refused.text().contains(&passcode(&of_alice)));
        house.redis.ask::<()>(cmd("SET").arg(record).arg(&own).arg("KEEPTTL")).await;
    }
    assert!(is_replayed(&house.caller.create(&gateway, "key-of-bob", &bob).await), "it is as it was");
    assert_eq!((house.sent("alice"), house.sent("bob")), (1, 1));
}

#[tokio::test]
async fn a_record_that_was_changed_is_refused() {
    let house = House::build().await;
    let gateway = house.gateway().await;
    let alice = Create::user("alice");
    let (told, names) = create(&house, &gateway, "key", &alice).await;
    let [name] = &names[..] else { panic!("one: {names:?}") };
    let own = house.redis.value(name).await;
    let (first, middle, last) = (0, own.len() / 2, own.len() - 1);
    let mut changed: Vec<Vec<u8>> = [first, 1, middle, last]
        .map(|at| own.iter().enumerate().map(|(n, byte)| byte ^ u8::from(n == at)).collect())
        .into();
    changed.extend([own[..middle].to_vec(), b"0".to_vec(), [&own[..], b"0"].concat()]);
    for value in changed {
        house.redis.ask::<()>(cmd("SET").arg(name).arg(value).arg("KEEPTTL")).await;
        house.caller.create(&gateway, "key", &alice).await.problem("outcome_unknown");
    }
    house.redis.ask::<()>(cmd("SET").arg(name).arg(own).arg("KEEPTTL")).await;
    let again = house.caller.create(&gateway, "key", &alice).await;
    assert_eq!((is_replayed(&again), again.body), (true, told.body));
    assert_eq!(house.sent("alice"), 1);
}

/// Repeats `create` until it is no longer replayed, and answers what comes instead.
async fn until_not_replayed(house: &House, gateway: &GatewayProcess, key: &str, create: &Create) -> Reply {
    timeout(Duration::from_secs(90), async {
        loop {
            let reply = house.caller.create(gateway, key, create).await;
            if !is_replayed(&reply) {
                return reply;
            }
            sleep(Duration::from_millis(50)).await; // as a caller pauses
        }
    })
    .await
    .expect("an end of it")
}

#[tokio::test]
async fn a_passcode_that_redis_keeps_for_too_long_is_not_told_after_its_validity() {
    let house = House::build().await;
    let gateway = house.gateway().await;
    for (user, longer) in [("alice", "PERSIST"), ("bob", "EXPIRE")] {
        house.know([user]);
        let token = Create::token_valid_for(3, user);
        let (told, names) = create(&house, &gateway, user, &token).await;
        let passcode = told.json()["passcode"].as_str().expect("a passcode").to_owned();
        for name in record_and_secrets(&names) {
            let mut command = cmd(longer);
            command.arg(name);
            if longer == "EXPIRE" {
                command.arg(1000);
            }
            assert_eq!(house.redis.ask::<i64>(&command).await, 1, "{name}");
        }
        let expired = until_not_replayed(&house, &gateway, user, &token).await;
        expired.problem("passcode_no_longer_available");
        assert!(!expired.text().contains(&passcode));
        let [_, secrets] = record_and_secrets(&names);
        assert!(!house.redis.value(secrets).await.is_empty(), "it is still there");
    }
}

#[tokio::test]
async fn a_record_that_redis_keeps_for_too_long_is_not_repeated_and_its_request_not_carried_out() {
    let house = House::build().await;
    let gateway = house.environment().set("GATEWAY__IDEMPOTENCY__TTL_SECONDS", "60").serve().await;
    let alice = Create::user("alice");
    let (_, names) = create(&house, &gateway, "key", &alice).await;
    for name in &names {
        assert_eq!(house.redis.ask::<i64>(cmd("PERSIST").arg(name)).await, 1, "{name}");
    }
    assert!(is_replayed(&house.caller.create(&gateway, "key", &alice).await));
    until_not_replayed(&house, &gateway, "key", &alice).await.problem("outcome_unknown");
    assert_eq!(house.sent("alice"), 1);
}

#[tokio::test]
async fn a_gateway_that_cannot_open_a_record_does_not_carry_it_out() {
    let house = House::build().await;
    let gateway = house.gateway().await;
    let (own, other) = ("5e".repeat(32), "77".repeat(32));
    let both = house.environment().set("GATEWAY__STORE__SEAL_KEYS", &format!("{own},{other}")).serve().await;
    house.know(["alice"]);
    let alice = Create::token("alice");
    let (told, names) = create(&house, &both, "key", &alice).await;
    assert_eq!(names.len(), 4, "a record and its secrets under a name for each key: {names:?}");
    // One that knows the other key alone finds the record under a name of its own, once its check lets it look.
    house.redis.ask::<()>(cmd("DEL").arg(CANARY)).await;
    let stranger = house.environment().set("GATEWAY__STORE__SEAL_KEYS", &other).serve().await;
    let refused = house.caller.create(&stranger, "key", &alice).await;
    refused.problem("outcome_unknown");
    let again = house.caller.create(&gateway, "key", &alice).await;
    assert_eq!((is_replayed(&again), again.body), (true, told.body));
    assert_eq!(house.sent("alice"), 1);
}
