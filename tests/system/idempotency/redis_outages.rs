//! Redis stops, hangs, and comes back.

use std::time::Duration;

use centagate_simulator::{Behaviour, Gate, Instruction, Operation, User};
use tokio::time::{Instant, timeout};

use super::caller::{Create, is_replayed};
use super::cluster::Cluster;
use crate::environment::Environment;
use crate::process::{GatewayProcess, TEST_TIMEOUT, sample};
use crate::redis::{Options, Redis};
use crate::reply::Reply;

/// The value of `redis.timeout_ms` in tests that wait for this timeout.
const TIMEOUT: Duration = Duration::from_millis(300);

/// The longest time that a reply waits for Redis, and an allowance for a busy machine.
const MAX_WAIT_FOR_REDIS: Duration = Duration::from_secs(1);
const SLACK: Duration = Duration::from_secs(2);

const UNAVAILABLE: &str = "gateway_store_unavailable";
const NOT_RECORDED: &str = "gateway_idempotency_not_recorded_total";

fn with_short_timeout(cluster: &Cluster) -> Environment {
    cluster.environment().set("GATEWAY__REDIS__TIMEOUT_MS", &TIMEOUT.as_millis().to_string())
}

async fn metric(gateway: &GatewayProcess, name: &str) -> u64 {
    sample(&gateway.manage("/metrics").await.1, name)
}

/// Registers a token and runs `meanwhile` while CENTAGATE withholds its reply. Returns the gateway's reply, and the
/// time that it took after CENTAGATE's reply.
async fn register_token_while(
    Cluster { simulator, redis, caller, .. }: &mut Cluster,
    gateway: &GatewayProcess,
    meanwhile: impl AsyncFnOnce(&mut Redis),
) -> (Reply, Duration) {
    let (gate, bob) = (Gate::new(), Create::token("bob"));
    simulator.add_user(User::new("bob"));
    simulator.instruct(Instruction::once(Operation::RegisterOtpToken, Behaviour::Hold(gate.clone())));
    let answered = caller.create(gateway, "key-of-bob", &bob);
    let held = async {
        timeout(TEST_TIMEOUT, gate.entered()).await.expect("CENTAGATE receives the call");
        meanwhile(redis).await;
        gate.open();
        Instant::now()
    };
    let (reply, opened) = tokio::join!(answered, held);
    (reply, opened.elapsed())
}

/// Checks that requests with a key are refused within the timeout and not sent, and that others succeed.
async fn expect_only_keys_refused(cluster: &Cluster, gateway: &GatewayProcess, names: [&str; 2]) {
    let sent = cluster.simulator.requests().len();
    let started = Instant::now();
    let refused = cluster.caller.create(gateway, names[0], &Create::user(names[0])).await;
    let waited = started.elapsed();
    refused.problem("idempotency_unavailable");
    assert!(waited < TIMEOUT + SLACK, "{waited:?}");
    assert_eq!(cluster.simulator.requests().len(), sent, "CENTAGATE received nothing");
    assert_eq!(cluster.caller.create(gateway, None, &Create::user(names[1])).await.status, 201);
    assert_eq!(metric(gateway, UNAVAILABLE).await, 1);
}

/// Checks that requests with a key are executed once and replayed.
async fn expect_keys_served(cluster: &Cluster, gateway: &GatewayProcess, name: &str) {
    for replayed in [false, true] {
        let reply = cluster.caller.create(gateway, name, &Create::user(name)).await;
        assert_eq!((reply.status, is_replayed(&reply)), (201, replayed), "{}", reply.text());
    }
    assert_eq!(metric(gateway, UNAVAILABLE).await, 0);
}

#[tokio::test]
async fn a_redis_killed_during_a_request_loses_the_record_but_not_the_reply() {
    let mut cluster = Cluster::start().await;
    let gateway = with_short_timeout(&cluster).serve().await;
    assert_eq!((metric(&gateway, UNAVAILABLE).await, metric(&gateway, NOT_RECORDED).await), (0, 0));
    let (reply, waited) = register_token_while(&mut cluster, &gateway, async |redis| redis.kill().await).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    assert_eq!(reply.json()["passcode"].as_str(), cluster.simulator.last_passcode("bob").as_deref());
    assert!(waited < MAX_WAIT_FOR_REDIS + SLACK, "{waited:?}");
    assert_eq!(metric(&gateway, NOT_RECORDED).await, 1);
    gateway
        .wait_for_line(|line| line.contains("the outcome of a request with an Idempotency-Key could not be stored"))
        .await;

    expect_only_keys_refused(&cluster, &gateway, ["alice", "carol"]).await;
    gateway.wait_for_line(|line| line.contains("the idempotency store cannot be used")).await;
    cluster.redis.restart().await;
    expect_keys_served(&cluster, &gateway, "alice").await;
    gateway.wait_for_line(|line| line.contains("the idempotency store can be used again")).await;
    assert_eq!(metric(&gateway, NOT_RECORDED).await, 1);
}

