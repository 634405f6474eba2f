//! Many keyed requests over a network that loses replies on both sides of two gateways, each repeated until it is settled.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use centagate_simulator::Simulator;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::caller::{Caller, Create, is_running};
use super::house::House;
use super::lossy_link::{Fate, LossyLink};
use crate::process::GatewayProcess;
use crate::reply::Reply;

const KEYS: usize = 1000;
/// Requests at once.
const CALLERS: usize = 16;
const TIME: Duration = Duration::from_secs(60);

/// Every tenth reply is lost on its way to the caller.
fn to_callers(number: usize) -> Fate {
    if number % 10 == 9 { Fate::ReplyLost } else { Fate::Carried }
}

/// Every twentieth reply is lost on its way from CENTAGATE; now and then it is a request on its way there, or a reply that
/// does not come in time.
fn to_centagate(number: usize) -> Fate {
    match (number % 20, number % 50, number % 200) {
        (19, _, _) => Fate::ReplyLost,
        (_, 25, _) => Fate::RequestLost,
        (_, _, 60) => Fate::ReplyHeld,
        _ => Fate::Carried,
    }
}

/// Users and tokens by turns.
fn is_token(number: usize) -> bool {
    number % 2 == 1
}

/// One of all, and the name of its user.
fn create(number: usize) -> (String, Create) {
    let name = format!("user-{number}");
    let create = if is_token(number) { Create::token(&name) } else { Create::user(&name) };
    (name, create)
}

/// Repeats one with its key, now at this gateway and now at that, until nothing can be hoped for any more; how often that was.
async fn until_settled(caller: &Caller, gateways: [SocketAddr; 2], number: usize) -> (Reply, usize) {
    let (name, create) = create(number);
    for attempt in 0.. {
        let gateway = gateways[(number + attempt) % 2];
        match caller.try_create(gateway, format!("key-of-{name}").as_str(), &create).await {
            Ok(reply) if reply.status < 500 && !is_running(&reply) => return (reply, attempt + 1),
            _ => sleep(Duration::from_millis(20)).await, // as a caller pauses
        }
    }
    unreachable!()
}

#[tokio::test]
async fn nothing_is_lost_or_doubled_where_replies_are_lost_on_both_sides() {
    let house = House::build().await;
    let names: Vec<String> = (0..KEYS).map(|number| create(number).0).collect();
    house.know(names.iter().skip(1).step_by(2).map(String::as_str));
    let upstream = LossyLink::to(house.simulator.address(), to_centagate).await;
    let environment = || house.environment_behind(&format!("http://{}", upstream.address));
    let gateways = [environment().serve().await, environment().serve().await];
    let link = async |gateway: &GatewayProcess| LossyLink::to(gateway.address, to_callers).await;
    let links = [link(&gateways[0]).await, link(&gateways[1]).await];
    let addresses = links.each_ref().map(|link| link.address);

    let started = Instant::now();
    let (turns, mut callers) = (Arc::new(Semaphore::new(CALLERS)), JoinSet::new());
    for number in 0..KEYS {
        let (turns, caller) = (Arc::clone(&turns), house.caller.clone());
        callers.spawn(async move {
            let _turn = turns.acquire().await.expect("a turn");
            (number, until_settled(&caller, addresses, number).await)
        });
    }
    let mut settled: Vec<_> = timeout(TIME, callers.join_all()).await.expect("an end in time");
    settled.sort_by_key(|(number, _)| *number);

    let sent = upstream.requests();
    let fates: BTreeMap<&str, Fate> =
        sent.iter().map(|(body, fate)| (body["username"].as_str().expect("a name"), *fate)).collect();
    assert_eq!((sent.len(), fates.len()), (KEYS, KEYS), "each was sent once");
    let executed = fates.values().filter(|fate| **fate != Fate::RequestLost).count();
    assert_eq!(house.simulator.executions(), executed);
    let mut unknown = 0;
    for (number, (reply, _)) in &settled {
        let name = names[*number].as_str();
        if fates[name] == Fate::Carried {
            assert_eq!(reply.status, 201, "what the gateway had is not lost: {}", reply.text());
            if is_token(*number) {
                assert_eq!(reply.json()["passcode"].as_str(), house.simulator.last_passcode(name).as_deref());
            }
        } else {
            reply.problem("outcome_unknown");
            look_settles(&house.caller, &gateways, &house.simulator, *number).await;
            unknown += 1;
        }
    }
    let requests: usize = settled.iter().map(|(_, (_, attempts))| attempts).sum();
    println!("{KEYS} keys, {requests} requests, {executed} executed, {unknown} unknown, {:?}", started.elapsed());
    let lost: usize =
        links.iter().map(|link| link.requests().iter().filter(|(_, fate)| *fate == Fate::ReplyLost).count()).sum();
    assert!(lost >= requests / 11 && unknown >= KEYS / 20, "{lost} replies lost, {unknown} unknown");
}

/// What is not known of a request is known after a look at its user.
async fn look_settles(caller: &Caller, gateways: &[GatewayProcess; 2], simulator: &Simulator, number: usize) {
    let (name, _) = create(number);
    let looked = timeout(TIME, async {
        loop {
            let reply = caller.look(&gateways[0], &name).await;
            if reply.status < 500 {
                return reply; // replies to looks are lost, too
            }
        }
    });
    let looked = looked.await.expect("an answer in time");
    if is_token(number) {
        let tokens = looked.json()["tokens"].as_array().map(Vec::len);
        assert_eq!(tokens, Some(usize::from(simulator.last_passcode(&name).is_some())), "{}", looked.text());
    } else {
        let expected = if simulator.user(&name).is_some() { 200 } else { 404 };
        assert_eq!(looked.status, expected, "{}", looked.text());
    }
}
