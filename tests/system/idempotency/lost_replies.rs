//! Two gateways whose network loses replies on both sides. Callers retry each request with its key until its outcome is
//! known.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use centagate_simulator::Simulator;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::caller::{Caller, Create, is_running};
use super::cluster::Cluster;
use super::lossy_proxy::{Delivery, LossyProxy};
use crate::process::GatewayProcess;
use crate::reply::Reply;

const KEYS: usize = 1000;
/// Concurrent callers.
const CALLERS: usize = 16;
const TIME: Duration = Duration::from_secs(60);

/// Loses every tenth reply to the caller.
fn to_callers(number: usize) -> Delivery {
    if number % 10 == 9 { Delivery::ReplyLost } else { Delivery::Delivered }
}

/// Loses every twentieth reply of CENTAGATE, and every fiftieth request to it. Some replies come too late.
fn to_centagate(number: usize) -> Delivery {
    match (number % 20, number % 50, number % 200) {
        (19, _, _) => Delivery::ReplyLost,
        (_, 25, _) => Delivery::RequestLost,
        (_, _, 60) => Delivery::ReplyHeld,
        _ => Delivery::Delivered,
    }
}

/// Odd numbers register a token, even numbers create a user.
fn is_token(number: usize) -> bool {
    number % 2 == 1
}

/// The name of the user and the request with this number.
fn create(number: usize) -> (String, Create) {
    let name = format!("user-{number}");
    let create = if is_token(number) { Create::token(&name) } else { Create::user(&name) };
    (name, create)
}

/// Retries a request with its key at alternating gateways until its outcome is known or stays unknown. Returns the last
/// reply and the number of attempts.
async fn retry_until_settled(caller: &Caller, gateways: [SocketAddr; 2], number: usize) -> (Reply, usize) {
    let (name, create) = create(number);
    for attempt in 0.. {
        let gateway = gateways[(number + attempt) % 2];
        match caller.try_create(gateway, format!("key-of-{name}").as_str(), &create).await {
            Ok(reply) if reply.status < 500 && !is_running(&reply) => return (reply, attempt + 1),
            _ => sleep(Duration::from_millis(20)).await, // pause between retries
        }
    }
    unreachable!()
}

#[tokio::test]
async fn each_keyed_request_is_sent_once_although_replies_are_lost_on_both_sides() {
    let cluster = Cluster::start().await;
    let names: Vec<String> = (0..KEYS).map(|number| create(number).0).collect();
    cluster.add_users(names.iter().skip(1).step_by(2).map(String::as_str));
    let upstream = LossyProxy::start(cluster.simulator.address(), to_centagate).await;
    let environment = || cluster.environment_behind(&format!("http://{}", upstream.address));
    let gateways = [environment().serve().await, environment().serve().await];
    let start_proxy = async |gateway: &GatewayProcess| LossyProxy::start(gateway.address, to_callers).await;
    let proxies = [start_proxy(&gateways[0]).await, start_proxy(&gateways[1]).await];
    let addresses = proxies.each_ref().map(|proxy| proxy.address);

    let started = Instant::now();
    let (permits, mut callers) = (Arc::new(Semaphore::new(CALLERS)), JoinSet::new());
    for number in 0..KEYS {
        let (permits, caller) = (Arc::clone(&permits), cluster.caller.clone());
        callers.spawn(async move {
            let _permit = permits.acquire().await.expect("a permit");
            (number, retry_until_settled(&caller, addresses, number).await)
        });
    }
    let mut settled: Vec<_> = timeout(TIME, callers.join_all()).await.expect("all requests are settled within TIME");
    settled.sort_by_key(|(number, _)| *number);

    let sent = upstream.requests();
    let deliveries: BTreeMap<&str, Delivery> =
        sent.iter().map(|(body, delivery)| (body["username"].as_str().expect("a name"), *delivery)).collect();
    assert_eq!((sent.len(), deliveries.len()), (KEYS, KEYS), "each request was sent once");
    let executed = deliveries.values().filter(|delivery| **delivery != Delivery::RequestLost).count();
    assert_eq!(cluster.simulator.executions(), executed);
    let mut unknown = 0;
    for (number, (reply, _)) in &settled {
        let name = names[*number].as_str();
        if deliveries[name] == Delivery::Delivered {
            assert_eq!(reply.status, 201, "a reply that the gateway received is not lost: {}", reply.text());
            if is_token(*number) {
                assert_eq!(reply.json()["passcode"].as_str(), cluster.simulator.last_passcode(name).as_deref());
            }
        } else {
            reply.problem("outcome_unknown");
            expect_get_user_settles(&cluster.caller, &gateways, &cluster.simulator, *number).await;
            unknown += 1;
        }
    }
    let requests: usize = settled.iter().map(|(_, (_, attempts))| attempts).sum();
    println!("{KEYS} keys, {requests} requests, {executed} executed, {unknown} unknown, {:?}", started.elapsed());
    let lost: usize = proxies
        .iter()
        .map(|proxy| proxy.requests().iter().filter(|(_, delivery)| *delivery == Delivery::ReplyLost).count())
        .sum();
    assert!(lost >= requests / 11 && unknown >= KEYS / 20, "{lost} replies lost, {unknown} unknown");
}

/// Checks that `GET /users/{id}` settles the unknown outcome of a request.
async fn expect_get_user_settles(
    caller: &Caller,
    gateways: &[GatewayProcess; 2],
    simulator: &Simulator,
    number: usize,
) {
    let (name, _) = create(number);
    let found = timeout(TIME, async {
        loop {
            let reply = caller.get_user(&gateways[0], &name).await;
            if reply.status < 500 {
                return reply; // the reply to this request may be lost, too
            }
        }
    });
    let found = found.await.expect("a reply within TIME");
    if is_token(number) {
        let tokens = found.json()["tokens"].as_array().map(Vec::len);
        assert_eq!(tokens, Some(usize::from(simulator.last_passcode(&name).is_some())), "{}", found.text());
    } else {
        let expected = if simulator.user(&name).is_some() { 200 } else { 404 };
        assert_eq!(found.status, expected, "{}", found.text());
    }
}
