//! Users of Redis: their permissions and passwords.

use redis::cmd;

use super::caller::{Create, is_replayed};
use super::cluster::Cluster;
use super::replica::{REDIS_URL, Replica};
use crate::process::{GatewayProcess, sample};
use crate::redis::{Options, Redis};

/// Secrets that no output may contain.
const PASSWORD: &str = "planted-password-of-redis";
const OTHER: &str = "planted-other-password";

/// The permissions that `docs/operations.md` names for a dedicated user of Redis.
const RIGHTS: &str = "resetchannels ~centagate-gateway:* -@all +eval +evalsha +script|load +get +pttl +set +del";

async fn cluster_with_password() -> Cluster {
    Cluster::with_redis(Redis::start_with(Options { password: Some(PASSWORD), ..Options::default() }).await).await
}

/// Sends a request twice. The gateway executes the first and replays the second.
async fn expect_works(cluster: &Cluster, gateway: &GatewayProcess, name: &str) {
    cluster.add_users([name]);
    for replayed in [false, true] {
        let reply = cluster.caller.create(gateway, name, &Create::token(name)).await;
        assert_eq!((reply.status, is_replayed(&reply)), (201, replayed), "{}", reply.text());
    }
}

#[tokio::test]
async fn the_password_of_redis_appears_in_no_output() {
    let mut cluster = cluster_with_password().await;
    for password in [PASSWORD, OTHER] {
        let url = cluster.redis.url().replace(PASSWORD, password);
        let environment = cluster.environment().set("GATEWAY__REDIS__URL", &url);
        let environment = environment.set("GATEWAY__TELEMETRY__LOG_FILTER", "trace");
        let checked = environment.run(&["check-config"]);
        assert_eq!(checked.status, Some(0), "{checked:?}");
        assert!(checked.stdout.contains("redis.url = set"), "{checked:?}");
        let gateway = environment.serve().await;
        let reply = cluster.caller.create(&gateway, "key", &Create::user("alice")).await;
        if password == PASSWORD {
            assert_eq!(reply.status, 201, "{}", reply.text());
            cluster.redis.kill().await;
            let refused = cluster.caller.create(&gateway, "key", &Create::user("alice")).await;
            refused.problem("idempotency_unavailable");
            cluster.redis.restart().await;
        } else {
            reply.problem("idempotency_unavailable");
            let line = gateway.wait_for_line(|line| line.contains("store cannot be used")).await;
            assert!(line.contains("authentication failed"), "{line}");
        }
        let (_, metrics) = gateway.manage("/metrics").await;
        assert_eq!(sample(&metrics, "gateway_store_unavailable"), 1);
        let outputs = [gateway.lines(), gateway.stderr_lines(), vec![checked.stdout, checked.stderr, metrics]].concat();
        assert!(outputs.iter().all(|text| !text.contains(PASSWORD) && !text.contains(OTHER)), "{outputs:?}");
    }
}

#[tokio::test]
async fn the_password_of_redis_is_replaced_while_the_gateway_serves() {
    let cluster = cluster_with_password().await;
    let (old, new) = (cluster.redis.url(), cluster.redis.url().replace(PASSWORD, OTHER));
    let mut replica = Replica::start(cluster.environment(), &[(REDIS_URL, &old)]).await;
    expect_works(&cluster, &replica.gateway, "alice").await;
    cluster.redis.ask::<()>(cmd("ACL").arg("SETUSER").arg("default").arg(format!(">{OTHER}"))).await;
    replica.replace(&[(REDIS_URL, &new)]).await;
    cluster.redis.ask::<()>(cmd("CLIENT").arg("KILL").arg("TYPE").arg("normal")).await;
    cluster.redis.ask::<()>(cmd("ACL").arg("SETUSER").arg("default").arg(format!("<{PASSWORD}"))).await;
    expect_works(&cluster, &replica.gateway, "bob").await;
    assert!(is_replayed(&cluster.caller.create(&replica.gateway, "alice", &Create::token("alice")).await));
    assert!(replica.gateway.lines().iter().all(|line| !line.contains(PASSWORD) && !line.contains(OTHER)));
}

#[tokio::test]
async fn a_redis_user_with_the_documented_permissions_is_enough() {
    let cluster = Cluster::start().await;
    for (rights, can_read_policy) in [(RIGHTS.to_owned(), false), (format!("{RIGHTS} +config|get"), true)] {
        let mut user = cmd("ACL");
        user.arg("SETUSER").arg("gateway").arg("reset").arg("on").arg(format!(">{PASSWORD}"));
        cluster.redis.ask::<()>(user.arg(rights.split(' ').collect::<Vec<_>>())).await;
        let url = cluster.redis.url().replace("://", &format!("://gateway:{PASSWORD}@"));
        let gateway = cluster.environment().set("GATEWAY__REDIS__URL", &url).serve().await;
        expect_works(&cluster, &gateway, if can_read_policy { "alice" } else { "bob" }).await;
        let warning = gateway.lines().into_iter().find(|line| line.contains("make sure that it"));
        assert_eq!(warning.is_none(), can_read_policy, "{warning:?}");
        assert!(warning.is_none_or(|line| line.contains("NOPERM")));
    }
}
