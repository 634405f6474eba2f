//! Seal keys that are replaced while two gateways serve, now at the one and now at the other.

use futures_util::future::join_all;

use super::caller::{Create, is_replayed, is_running};
use super::house::House;
use super::replica::{Replica, SEAL_KEYS};
use crate::reply::Reply;

struct Rotation {
    house: House,
    replicas: [Replica; 2],
    /// How many keys were used.
    keys: usize,
}

impl Rotation {
    /// A request that nobody has sent yet: the name of its user, and of its key.
    fn fresh(&mut self) -> (String, Create) {
        let name = format!("user-{}", self.keys);
        self.keys += 1;
        self.house.know([name.as_str()]);
        let create = Create::token(&name);
        (name, create)
    }

    /// Sends a new request to both at once, and again until it is settled: it is carried out once.
    async fn race(&mut self) -> (String, Reply) {
        let (name, create) = self.fresh();
        let racers = self.replicas.iter().cycle().take(4);
        let caller = &self.house.caller;
        let first = join_all(racers.map(|replica| caller.create(&replica.gateway, name.as_str(), &create))).await;
        let carried_out: Vec<_> = first.iter().filter(|reply| !is_running(reply) && !is_replayed(reply)).collect();
        let [told] = carried_out[..] else { panic!("one: {first:?}") };
        assert_eq!(told.status, 201, "{}", told.text());
        for replica in &self.replicas {
            let last = caller.settle(&replica.gateway, &name, &create).await;
            assert_eq!((is_replayed(&last), &last.body), (true, &told.body), "{}", last.text());
        }
        let told = first.into_iter().find(|reply| !is_running(reply)).expect("a reply");
        (name, told)
    }

    /// Sends a new request to one of them.
    async fn create(&mut self, at: usize) -> (String, Reply) {
        let (name, create) = self.fresh();
        let told = self.house.caller.create(&self.replicas[at].gateway, name.as_str(), &create).await;
        assert_eq!((told.status, is_replayed(&told)), (201, false), "{}", told.text());
        (name, told)
    }

    /// Both repeat the reply to a request that was carried out before.
    async fn repeat(&self, (name, told): &(String, Reply)) {
        for replica in &self.replicas {
            let again = self.house.caller.create(&replica.gateway, name.as_str(), &Create::token(name)).await;
            assert_eq!((again.status, is_replayed(&again), &again.body), (201, true, &told.body), "{name}");
        }
    }
}

#[tokio::test]
async fn keys_are_rotated_at_one_gateway_after_the_other_and_nothing_is_carried_out_twice() {
    let (old, new) = ("0d".repeat(32), "2e".repeat(32));
    let (added, turned) = (format!("{old},{new}"), format!("{new},{old}"));
    let house = House::build().await;
    let start = async || Replica::start(house.environment(), &[(SEAL_KEYS, &old)]).await;
    let replicas = [start().await, start().await];
    let mut rotation = Rotation { house, replicas, keys: 0 };
    let mut before = vec![rotation.race().await, rotation.create(0).await, rotation.create(1).await];
    let mut sealed_with_the_old_one = None;
    for (replica, seal_keys) in [(0, &added), (1, &added), (0, &turned), (1, &turned), (0, &new), (1, &new)] {
        rotation.replicas[replica].replace(&[(SEAL_KEYS, seal_keys)]).await;
        for earlier in &before {
            rotation.repeat(earlier).await;
        }
        before = vec![rotation.create(0).await, rotation.create(1).await];
        for now in &before {
            rotation.repeat(now).await;
        }
        for _ in 0..5 {
            before.push(rotation.race().await);
        }
        if sealed_with_the_old_one.is_none() && seal_keys == &added && replica == 1 {
            sealed_with_the_old_one = before.pop();
        }
    }
    let (name, _) = sealed_with_the_old_one.expect("one");
    for replica in &rotation.replicas {
        let refused = rotation.house.caller.create(&replica.gateway, name.as_str(), &Create::token(&name)).await;
        refused.problem("outcome_unknown");
    }
    let simulator = &rotation.house.simulator;
    assert_eq!((simulator.executions(), simulator.requests().len()), (rotation.keys, rotation.keys));
}
