//! A Redis that goes away, hangs, and comes back.

use std::time::Duration;

use centagate_simulator::{Behaviour, Gate, Instruction, Operation, User};
use tokio::time::{Instant, timeout};

use super::caller::{Create, is_replayed};
use super::house::House;
use crate::process::{Environment, GatewayProcess, PATIENCE, sample};
use crate::redis::{Options, Redis};
use crate::reply::Reply;

/// `redis.timeout_ms` where a test waits for it.
const TIMEOUT: Duration = Duration::from_millis(300);

/// For how long a reply may wait for Redis in vain, at its end or at its start; and for how much longer on a busy machine.
const PATIENCE_AT_THE_END: Duration = Duration::from_secs(1);
const SLACK: Duration = Duration::from_secs(2);

const AWAY: &str = "gateway_store_unavailable";
const NOT_RECORDED: &str = "gateway_idempotency_not_recorded_total";

fn impatient(house: &House) -> Environment {
    house.environment().set("GATEWAY__REDIS__TIMEOUT_MS", &TIMEOUT.as_millis().to_string())
}

async fn value_of(gateway: &GatewayProcess, name: &str) -> u64 {
    sample(&gateway.manage("/metrics").await.1, name)
}

/// Sends a request for a token, does `meanwhile` when it has been executed and CENTAGATE has not answered yet, and answers
/// the reply and how long it took from then on.
async fn during(
    House { simulator, redis, caller, .. }: &mut House,
    gateway: &GatewayProcess,
    meanwhile: impl AsyncFnOnce(&mut Redis),
) -> (Reply, Duration) {
    let (gate, bob) = (Gate::new(), Create::token("bob"));
    simulator.add_user(User::new("bob"));
    simulator.instruct(Instruction::once(Operation::RegisterOtpToken, Behaviour::Hold(gate.clone())));
    let answered = caller.create(gateway, "key-of-bob", &bob);
    let held = async {
        timeout(PATIENCE, gate.entered()).await.expect("CENTAGATE is reached");
        meanwhile(redis).await;
        gate.open();
        Instant::now()
    };
    let (reply, opened) = tokio::join!(answered, held);
    (reply, opened.elapsed())
}

/// Requests with a key are refused in time and not sent; all others are served.
async fn refuses_keys_alone(house: &House, gateway: &GatewayProcess, names: [&str; 2]) {
    let sent = house.simulator.requests().len();
    let started = Instant::now();
    let refused = house.caller.create(gateway, names[0], &Create::user(names[0])).await;
    let waited = started.elapsed();
    refused.problem("idempotency_unavailable");
    assert!(waited < TIMEOUT + SLACK, "{waited:?}");
    assert_eq!(house.simulator.requests().len(), sent, "nothing was sent");
    assert_eq!(house.caller.create(gateway, None, &Create::user(names[1])).await.status, 201);
    assert_eq!(value_of(gateway, AWAY).await, 1);
}

/// Requests with a key are served as if nothing had been.
async fn serves_keys(house: &House, gateway: &GatewayProcess, name: &str) {
    for replayed in [false, true] {
        let reply = house.caller.create(gateway, name, &Create::user(name)).await;
        assert_eq!((reply.status, is_replayed(&reply)), (201, replayed), "{}", reply.text());
    }
    assert_eq!(value_of(gateway, AWAY).await, 0);
}

#[tokio::test]
async fn a_redis_that_is_killed_within_a_request_costs_its_memory_and_not_its_reply() {
    let mut house = House::build().await;
    let gateway = impatient(&house).serve().await;
    assert_eq!((value_of(&gateway, AWAY).await, value_of(&gateway, NOT_RECORDED).await), (0, 0));
    let (reply, waited) = during(&mut house, &gateway, async |redis| redis.kill().await).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    assert_eq!(reply.json()["passcode"].as_str(), house.simulator.last_passcode("bob").as_deref());
    assert!(waited < PATIENCE_AT_THE_END + SLACK, "{waited:?}");
    assert_eq!(value_of(&gateway, NOT_RECORDED).await, 1);
    gateway
        .wait_for_line(|line| line.contains("the outcome of a request with an Idempotency-Key could not be stored"))
        .await;

    refuses_keys_alone(&house, &gateway, ["alice", "carol"]).await;
    gateway.wait_for_line(|line| line.contains("the idempotency store cannot be used")).await;
    house.redis.restart().await;
    serves_keys(&house, &gateway, "alice").await;
    gateway.wait_for_line(|line| line.contains("the idempotency store can be used again")).await;
    assert_eq!(value_of(&gateway, NOT_RECORDED).await, 1);
}

