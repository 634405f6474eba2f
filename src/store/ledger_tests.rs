//! The life of a record, by a clock that the test turns.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use secrecy::ExposeSecret;
use tokio::time::{Instant, advance};

use super::{Found, Ledger};
use crate::domain::CallerShare;
use crate::metrics::Metrics;
use crate::store::configuration::{IdempotencySettings, StoreSettings};
use crate::store::{Claim, RedisOptions, Request, SealKeys, Settlement};

const LEASE: Duration = Duration::from_secs(15);
static CALLER: LazyLock<Arc<str>> = LazyLock::new(|| "caller".into());

fn request() -> Request<'static> {
    Request { caller: &CALLER, operation: "operation", key: "key", path: &["bob"], content: b"{}", body: b"{ }" }
}

fn ledger() -> Arc<Ledger> {
    let store = StoreSettings::Memory { max_keys: 10 };
    let settings = IdempotencySettings { ttl: Duration::from_secs(1000), store };
    Arc::new(Ledger::open(&settings, Arc::new(Metrics::default()), CallerShare::default()).expect("a ledger"))
}

async fn find(ledger: &Arc<Ledger>) -> Found {
    look_up(ledger, &request()).await
}

async fn look_up(ledger: &Arc<Ledger>, request: &Request<'_>) -> Found {
    ledger.find(request, Instant::now() + LEASE, LEASE).await.expect("memory is there")
}

async fn claim(ledger: &Arc<Ledger>) -> Claim {
    match find(ledger).await {
        Found::Nothing(claim) => claim,
        found => panic!("{found:?}"),
    }
}

fn reply(valid_for: Option<Duration>) -> Settlement {
    Settlement::Reply { reply: "reply".into(), valid_for }
}

#[tokio::test(start_paused = true)]
async fn a_claim_lapses_with_its_lease_and_its_owner_can_no_longer_send() {
    let ledger = ledger();
    let first = claim(&ledger).await;
    assert!(matches!(find(&ledger).await, Found::Running));
    advance(LEASE).await;
    let second = claim(&ledger).await;
    assert!(first.sent().await.is_err());
    first.settle(&reply(None)).await;
    assert!(matches!(find(&ledger).await, Found::Running), "it is the second one's");
    second.sent().await.expect("its own");
}

#[tokio::test(start_paused = true)]
async fn what_was_sent_and_not_settled_within_its_lease_is_unknown_until_it_is_settled() {
    let ledger = ledger();
    let claim = claim(&ledger).await;
    advance(Duration::from_secs(5)).await;
    claim.sent().await.expect("it is the owner");
    claim.sent().await.expect("told twice");
    advance(Duration::from_secs(9)).await;
    assert!(matches!(find(&ledger).await, Found::Running));
    advance(Duration::from_secs(1)).await;
    assert!(matches!(find(&ledger).await, Found::Unknown));
    claim.settle(&reply(None)).await;
    assert!(matches!(find(&ledger).await, Found::Reply { has_secrets: false, .. }), "late, but the truth");
}

#[tokio::test(start_paused = true)]
async fn a_reply_is_repeated_until_its_time_is_over() {
    let ledger = ledger();
    let claim = claim(&ledger).await;
    claim.sent().await.unwrap();
    claim.settle(&reply(None)).await;
    advance(Duration::from_secs(999)).await;
    let Found::Reply { reply, has_secrets: false } = find(&ledger).await else { panic!("no reply") };
    assert_eq!(reply.expose_secret(), "reply");
    advance(Duration::from_secs(1)).await;
    assert!(matches!(find(&ledger).await, Found::Nothing(_)));
}

#[tokio::test(start_paused = true)]
async fn secrets_are_repeated_while_they_are_valid_and_gone_afterwards() {
    let ledger = ledger();
    let claim = claim(&ledger).await;
    claim.sent().await.unwrap();
    claim.settle(&reply(Some(Duration::from_secs(300)))).await;
    advance(Duration::from_secs(299)).await;
    assert!(matches!(find(&ledger).await, Found::Reply { has_secrets: true, .. }));
    advance(Duration::from_secs(1)).await;
    assert!(matches!(find(&ledger).await, Found::SecretsExpired));
}

#[tokio::test(start_paused = true)]
async fn secrets_that_came_too_late_are_never_repeated() {
    let ledger = ledger();
    let claim = claim(&ledger).await;
    claim.settle(&reply(Some(Duration::ZERO))).await;
    assert!(matches!(find(&ledger).await, Found::SecretsExpired));
}

#[tokio::test(start_paused = true)]
async fn a_key_is_free_after_a_release_and_taken_after_an_unknown_end() {
    let ledger = ledger();
    claim(&ledger).await.settle(&Settlement::Release).await;
    let second = claim(&ledger).await;
    second.sent().await.unwrap();
    second.settle(&Settlement::Unknown).await;
    assert!(matches!(find(&ledger).await, Found::Unknown));
}

#[tokio::test(start_paused = true)]
async fn a_request_is_identified_by_operation_path_values_and_content() {
    let ledger = ledger();
    let claim = claim(&ledger).await;
    for other in [
        Request { path: &["carol"], ..request() },
        Request { path: &[], ..request() },
        Request { path: &["bob", "{}"], content: b"", ..request() },
        Request { content: b"{ }", ..request() },
    ] {
        assert!(matches!(look_up(&ledger, &other).await, Found::OtherRequest));
    }
    let other_bytes = Request { body: b"{\n}", ..request() };
    assert!(matches!(look_up(&ledger, &other_bytes).await, Found::Running), "the raw body does not count");
    claim.settle(&Settlement::Unknown).await;
    assert!(matches!(look_up(&ledger, &Request { path: &["carol"], ..request() }).await, Found::OtherRequest));
    for apart in [
        Request { caller: &"other".into(), ..request() },
        Request { operation: "other", ..request() },
        Request { key: "other", ..request() },
    ] {
        assert!(matches!(look_up(&ledger, &apart).await, Found::Nothing(_)));
    }
}

fn redis(url: &str, seal_key: &str) -> IdempotencySettings {
    let options = RedisOptions { url: url.into(), timeout: Duration::from_millis(100), ca_certificate: None };
    let seal_keys = SealKeys::parse(&seal_key.repeat(64)).expect("keys");
    IdempotencySettings { ttl: Duration::from_secs(1000), store: StoreSettings::Redis { options, seal_keys } }
}

#[test]
fn secrets_may_change_but_not_the_store_they_are_for() {
    let in_use = redis("redis://:old@127.0.0.1:1/0", "a");
    let ledger = Ledger::open(&in_use, Arc::new(Metrics::default()), CallerShare::default())
        .expect("a Redis that is away is no fault");
    let memory = IdempotencySettings { store: StoreSettings::Memory { max_keys: 1 }, ..in_use.clone() };
    for unchanged in [in_use, memory] {
        assert!(ledger.with_secrets(&unchanged).expect("no fault").is_none());
    }
    for fresh in [redis("redis://:old@127.0.0.1:1/0", "b"), redis("redis://user:new@127.0.0.1:1", "a")] {
        assert!(ledger.with_secrets(&fresh).expect("no fault").is_some());
    }
    for elsewhere in
        ["redis://127.0.0.2:1/0", "redis://127.0.0.1:2/0", "redis://127.0.0.1:1/1", "rediss://127.0.0.1:1/0"]
    {
        let fault = ledger.with_secrets(&redis(elsewhere, "a")).expect_err(elsewhere);
        assert!(fault.to_string().contains("redis.url") && !fault.to_string().contains("127.0.0"), "{fault}");
    }
}
