//! How Redis is configured, and how the gateway is configured to reach it.

use crate::certificates::Authority;
use crate::redis::{CertificateFor, Options, Redis};

use super::caller::{Create, is_replayed};
use super::house::House;

/// What must not be shown.
const PASSWORD: &str = "planted-password-of-redis";

async fn house_with(options: Options) -> House {
    House::around(Redis::start_with(options).await).await
}

#[tokio::test]
async fn a_redis_that_may_throw_records_away_stops_the_start() {
    for policy in ["allkeys-lru", "volatile-ttl"] {
        let others = vec!["--maxmemory-policy", policy];
        let house = house_with(Options { password: Some(PASSWORD), others, ..Options::default() }).await;
        let finished = house.environment().run(&["serve"]);
        assert_eq!(finished.status, Some(78), "{finished:?}");
        let lines: Vec<_> = finished.stderr.lines().collect();
        let [line] = lines[..] else { panic!("one line: {finished:?}") };
        for word in ["redis.url", "maxmemory-policy", "noeviction"] {
            assert!(line.contains(word), "{line}");
        }
        assert!(!finished.stdout.contains(PASSWORD) && !line.contains(PASSWORD), "{finished:?}");
        let set = redis::cmd("CONFIG").arg("SET").arg("maxmemory-policy").arg("noeviction").to_owned();
        house.redis.ask::<()>(&set).await;
        let reply = house.caller.create(&house.gateway().await, "key", &Create::user("alice")).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
    }
}

#[tokio::test]
async fn a_full_redis_refuses_new_keys_and_forgets_none() {
    let house = House::build().await;
    let gateway = house.gateway().await;
    let alice = Create::user("alice");
    assert_eq!(house.caller.create(&gateway, "alice", &alice).await.status, 201);
    let limit = async |bytes: usize| {
        house.redis.ask::<()>(redis::cmd("CONFIG").arg("SET").arg("maxmemory").arg(bytes)).await;
    };
    limit(1).await;
    house.caller.create(&gateway, "bob", &Create::user("bob")).await.problem("idempotency_unavailable");
    assert_eq!(house.sent("bob"), 0);
    assert_eq!(house.caller.create(&gateway, None, &Create::user("carol")).await.status, 201);
    let line = gateway.wait_for_line(|line| line.contains("the idempotency store cannot be used")).await;
    assert!(line.contains("OOM"), "{line}");
    limit(0).await;
    assert_eq!(house.caller.create(&gateway, "bob", &Create::user("bob")).await.status, 201);
    assert!(is_replayed(&house.caller.create(&gateway, "alice", &alice).await));
}

#[tokio::test]
async fn a_redis_with_tls_is_reached_by_whoever_trusts_its_authority() {
    let house =
        house_with(Options { tls: Some(CertificateFor::ItsAddress), password: Some(PASSWORD), ..Options::default() })
            .await;
    let environment = house.environment();
    let ca = environment.write("ca.pem", house.redis.authority_pem());
    let gateway = environment.set("GATEWAY__REDIS__CA_CERTIFICATE_FILE", &ca).serve().await;
    for replayed in [false, true] {
        let reply = house.caller.create(&gateway, "key", &Create::user("alice")).await;
        assert_eq!((reply.status, is_replayed(&reply)), (201, replayed), "{}", reply.text());
    }
}

#[tokio::test]
async fn a_redis_whose_certificate_is_not_trusted_is_not_used_and_the_log_says_why() {
    for (certificate, is_known, cause) in [
        (CertificateFor::ItsAddress, false, "UnknownIssuer"),
        (CertificateFor::Host("other.example"), true, "not valid for name"),
    ] {
        let house = house_with(Options { tls: Some(certificate), ..Options::default() }).await;
        let trusted = if is_known { house.redis.authority_pem() } else { Authority::new("Another").pem() };
        let environment = house.environment();
        let ca = environment.write("ca.pem", trusted);
        let gateway = environment.set("GATEWAY__REDIS__CA_CERTIFICATE_FILE", &ca).serve().await;
        gateway.wait_for_line(|line| line.contains("maxmemory-policy") && line.contains(cause)).await;
        house.caller.create(&gateway, "key", &Create::user("alice")).await.problem("idempotency_unavailable");
        gateway.wait_for_line(|line| line.contains("store cannot be used") && line.contains(cause)).await;
        assert_eq!(house.sent("alice"), 0);
    }
}
