//! Callers send the same request to two gateways at the same time.

use std::time::Duration;

use centagate_simulator::{Behaviour, Instruction};
use futures_util::future::join_all;

use super::caller::{Create, is_replayed, is_running};
use super::cluster::Cluster;

const ROUNDS: usize = 200;

#[tokio::test]
async fn concurrent_requests_with_one_key_at_two_gateways_are_executed_once() {
    let cluster = Cluster::start().await;
    let gateways = [cluster.gateway().await, cluster.gateway().await];
    // Slow enough that most requests arrive while the first one is executed.
    cluster.simulator.instruct(Instruction::always(None, Behaviour::Delay(Duration::from_millis(10))));
    let (mut running, mut replayed) = (0, 0);
    for round in 0..ROUNDS {
        let (key, name) = (format!("key-{round}"), format!("user-{round}"));
        let create = if round % 2 == 0 { Create::user(&name) } else { Create::token(&name) };
        if round % 2 == 1 {
            cluster.add_users([name.as_str()]);
        }
        let racers = gateways.iter().cycle().take(6);
        let first = join_all(racers.clone().map(|gateway| cluster.caller.create(gateway, key.as_str(), &create))).await;
        running += first.iter().filter(|reply| is_running(reply)).count();
        let executed = first.iter().filter(|reply| reply.status == 201 && !is_replayed(reply)).count();
        assert_eq!(executed, 1, "{first:?}");
        let last = join_all(racers.map(|gateway| cluster.caller.settle(gateway, &key, &create))).await;
        for reply in first.iter().filter(|reply| !is_running(reply)).chain(&last) {
            assert_eq!((reply.status, &reply.body), (201, &last[0].body), "{}", reply.text());
            replayed += usize::from(is_replayed(reply));
        }
        assert!(last.iter().all(is_replayed));
        assert_eq!(cluster.calls_for(&name), 1);
        if round % 2 == 1 {
            assert_eq!(last[0].json()["passcode"].as_str(), cluster.simulator.last_passcode(&name).as_deref());
        }
    }
    println!("{ROUNDS} keys, {running} replies in progress, {replayed} replayed");
    assert_eq!((cluster.simulator.executions(), cluster.simulator.requests().len()), (ROUNDS, ROUNDS));
    assert!(running > 0, "some requests arrived while the first one was executed");
}
