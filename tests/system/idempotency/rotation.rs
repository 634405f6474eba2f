//! Seal keys are rotated at one gateway after the other while both serve.

use futures_util::future::join_all;

use super::caller::{Create, is_replayed, is_running};
use super::cluster::Cluster;
use super::replica::{Replica, SEAL_KEYS};
use crate::reply::Reply;

struct Rotation {
    cluster: Cluster,
    replicas: [Replica; 2],
    /// How many idempotency keys were used.
    keys: usize,
}

impl Rotation {
    /// A new request. Returns the name of its user, which is also its key.
    fn fresh(&mut self) -> (String, Create) {
        let name = format!("user-{}", self.keys);
        self.keys += 1;
        self.cluster.add_users([name.as_str()]);
        let create = Create::token(&name);
        (name, create)
    }

    /// Sends a new request to both gateways at once and retries until it is settled. Exactly one gateway executes it.
    async fn race(&mut self) -> (String, Reply) {
        let (name, create) = self.fresh();
        let racers = self.replicas.iter().cycle().take(4);
        let caller = &self.cluster.caller;
        let first = join_all(racers.map(|replica| caller.create(&replica.gateway, name.as_str(), &create))).await;
        let executed: Vec<_> = first.iter().filter(|reply| !is_running(reply) && !is_replayed(reply)).collect();
        let [reply] = executed[..] else { panic!("exactly one reply is neither in progress nor replayed: {first:?}") };
        assert_eq!(reply.status, 201, "{}", reply.text());
        for replica in &self.replicas {
            let last = caller.settle(&replica.gateway, &name, &create).await;
            assert_eq!((is_replayed(&last), &last.body), (true, &reply.body), "{}", last.text());
        }
        let reply = first.into_iter().find(|reply| !is_running(reply)).expect("a reply");
        (name, reply)
    }

    /// Sends a new request to one gateway.
    async fn create(&mut self, at: usize) -> (String, Reply) {
        let (name, create) = self.fresh();
        let reply = self.cluster.caller.create(&self.replicas[at].gateway, name.as_str(), &create).await;
        assert_eq!((reply.status, is_replayed(&reply)), (201, false), "{}", reply.text());
        (name, reply)
    }

    /// Checks that both gateways replay the reply to an earlier request.
    async fn expect_replayed(&self, (name, reply): &(String, Reply)) {
        for replica in &self.replicas {
            let retried = self.cluster.caller.create(&replica.gateway, name.as_str(), &Create::token(name)).await;
            assert_eq!((retried.status, is_replayed(&retried), &retried.body), (201, true, &reply.body), "{name}");
        }
    }
}

#[tokio::test]
async fn seal_keys_rotate_at_one_gateway_after_the_other_and_no_request_is_executed_twice() {
    let (old, new) = ("0d".repeat(32), "2e".repeat(32));
    let (added, promoted) = (format!("{old},{new}"), format!("{new},{old}"));
    let cluster = Cluster::start().await;
    let start = async || Replica::start(cluster.environment(), &[(SEAL_KEYS, &old)]).await;
    let replicas = [start().await, start().await];
    let mut rotation = Rotation { cluster, replicas, keys: 0 };
    let mut before = vec![rotation.race().await, rotation.create(0).await, rotation.create(1).await];
    let mut sealed_with_the_old_one = None;
    for (replica, seal_keys) in [(0, &added), (1, &added), (0, &promoted), (1, &promoted), (0, &new), (1, &new)] {
        rotation.replicas[replica].replace(&[(SEAL_KEYS, seal_keys)]).await;
        for earlier in &before {
            rotation.expect_replayed(earlier).await;
        }
        before = vec![rotation.create(0).await, rotation.create(1).await];
        for now in &before {
            rotation.expect_replayed(now).await;
        }
        for _ in 0..5 {
            before.push(rotation.race().await);
        }
        if sealed_with_the_old_one.is_none() && seal_keys == &added && replica == 1 {
            sealed_with_the_old_one = before.pop();
        }
    }
    let (name, _) = sealed_with_the_old_one.expect("a request sealed with the old key");
    for replica in &rotation.replicas {
        let refused = rotation.cluster.caller.create(&replica.gateway, name.as_str(), &Create::token(&name)).await;
        refused.problem("outcome_unknown");
    }
    let simulator = &rotation.cluster.simulator;
    assert_eq!((simulator.executions(), simulator.requests().len()), (rotation.keys, rotation.keys));
}