#[tokio::test]
async fn a_redis_that_hangs_holds_nobody_up() {
    let mut house = House::build().await;
    let gateway = impatient(&house).serve().await;
    let (reply, waited) = during(&mut house, &gateway, async |redis| redis.suspend()).await;
    assert_eq!(reply.json()["passcode"].as_str(), house.simulator.last_passcode("bob").as_deref());
    assert!(waited < PATIENCE_AT_THE_END + SLACK, "{waited:?}");
    assert_eq!(value_of(&gateway, NOT_RECORDED).await, 1);
    refuses_keys_alone(&house, &gateway, ["alice", "carol"]).await;
    house.redis.resume();
    serves_keys(&house, &gateway, "dave").await;
    // Redis has read what was written to it while it hung; what was refused then was not sent, and is not sent twice now.
    let (alice, bob) = (Create::user("alice"), Create::token("bob"));
    assert_eq!(house.caller.settle(&gateway, "alice", &alice).await.status, 201);
    assert!(matches!(house.caller.settle(&gateway, "key-of-bob", &bob).await.status, 201 | 409));
    assert_eq!((house.sent("alice"), house.sent("bob")), (1, 1));
}

#[tokio::test]
async fn a_redis_that_hangs_for_a_moment_is_told_how_a_request_ended() {
    let mut house = House::build().await;
    let gateway = impatient(&house).serve().await;
    let moment = TIMEOUT + Duration::from_millis(100);
    let pause = redis::cmd("CLIENT").arg("PAUSE").arg(moment.as_millis()).to_owned();
    let (told, waited) = during(&mut house, &gateway, async |redis| redis.ask(&pause).await).await;
    assert!(waited < PATIENCE_AT_THE_END + SLACK, "{waited:?}");
    let again = house.caller.create(&gateway, "key-of-bob", &Create::token("bob")).await;
    assert_eq!((again.status, is_replayed(&again), again.body), (201, true, told.body));
    assert_eq!((value_of(&gateway, AWAY).await, value_of(&gateway, NOT_RECORDED).await), (0, 0));
}

#[tokio::test]
async fn a_gateway_starts_without_redis_and_finds_it_later() {
    for hangs in [false, true] {
        let mut house = House::build().await;
        if hangs {
            house.redis.suspend();
        } else {
            house.redis.kill().await;
        }
        let started = Instant::now();
        let gateway = impatient(&house).serve().await;
        assert!(started.elapsed() < TIMEOUT * 2 + SLACK, "{:?}", started.elapsed());
        gateway.wait_for_line(|line| line.contains("make sure that it can be reached and that it is noeviction")).await;
        refuses_keys_alone(&house, &gateway, ["alice", "carol"]).await;
        if hangs {
            house.redis.resume();
        } else {
            house.redis.restart().await;
        }
        serves_keys(&house, &gateway, "dave").await;
    }
}

#[tokio::test]
async fn a_connection_that_redis_closed_meanwhile_costs_no_request() {
    let house = House::build().await;
    let gateway = house.gateway().await;
    serves_keys(&house, &gateway, "alice").await;
    let closed: usize = house.redis.ask(redis::cmd("CLIENT").arg("KILL").arg("TYPE").arg("normal")).await;
    assert!(closed > 0);
    serves_keys(&house, &gateway, "bob").await;
    house.redis.ask::<()>(redis::cmd("SCRIPT").arg("FLUSH")).await;
    serves_keys(&house, &gateway, "carol").await;
}

/// The timers that the kernel runs for connections to `port` (proc(5), `/proc/net/tcp`): 2 is that of keep-alive.
fn timers_of_connections_to(port: u16) -> Vec<String> {
    let table = std::fs::read_to_string("/proc/net/tcp").expect("the kernel's connections");
    let connections = table.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
    let to_port = connections.filter(|fields| fields[2].ends_with(&format!(":{port:04X}")) && fields[3] == "01");
    to_port.map(|fields| fields[5].split(':').next().expect("a timer").to_owned()).collect()
}

#[tokio::test]
async fn a_connection_that_is_idle_is_probed() {
    let house = House::build().await;
    let gateway = house.gateway().await;
    serves_keys(&house, &gateway, "alice").await;
    assert_eq!(timers_of_connections_to(house.redis.port()), ["02"]);
}

