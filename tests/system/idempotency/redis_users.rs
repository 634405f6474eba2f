//! Whom Redis takes the gateway for: users, their rights and passwords.

use redis::cmd;

use super::caller::{Create, is_replayed};
use super::house::House;
use super::replica::{REDIS_URL, Replica};
use crate::process::{GatewayProcess, sample};
use crate::redis::{Options, Redis};

/// What must not be shown.
const PASSWORD: &str = "planted-password-of-redis";
const OTHER: &str = "planted-other-password";

/// What `docs/operations.md` says that a user of its own needs.
const RIGHTS: &str = "resetchannels ~centagate-gateway:* -@all +eval +evalsha +script|load +get +pttl +set +del";

async fn house_with_password() -> House {
    House::around(Redis::start_with(Options { password: Some(PASSWORD), ..Options::default() }).await).await
}

/// Two requests, the second of which is answered from Redis.
async fn works(house: &House, gateway: &GatewayProcess, name: &str) {
    house.know([name]);
    for replayed in [false, true] {
        let reply = house.caller.create(gateway, name, &Create::token(name)).await;
        assert_eq!((reply.status, is_replayed(&reply)), (201, replayed), "{}", reply.text());
    }
}

#[tokio::test]
async fn the_password_of_redis_is_shown_nowhere() {
    let mut house = house_with_password().await;
    for password in [PASSWORD, OTHER] {
        let url = house.redis.url().replace(PASSWORD, password);
        let environment = house.environment().set("GATEWAY__REDIS__URL", &url);
        let environment = environment.set("GATEWAY__TELEMETRY__LOG_FILTER", "trace");
        let checked = environment.run(&["check-config"]);
        assert_eq!(checked.status, Some(0), "{checked:?}");
        assert!(checked.stdout.contains("redis.url = set"), "{checked:?}");
        let gateway = environment.serve().await;
        let reply = house.caller.create(&gateway, "key", &Create::user("alice")).await;
        if password == PASSWORD {
            assert_eq!(reply.status, 201, "{}", reply.text());
            house.redis.kill().await;
            let refused = house.caller.create(&gateway, "key", &Create::user("alice")).await;
            refused.problem("idempotency_unavailable");
            house.redis.restart().await;
        } else {
            reply.problem("idempotency_unavailable");
            let line = gateway.wait_for_line(|line| line.contains("store cannot be used")).await;
            assert!(line.contains("authentication failed"), "{line}");
        }
        let (_, metrics) = gateway.manage("/metrics").await;
        assert_eq!(sample(&metrics, "gateway_store_unavailable"), 1);
        let outputs = [gateway.lines(), gateway.complaints(), vec![checked.stdout, checked.stderr, metrics]].concat();
        assert!(outputs.iter().all(|text| !text.contains(PASSWORD) && !text.contains(OTHER)), "{outputs:?}");
    }
}

#[tokio::test]
async fn the_password_of_redis_is_replaced_while_the_gateway_serves() {
    let house = house_with_password().await;
    let (old, new) = (house.redis.url(), house.redis.url().replace(PASSWORD, OTHER));
    let mut replica = Replica::start(house.environment(), &[(REDIS_URL, &old)]).await;
    works(&house, &replica.gateway, "alice").await;
    house.redis.ask::<()>(cmd("ACL").arg("SETUSER").arg("default").arg(format!(">{OTHER}"))).await;
    replica.replace(&[(REDIS_URL, &new)]).await;
    house.redis.ask::<()>(cmd("CLIENT").arg("KILL").arg("TYPE").arg("normal")).await;
    house.redis.ask::<()>(cmd("ACL").arg("SETUSER").arg("default").arg(format!("<{PASSWORD}"))).await;
    works(&house, &replica.gateway, "bob").await;
    assert!(is_replayed(&house.caller.create(&replica.gateway, "alice", &Create::token("alice")).await));
    assert!(replica.gateway.lines().iter().all(|line| !line.contains(PASSWORD) && !line.contains(OTHER)));
}

#[tokio::test]
async fn a_user_of_redis_needs_few_rights() {
    let house = House::build().await;
    for (rights, is_told) in [(RIGHTS.to_owned(), false), (format!("{RIGHTS} +config|get"), true)] {
        let mut user = cmd("ACL");
        user.arg("SETUSER").arg("gateway").arg("reset").arg("on").arg(format!(">{PASSWORD}"));
        house.redis.ask::<()>(user.arg(rights.split(' ').collect::<Vec<_>>())).await;
        let url = house.redis.url().replace("://", &format!("://gateway:{PASSWORD}@"));
        let gateway = house.environment().set("GATEWAY__REDIS__URL", &url).serve().await;
        works(&house, &gateway, if is_told { "alice" } else { "bob" }).await;
        let warning = gateway.lines().into_iter().find(|line| line.contains("make sure that it"));
        assert_eq!(warning.is_none(), is_told, "{warning:?}");
        assert!(warning.is_none_or(|line| line.contains("NOPERM")));
    }
}
