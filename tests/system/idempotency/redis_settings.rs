//! Settings of Redis, and the gateway's settings for the connection to Redis.

use crate::certificates::Authority;
use crate::redis::{CertificateFor, Options, Redis};

use super::caller::{Create, is_replayed};
use super::cluster::Cluster;

/// A secret that no output may contain.
const PASSWORD: &str = "planted-password-of-redis";

async fn cluster_with(options: Options) -> Cluster {
    Cluster::with_redis(Redis::start_with(options).await).await
}

#[tokio::test]
async fn a_redis_that_may_evict_records_prevents_the_start() {
    for policy in ["allkeys-lru", "volatile-ttl"] {
        let others = vec!["--maxmemory-policy", policy];
        let cluster = cluster_with(Options { password: Some(PASSWORD), others, ..Options::default() }).await;
        let finished = cluster.environment().run(&["serve"]);
        assert_eq!(finished.status, Some(78), "{finished:?}");
        let lines: Vec<_> = finished.stderr.lines().collect();
        let [line] = lines[..] else { panic!("one line: {finished:?}") };
        for word in ["redis.url", "maxmemory-policy", "noeviction"] {
            assert!(line.contains(word), "{line}");
        }
        assert!(!finished.stdout.contains(PASSWORD) && !line.contains(PASSWORD), "{finished:?}");
        let set = redis::cmd("CONFIG").arg("SET").arg("maxmemory-policy").arg("noeviction").to_owned();
        cluster.redis.ask::<()>(&set).await;
        let reply = cluster.caller.create(&cluster.gateway().await, "key", &Create::user("alice")).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
    }
}

#[tokio::test]
async fn a_full_redis_makes_the_gateway_refuse_new_keys_and_keep_existing_ones() {
    let cluster = Cluster::start().await;
    let gateway = cluster.gateway().await;
    let alice = Create::user("alice");
    assert_eq!(cluster.caller.create(&gateway, "alice", &alice).await.status, 201);
    let limit = async |bytes: usize| {
        cluster.redis.ask::<()>(redis::cmd("CONFIG").arg("SET").arg("maxmemory").arg(bytes)).await;
    };
    limit(1).await;
    cluster.caller.create(&gateway, "bob", &Create::user("bob")).await.problem("idempotency_unavailable");
    assert_eq!(cluster.calls_for("bob"), 0);
    assert_eq!(cluster.caller.create(&gateway, None, &Create::user("carol")).await.status, 201);
    let line = gateway.wait_for_line(|line| line.contains("the idempotency store cannot be used")).await;
    assert!(line.contains("OOM"), "{line}");
    limit(0).await;
    assert_eq!(cluster.caller.create(&gateway, "bob", &Create::user("bob")).await.status, 201);
    assert!(is_replayed(&cluster.caller.create(&gateway, "alice", &alice).await));
}

#[tokio::test]
async fn a_gateway_that_trusts_the_ca_connects_to_redis_over_tls() {
    let cluster =
        cluster_with(Options { tls: Some(CertificateFor::ItsAddress), password: Some(PASSWORD), ..Options::default() })
            .await;
    let environment = cluster.environment();
    let ca = environment.write("ca.pem", cluster.redis.authority_pem());
    let gateway = environment.set("GATEWAY__REDIS__CA_CERTIFICATE_FILE", &ca).serve().await;
    for replayed in [false, true] {
        let reply = cluster.caller.create(&gateway, "key", &Create::user("alice")).await;
        assert_eq!((reply.status, is_replayed(&reply)), (201, replayed), "{}", reply.text());
    }
}

#[tokio::test]
async fn an_untrusted_certificate_of_redis_is_refused_and_the_log_says_why() {
    for (certificate, is_known, cause) in [
        (CertificateFor::ItsAddress, false, "UnknownIssuer"),
        (CertificateFor::Host("other.example"), true, "not valid for name"),
    ] {
        let cluster = cluster_with(Options { tls: Some(certificate), ..Options::default() }).await;
        let trusted = if is_known { cluster.redis.authority_pem() } else { Authority::new("Another").pem() };
        let environment = cluster.environment();
        let ca = environment.write("ca.pem", trusted);
        let gateway = environment.set("GATEWAY__REDIS__CA_CERTIFICATE_FILE", &ca).serve().await;
        gateway.wait_for_line(|line| line.contains("maxmemory-policy") && line.contains(cause)).await;
        cluster.caller.create(&gateway, "key", &Create::user("alice")).await.problem("idempotency_unavailable");
        gateway.wait_for_line(|line| line.contains("store cannot be used") && line.contains(cause)).await;
        assert_eq!(cluster.calls_for("alice"), 0);
    }
}
