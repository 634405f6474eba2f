//! A gateway is killed while it executes a request, and the caller retries at another gateway.

use std::time::Duration;

use centagate_simulator::{Behaviour, Gate, Instruction, Operation};
use futures_util::future::join_all;
use tokio::time::{Instant, sleep, timeout};

use super::caller::{Create, is_replayed};
use super::cluster::{Cluster, Hurried, LEASE};
use crate::process::{GatewayProcess, TEST_TIMEOUT};

/// How late a test may notice the end of a lease on a busy machine.
const SLACK: Duration = Duration::from_secs(5);

/// Requests in flight when the gateway is killed. This is the maximum for one caller.
const REQUESTS: usize = 50;

/// Sends a request and does not wait for its reply, because the gateway is killed first.
fn send_and_forget(cluster: &Cluster, gateway: &GatewayProcess, key: Option<&'static str>, create: &Create) {
    let (caller, address, create) = (cluster.caller.clone(), gateway.address, create.clone());
    tokio::spawn(async move { drop(caller.try_create(address, key, &create).await) });
}

/// Kills a gateway with SIGKILL.
fn kill(gateway: GatewayProcess) {
    drop(gateway);
}

#[tokio::test]
async fn a_key_that_was_claimed_but_not_sent_is_free_after_the_lease() {
    let cluster = Cluster::start().await;
    let first = cluster.environment().hurried().set("GATEWAY__CENTAGATE__MAX_IN_FLIGHT", "1").serve().await;
    let second = cluster.environment().hurried().serve().await;
    let (gate, alice) = (Gate::new(), Create::user("alice"));
    cluster.simulator.instruct(Instruction::once(Operation::CreateUser, Behaviour::Hold(gate.clone())));
    send_and_forget(&cluster, &first, None, &Create::user("whoever-came-before"));
    timeout(TEST_TIMEOUT, gate.entered()).await.expect("CENTAGATE receives the call");
    let started = Instant::now();
    send_and_forget(&cluster, &first, Some("key"), &alice);
    timeout(TEST_TIMEOUT, async {
        while cluster.redis.names().await.is_empty() {
            sleep(Duration::from_millis(10)).await; // poll interval
        }
    })
    .await
    .expect("a claim");
    kill(first);
    cluster.caller.create(&second, "key", &alice).await.problem("idempotency_in_progress");
    assert_eq!(cluster.calls_for("alice"), 0, "no gateway sends it");
    let settled = cluster.caller.settle(&second, "key", &alice).await;
    let waited = started.elapsed();
    assert_eq!((settled.status, is_replayed(&settled)), (201, false), "{}", settled.text());
    assert!(LEASE <= waited && waited < LEASE + SLACK, "{waited:?}");
    assert_eq!(cluster.calls_for("alice"), 1);
}

#[tokio::test]
async fn a_request_that_was_sent_gets_outcome_unknown_after_the_lease_and_is_never_resent() {
    let cluster = Cluster::start().await;
    let (first, second) =
        (cluster.environment().hurried().serve().await, cluster.environment().hurried().serve().await);
    let (gate, bob) = (Gate::new(), Create::token("bob"));
    cluster.add_users(["bob"]);
    cluster.simulator.instruct(Instruction::once(Operation::RegisterOtpToken, Behaviour::Hold(gate.clone())));
    let started = Instant::now();
    send_and_forget(&cluster, &first, Some("key"), &bob);
    timeout(TEST_TIMEOUT, gate.entered()).await.expect("CENTAGATE receives the call");
    kill(first);
    gate.open();
    cluster.caller.create(&second, "key", &bob).await.problem("idempotency_in_progress");
    cluster.caller.settle(&second, "key", &bob).await.problem("outcome_unknown");
    let waited = started.elapsed();
    assert!(LEASE <= waited && waited < LEASE + SLACK, "{waited:?}");
    let third = cluster.gateway().await;
    for gateway in [&second, &third] {
        cluster.caller.create(gateway, "key", &bob).await.problem("outcome_unknown");
        cluster.caller.create(gateway, "key", &Create::token("eve")).await.problem("idempotency_mismatch");
    }
    assert_eq!(cluster.calls_for("bob"), 1);
}

