//! A gateway that is killed while it carries out a request, and another one that is asked to do the same.

use std::time::Duration;

use centagate_simulator::{Behaviour, Gate, Instruction, Operation};
use futures_util::future::join_all;
use tokio::time::{Instant, sleep, timeout};

use super::caller::{Create, is_replayed};
use super::house::{House, Hurried, LEASE};
use crate::process::{GatewayProcess, PATIENCE};

/// For how much longer than a lease its end may go unnoticed on a busy machine.
const SLACK: Duration = Duration::from_secs(5);

/// How many requests are under way when a gateway is killed under load: as many as one caller may have there.
const REQUESTS: usize = 50;

/// Sends one request without waiting for its reply, which will not come.
fn send_and_forget(house: &House, gateway: &GatewayProcess, key: Option<&'static str>, create: &Create) {
    let (caller, address, create) = (house.caller.clone(), gateway.address, create.clone());
    tokio::spawn(async move { drop(caller.try_create(address, key, &create).await) });
}

/// Ends a gateway as `kill -9` does.
fn kill(gateway: GatewayProcess) {
    drop(gateway);
}

#[tokio::test]
async fn what_was_only_claimed_is_free_again_when_the_lease_is_over() {
    let house = House::build().await;
    let first = house.environment().hurried().set("GATEWAY__CENTAGATE__MAX_IN_FLIGHT", "1").serve().await;
    let second = house.environment().hurried().serve().await;
    let (gate, alice) = (Gate::new(), Create::user("alice"));
    house.simulator.instruct(Instruction::once(Operation::CreateUser, Behaviour::Hold(gate.clone())));
    send_and_forget(&house, &first, None, &Create::user("whoever-came-before"));
    timeout(PATIENCE, gate.entered()).await.expect("CENTAGATE is reached");
    let started = Instant::now();
    send_and_forget(&house, &first, Some("key"), &alice);
    timeout(PATIENCE, async {
        while house.redis.names().await.is_empty() {
            sleep(Duration::from_millis(10)).await; // between two looks
        }
    })
    .await
    .expect("a claim");
    kill(first);
    house.caller.create(&second, "key", &alice).await.problem("idempotency_in_progress");
    assert_eq!(house.sent("alice"), 0, "nobody carries it out");
    let settled = house.caller.settle(&second, "key", &alice).await;
    let waited = started.elapsed();
    assert_eq!((settled.status, is_replayed(&settled)), (201, false), "{}", settled.text());
    assert!(LEASE <= waited && waited < LEASE + SLACK, "{waited:?}");
    assert_eq!(house.sent("alice"), 1);
}

#[tokio::test]
async fn what_was_sent_is_unknown_when_the_lease_is_over_and_is_never_sent_again() {
    let house = House::build().await;
    let (first, second) = (house.environment().hurried().serve().await, house.environment().hurried().serve().await);
    let (gate, bob) = (Gate::new(), Create::token("bob"));
    house.know(["bob"]);
    house.simulator.instruct(Instruction::once(Operation::RegisterOtpToken, Behaviour::Hold(gate.clone())));
    let started = Instant::now();
    send_and_forget(&house, &first, Some("key"), &bob);
    timeout(PATIENCE, gate.entered()).await.expect("CENTAGATE is reached");
    kill(first);
    gate.open();
    house.caller.create(&second, "key", &bob).await.problem("idempotency_in_progress");
    house.caller.settle(&second, "key", &bob).await.problem("outcome_unknown");
    let waited = started.elapsed();
    assert!(LEASE <= waited && waited < LEASE + SLACK, "{waited:?}");
    let third = house.gateway().await;
    for gateway in [&second, &third] {
        house.caller.create(gateway, "key", &bob).await.problem("outcome_unknown");
        house.caller.create(gateway, "key", &Create::token("eve")).await.problem("idempotency_mismatch");
    }
    assert_eq!(house.sent("bob"), 1);
}

#[tokio::test]
async fn what_came_to_its_end_is_repeated_by_others() {
    let house = House::build().await;
    let (first, second) = (house.gateway().await, house.gateway().await);
    house.know(["bob"]);
    house.simulator.instruct(Instruction::once(Operation::CreateUser, Behaviour::code("22001")));
    let creates = [Create::user("taken"), Create::user("alice"), Create::token("bob")];
    let mut told = Vec::new();
    for create in &creates {
        told.push(house.caller.create(&first, "key", create).await);
    }
    kill(first);
    let told: [_; 3] = told.try_into().expect("three");
    assert_eq!(told.each_ref().map(|reply| reply.status), [409, 422, 201], "the key of a user is one of another");
    for (create, told) in creates.iter().zip(&told).step_by(2) {
        let again = house.caller.create(&second, "key", create).await;
        assert_eq!((again.status, is_replayed(&again)), (told.status, true), "{}", again.text());
        assert_eq!(again.header("location"), told.header("location"));
        if told.status == 201 {
            assert_eq!(again.body, told.body);
            assert_eq!(again.json()["passcode"].as_str(), house.simulator.last_passcode("bob").as_deref());
        } else {
            again.problem("email_taken");
        }
    }
    assert_eq!((house.sent("taken"), house.sent("alice"), house.sent("bob")), (1, 0, 1));
}

#[tokio::test]
async fn no_request_of_a_gateway_that_is_killed_under_load_is_sent_twice() {
    let house = House::build().await;
    let first = house.environment().hurried().set("GATEWAY__CENTAGATE__MAX_IN_FLIGHT", "4").serve().await;
    let second = house.environment().hurried().serve().await;
    let names: Vec<String> = (0..REQUESTS).map(|number| format!("user-{number}")).collect();
    house.simulator.instruct(Instruction::always(None, Behaviour::Delay(Duration::from_millis(20))));
    let (caller, address) = (house.caller.clone(), first.address);
    let told = tokio::spawn({
        let names = names.clone();
        async move {
            let send = async |name: &String| caller.try_create(address, name.as_str(), &Create::user(name)).await.ok();
            join_all(names.iter().map(send)).await
        }
    });
    timeout(PATIENCE, house.simulator.wait_for_finished(REQUESTS / 3)).await.expect("some are settled");
    kill(first);
    let told = told.await.expect("no panic");
    let settle = async |name: &String| house.caller.settle(&second, name, &Create::user(name)).await;
    let settled = join_all(names.iter().map(settle)).await;
    let (mut replayed, mut fresh, mut unknown) = (0, 0, 0);
    for (told, (settled, name)) in told.iter().zip(settled.iter().zip(&names)) {
        let sent = house.sent(name);
        if settled.status == 201 {
            assert_eq!(sent, 1, "{name}");
            *(if is_replayed(settled) { &mut replayed } else { &mut fresh }) += 1;
        } else {
            settled.problem("outcome_unknown");
            assert!(sent <= 1, "{name}: it may have been killed before the first byte");
            unknown += 1;
        }
        if let Some(told) = told {
            assert_eq!((told.status, &told.body, is_replayed(settled)), (201, &settled.body, true), "{name}");
        }
    }
    println!("{replayed} were at their end, {fresh} claimed, {unknown} sent");
    assert!(replayed > 0 && fresh > 0 && unknown > 0, "it was killed in the midst of it");
}
