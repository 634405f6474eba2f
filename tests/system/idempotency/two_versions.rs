//! The previous version and this one share a Redis during a rollout, and after a rollback.

use std::path::Path;

use futures_util::future::join_all;

use super::caller::{Create, is_replayed, is_running};
use super::cluster::Cluster;

/// `.ci/run` stores the program of the previous commit and its configuration here. That program does not know new
/// configuration keys.
const PREVIOUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/previous/centagate-gateway");
const CONFIGURATION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/previous/source/config");

#[tokio::test]
async fn the_previous_version_and_this_one_execute_each_key_once() {
    assert!(Path::new(PREVIOUS).exists(), "{PREVIOUS} is absent: .ci/run builds it from the previous commit");
    let cluster = Cluster::start().await;
    let mut environment = cluster.environment().set("GATEWAY_CONFIG_DIR", CONFIGURATION);
    environment.program = PREVIOUS;
    let gateways = [environment.serve().await, cluster.gateway().await];

    // Upgrade: the previous version executes, this version replays. Rollback: this version executes, the previous one
    // replays.
    for (first, second) in [(0, 1), (1, 0)] {
        let name = format!("user-{first}");
        cluster.add_users([&*name]);
        let create = Create::token(&name);
        let executed = cluster.caller.create(&gateways[first], &*name, &create).await;
        assert_eq!((executed.status, is_replayed(&executed)), (201, false), "{}", executed.text());
        let replayed = cluster.caller.create(&gateways[second], &*name, &create).await;
        assert_eq!((is_replayed(&replayed), &replayed.body), (true, &executed.body), "{}", replayed.text());
        assert_eq!(cluster.calls_for(&name), 1);

        let other = cluster.caller.create(&gateways[second], &*name, &Create::token_valid_for(60, &name)).await;
        assert_eq!(other.json()["code"], "idempotency_mismatch", "{}", other.text());
        assert_eq!(cluster.calls_for(&name), 1);
    }

    for number in 0..20 {
        let name = format!("racer-{number}");
        cluster.add_users([&*name]);
        let create = Create::token(&name);
        let replies = join_all(gateways.iter().map(|gateway| cluster.caller.create(gateway, &*name, &create))).await;
        let executed: Vec<_> = replies.iter().filter(|reply| !is_running(reply) && !is_replayed(reply)).collect();
        assert_eq!(executed.len(), 1, "{replies:?}");
        assert_eq!(executed[0].status, 201, "{}", executed[0].text());
        for gateway in &gateways {
            let settled = cluster.caller.settle(gateway, &name, &create).await;
            assert_eq!((is_replayed(&settled), &settled.body), (true, &executed[0].body), "{}", settled.text());
        }
        assert_eq!(cluster.calls_for(&name), 1);
    }
}