#[tokio::test]
async fn what_redis_has_on_disk_outlives_it() {
    let others = vec!["--appendonly", "yes", "--appendfsync", "always"];
    let mut house = House::around(Redis::start_with(Options { others, ..Options::default() }).await).await;
    house.know(["bob"]);
    let (gateway, bob) = (house.gateway().await, Create::token("bob"));
    let told = house.caller.create(&gateway, "key", &bob).await;
    assert_eq!(told.status, 201, "{}", told.text());
    house.redis.kill().await;
    house.redis.restart().await;
    let again = house.caller.create(&gateway, "key", &bob).await;
    assert_eq!((again.status, is_replayed(&again), again.body), (201, true, told.body));
    assert_eq!(house.sent("bob"), 1);
}

#[tokio::test]
async fn a_claim_that_redis_takes_too_late_is_given_up() {
    let house = House::build().await;
    let (gateway, other) = (impatient(&house).serve().await, house.gateway().await);
    serves_keys(&house, &gateway, "first").await;
    for (name, repeated_at) in [("alice", &gateway), ("bob", &other)] {
        house.redis.suspend();
        let refused = house.caller.create(&gateway, name, &Create::user(name)).await;
        assert_eq!(refused.problem("idempotency_unavailable")["outcome"], "notExecuted");
        house.redis.resume();
        let resumed = Instant::now();
        let reply = if name == "alice" {
            house.caller.create(repeated_at, name, &Create::user(name)).await // at once
        } else {
            house.caller.settle(repeated_at, name, &Create::user(name)).await
        };
        assert_eq!((reply.status, is_replayed(&reply)), (201, false), "{name}: {}", reply.text());
        assert!(resumed.elapsed() < Duration::from_secs(10), "a lease takes 15 s, but nothing runs");
        assert_eq!(house.sent(name), 1);
    }
}

#[tokio::test]
async fn a_request_that_could_not_be_recorded_as_sent_leaves_its_key_free() {
    let house = House::build().await;
    let environment = impatient(&house).set("GATEWAY__CENTAGATE__MAX_IN_FLIGHT", "1");
    // It may wait for its turn for long, on a busy machine too.
    let environment = environment.set("GATEWAY__SERVER__REQUEST_TIMEOUT_MS", "30000");
    let gateway = environment.set("GATEWAY__SERVER__SHUTDOWN_MS", "30000").serve().await;
    let (gate, alice) = (Gate::new(), Create::user("alice"));
    house.simulator.instruct(Instruction::once(Operation::CreateUser, Behaviour::Hold(gate.clone())));
    let before = Create::user("before");
    let refused = async {
        timeout(PATIENCE, gate.entered()).await.expect("CENTAGATE is reached");
        let refused = house.caller.create(&gateway, "key", &alice);
        let hung = async {
            let claimed = async { while house.redis.names().await.is_empty() {} };
            timeout(PATIENCE, claimed).await.expect("a claim");
            house.redis.suspend();
            gate.open(); // its turn comes now
        };
        tokio::join!(refused, hung).0
    };
    let (before, refused) = tokio::join!(house.caller.create(&gateway, None, &before), refused);
    assert_eq!(before.status, 201);
    assert_eq!(refused.problem("idempotency_unavailable")["outcome"], "notExecuted");
    assert_eq!((house.sent("alice"), value_of(&gateway, NOT_RECORDED).await), (0, 1));
    house.redis.resume();
    let again = house.caller.create(&gateway, "key", &alice).await;
    assert_eq!((again.status, is_replayed(&again)), (201, false), "{}", again.text());
    assert_eq!(house.sent("alice"), 1);
}

#[tokio::test]
async fn a_request_waits_for_redis_no_longer_than_leaves_time_for_centagates_reply() {
    let house = House::build().await;
    let environment = house.environment(); // with 5 s for Redis
    let environment = environment.set("GATEWAY__CENTAGATE__CONNECT_TIMEOUT_MS", "500");
    let environment = environment.set("GATEWAY__CENTAGATE__REQUEST_TIMEOUT_MS", "7000");
    let gateway = environment.set("GATEWAY__SERVER__REQUEST_TIMEOUT_MS", "8000").serve().await;
    serves_keys(&house, &gateway, "first").await;
    house.redis.suspend();
    let started = Instant::now();
    let refused = house.caller.create(&gateway, "key", &Create::user("alice")).await;
    let waited = started.elapsed();
    house.redis.resume();
    assert_eq!(refused.problem("centagate_unavailable")["outcome"], "notExecuted");
    assert!(waited < Duration::from_secs(1) + SLACK, "{waited:?}");
    assert_eq!((house.sent("alice"), value_of(&gateway, AWAY).await), (0, 0));
    let again = house.caller.create(&gateway, "key", &Create::user("alice")).await;
    assert_eq!((again.status, is_replayed(&again)), (201, false), "{}", again.text());
}