#[tokio::test]
async fn a_redis_that_hangs_delays_requests_only_by_the_timeout() {
    let mut cluster = Cluster::start().await;
    let gateway = with_short_timeout(&cluster).serve().await;
    let (reply, waited) = register_token_while(&mut cluster, &gateway, async |redis| redis.suspend()).await;
    assert_eq!(reply.json()["passcode"].as_str(), cluster.simulator.last_passcode("bob").as_deref());
    assert!(waited < MAX_WAIT_FOR_REDIS + SLACK, "{waited:?}");
    assert_eq!(metric(&gateway, NOT_RECORDED).await, 1);
    expect_only_keys_refused(&cluster, &gateway, ["alice", "carol"]).await;
    cluster.redis.resume();
    expect_keys_served(&cluster, &gateway, "dave").await;
    // After the pause, Redis executes the commands that it received. The refused requests were not sent, and no request
    // is sent twice.
    let (alice, bob) = (Create::user("alice"), Create::token("bob"));
    assert_eq!(cluster.caller.settle(&gateway, "alice", &alice).await.status, 201);
    assert!(matches!(cluster.caller.settle(&gateway, "key-of-bob", &bob).await.status, 201 | 409));
    assert_eq!((cluster.calls_for("alice"), cluster.calls_for("bob")), (1, 1));
}

#[tokio::test]
async fn a_redis_that_hangs_briefly_still_gets_the_outcome_of_a_request() {
    let mut cluster = Cluster::start().await;
    let gateway = with_short_timeout(&cluster).serve().await;
    let moment = TIMEOUT + Duration::from_millis(100);
    let pause = redis::cmd("CLIENT").arg("PAUSE").arg(moment.as_millis()).to_owned();
    let (first, waited) = register_token_while(&mut cluster, &gateway, async |redis| redis.ask(&pause).await).await;
    assert!(waited < MAX_WAIT_FOR_REDIS + SLACK, "{waited:?}");
    let retried = cluster.caller.create(&gateway, "key-of-bob", &Create::token("bob")).await;
    assert_eq!((retried.status, is_replayed(&retried), retried.body), (201, true, first.body));
    assert_eq!((metric(&gateway, UNAVAILABLE).await, metric(&gateway, NOT_RECORDED).await), (0, 0));
}

#[tokio::test]
async fn a_gateway_starts_without_redis_and_connects_later() {
    for hangs in [false, true] {
        let mut cluster = Cluster::start().await;
        if hangs {
            cluster.redis.suspend();
        } else {
            cluster.redis.kill().await;
        }
        let started = Instant::now();
        let gateway = with_short_timeout(&cluster).serve().await;
        assert!(started.elapsed() < TIMEOUT * 2 + SLACK, "{:?}", started.elapsed());
        gateway.wait_for_line(|line| line.contains("make sure that it can be reached and that it is noeviction")).await;
        expect_only_keys_refused(&cluster, &gateway, ["alice", "carol"]).await;
        if hangs {
            cluster.redis.resume();
        } else {
            cluster.redis.restart().await;
        }
        expect_keys_served(&cluster, &gateway, "dave").await;
    }
}

#[tokio::test]
async fn a_connection_closed_by_redis_fails_no_request() {
    let cluster = Cluster::start().await;
    let gateway = cluster.gateway().await;
    expect_keys_served(&cluster, &gateway, "alice").await;
    let closed: usize = cluster.redis.ask(redis::cmd("CLIENT").arg("KILL").arg("TYPE").arg("normal")).await;
    assert!(closed > 0);
    expect_keys_served(&cluster, &gateway, "bob").await;
    cluster.redis.ask::<()>(redis::cmd("SCRIPT").arg("FLUSH")).await;
    expect_keys_served(&cluster, &gateway, "carol").await;
}

/// The kernel's timers of the connections to `port` (proc(5), `/proc/net/tcp`). 2 is the keep-alive timer.
fn timers_of_connections_to(port: u16) -> Vec<String> {
    let table = std::fs::read_to_string("/proc/net/tcp").expect("the kernel's connections");
    let connections = table.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
    let to_port = connections.filter(|fields| fields[2].ends_with(&format!(":{port:04X}")) && fields[3] == "01");
    to_port.map(|fields| fields[5].split(':').next().expect("a timer").to_owned()).collect()
}

#[tokio::test]
async fn an_idle_connection_to_redis_has_tcp_keep_alive() {
    let cluster = Cluster::start().await;
    let gateway = cluster.gateway().await;
    expect_keys_served(&cluster, &gateway, "alice").await;
    assert_eq!(timers_of_connections_to(cluster.redis.port()), ["02"]);
}