#[tokio::test]
async fn a_finished_request_of_a_killed_gateway_is_replayed_by_other_gateways() {
    let cluster = Cluster::start().await;
    let (first, second) = (cluster.gateway().await, cluster.gateway().await);
    cluster.add_users(["bob"]);
    cluster.simulator.instruct(Instruction::once(Operation::CreateUser, Behaviour::code("22001")));
    let creates = [Create::user("taken"), Create::user("alice"), Create::token("bob")];
    let mut first_replies = Vec::new();
    for create in &creates {
        first_replies.push(cluster.caller.create(&first, "key", create).await);
    }
    kill(first);
    let first_replies: [_; 3] = first_replies.try_into().expect("three");
    assert_eq!(
        first_replies.each_ref().map(|reply| reply.status),
        [409, 422, 201],
        "a key is valid for one operation and one body"
    );
    for (create, first_reply) in creates.iter().zip(&first_replies).step_by(2) {
        let retried = cluster.caller.create(&second, "key", create).await;
        assert_eq!((retried.status, is_replayed(&retried)), (first_reply.status, true), "{}", retried.text());
        assert_eq!(retried.header("location"), first_reply.header("location"));
        if first_reply.status == 201 {
            assert_eq!(retried.body, first_reply.body);
            assert_eq!(retried.json()["passcode"].as_str(), cluster.simulator.last_passcode("bob").as_deref());
        } else {
            retried.problem("email_taken");
        }
    }
    assert_eq!((cluster.calls_for("taken"), cluster.calls_for("alice"), cluster.calls_for("bob")), (1, 0, 1));
}

#[tokio::test]
async fn a_gateway_killed_under_load_causes_no_request_to_be_sent_twice() {
    let cluster = Cluster::start().await;
    let first = cluster.environment().hurried().set("GATEWAY__CENTAGATE__MAX_IN_FLIGHT", "4").serve().await;
    let second = cluster.environment().hurried().serve().await;
    let names: Vec<String> = (0..REQUESTS).map(|number| format!("user-{number}")).collect();
    cluster.simulator.instruct(Instruction::always(None, Behaviour::Delay(Duration::from_millis(20))));
    let (caller, address) = (cluster.caller.clone(), first.address);
    let first_replies = tokio::spawn({
        let names = names.clone();
        async move {
            let send = async |name: &String| caller.try_create(address, name.as_str(), &Create::user(name)).await.ok();
            join_all(names.iter().map(send)).await
        }
    });
    timeout(TEST_TIMEOUT, cluster.simulator.wait_for_finished(REQUESTS / 3)).await.expect("some requests are finished");
    kill(first);
    let first_replies = first_replies.await.expect("no panic");
    let settle = async |name: &String| cluster.caller.settle(&second, name, &Create::user(name)).await;
    let settled = join_all(names.iter().map(settle)).await;
    let (mut replayed, mut fresh, mut unknown) = (0, 0, 0);
    for (first_reply, (settled, name)) in first_replies.iter().zip(settled.iter().zip(&names)) {
        let sent = cluster.calls_for(name);
        if settled.status == 201 {
            assert_eq!(sent, 1, "{name}");
            *(if is_replayed(settled) { &mut replayed } else { &mut fresh }) += 1;
        } else {
            settled.problem("outcome_unknown");
            assert!(sent <= 1, "{name}: the gateway may be killed before it sends the first byte");
            unknown += 1;
        }
        if let Some(first_reply) = first_reply {
            assert_eq!(
                (first_reply.status, &first_reply.body, is_replayed(settled)),
                (201, &settled.body, true),
                "{name}"
            );
        }
    }
    println!("{replayed} finished, {fresh} only claimed, {unknown} sent");
    assert!(replayed > 0 && fresh > 0 && unknown > 0, "the gateway was killed while requests were in each state");
}