#[tokio::test]
async fn a_record_on_disk_survives_a_restart_of_redis() {
    let others = vec!["--appendonly", "yes", "--appendfsync", "always"];
    let mut cluster = Cluster::with_redis(Redis::start_with(Options { others, ..Options::default() }).await).await;
    cluster.add_users(["bob"]);
    let (gateway, bob) = (cluster.gateway().await, Create::token("bob"));
    let first = cluster.caller.create(&gateway, "key", &bob).await;
    assert_eq!(first.status, 201, "{}", first.text());
    cluster.redis.kill().await;
    cluster.redis.restart().await;
    let retried = cluster.caller.create(&gateway, "key", &bob).await;
    assert_eq!((retried.status, is_replayed(&retried), retried.body), (201, true, first.body));
    assert_eq!(cluster.calls_for("bob"), 1);
}

#[tokio::test]
async fn a_claim_that_redis_stores_too_late_is_released() {
    let cluster = Cluster::start().await;
    let (gateway, other) = (with_short_timeout(&cluster).serve().await, cluster.gateway().await);
    expect_keys_served(&cluster, &gateway, "first").await;
    for (name, retried_at) in [("alice", &gateway), ("bob", &other)] {
        cluster.redis.suspend();
        let refused = cluster.caller.create(&gateway, name, &Create::user(name)).await;
        assert_eq!(refused.problem("idempotency_unavailable")["outcome"], "notExecuted");
        cluster.redis.resume();
        let resumed = Instant::now();
        let reply = if name == "alice" {
            cluster.caller.create(retried_at, name, &Create::user(name)).await // without a pause
        } else {
            cluster.caller.settle(retried_at, name, &Create::user(name)).await
        };
        assert_eq!((reply.status, is_replayed(&reply)), (201, false), "{name}: {}", reply.text());
        assert!(resumed.elapsed() < Duration::from_secs(10), "the caller does not wait for the lease of 15 s");
        assert_eq!(cluster.calls_for(name), 1);
    }
}

#[tokio::test]
async fn a_request_that_cannot_be_recorded_as_sent_is_not_sent_and_its_key_stays_free() {
    let cluster = Cluster::start().await;
    let environment = with_short_timeout(&cluster).set("GATEWAY__CENTAGATE__MAX_IN_FLIGHT", "1");
    // The request may wait long in the queue on a busy machine.
    let environment = environment.set("GATEWAY__SERVER__REQUEST_TIMEOUT_MS", "30000");
    let gateway = environment.set("GATEWAY__SERVER__SHUTDOWN_MS", "30000").serve().await;
    let (gate, alice) = (Gate::new(), Create::user("alice"));
    cluster.simulator.instruct(Instruction::once(Operation::CreateUser, Behaviour::Hold(gate.clone())));
    let before = Create::user("before");
    let refused = async {
        timeout(TEST_TIMEOUT, gate.entered()).await.expect("CENTAGATE receives the call");
        let refused = cluster.caller.create(&gateway, "key", &alice);
        let hung = async {
            let claimed = async { while cluster.redis.names().await.is_empty() {} };
            timeout(TEST_TIMEOUT, claimed).await.expect("a claim");
            cluster.redis.suspend();
            gate.open(); // the queued request is next
        };
        tokio::join!(refused, hung).0
    };
    let (before, refused) = tokio::join!(cluster.caller.create(&gateway, None, &before), refused);
    assert_eq!(before.status, 201);
    assert_eq!(refused.problem("idempotency_unavailable")["outcome"], "notExecuted");
    assert_eq!((cluster.calls_for("alice"), metric(&gateway, NOT_RECORDED).await), (0, 1));
    cluster.redis.resume();
    let retried = cluster.caller.create(&gateway, "key", &alice).await;
    assert_eq!((retried.status, is_replayed(&retried)), (201, false), "{}", retried.text());
    assert_eq!(cluster.calls_for("alice"), 1);
}

#[tokio::test]
async fn a_request_stops_waiting_for_redis_while_there_is_time_for_centagates_reply() {
    let cluster = Cluster::start().await;
    let environment = cluster.environment(); // `redis.timeout_ms` is 5 s
    let environment = environment.set("GATEWAY__CENTAGATE__CONNECT_TIMEOUT_MS", "500");
    let environment = environment.set("GATEWAY__CENTAGATE__REQUEST_TIMEOUT_MS", "7000");
    let gateway = environment.set("GATEWAY__SERVER__REQUEST_TIMEOUT_MS", "8000").serve().await;
    expect_keys_served(&cluster, &gateway, "first").await;
    cluster.redis.suspend();
    let started = Instant::now();
    let refused = cluster.caller.create(&gateway, "key", &Create::user("alice")).await;
    let waited = started.elapsed();
    cluster.redis.resume();
    assert_eq!(refused.problem("centagate_unavailable")["outcome"], "notExecuted");
    assert!(waited < Duration::from_secs(1) + SLACK, "{waited:?}");
    assert_eq!((cluster.calls_for("alice"), metric(&gateway, UNAVAILABLE).await), (0, 0));
    let retried = cluster.caller.create(&gateway, "key", &Create::user("alice")).await;
    assert_eq!((retried.status, is_replayed(&retried)), (201, false), "{}", retried.text());
}
