//! Tests of the life of a claim, with a simulated clock.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use secrecy::ExposeSecret;
use tokio::time::{Instant, advance};

use super::Ledger;
use crate::domain::CallerShare;
use crate::metrics::Metrics;
use crate::store::configuration::{IdempotencySettings, StoreSettings};
use crate::store::{Claim, KeyStatus, RedisOptions, Request, SealKeys, Settlement};

const LEASE: Duration = Duration::from_secs(15);
static CALLER: LazyLock<Arc<str>> = LazyLock::new(|| "caller".into());

fn request() -> Request<'static> {
    Request { caller: &CALLER, operation: "operation", key: "key", path: &["bob"], content: b"{}", body: b"{ }" }
}

fn ledger() -> Ledger {
    let store = StoreSettings::Memory { max_keys: 10 };
    let settings = IdempotencySettings { ttl: Duration::from_secs(1000), store };
    Ledger::open(&settings, Arc::new(Metrics::default()), CallerShare::default()).expect("a ledger")
}

async fn status(ledger: &Ledger) -> KeyStatus {
    status_of(ledger, &request()).await
}

async fn status_of(ledger: &Ledger, request: &Request<'_>) -> KeyStatus {
    ledger.claim(request, Instant::now() + LEASE, LEASE).await.expect("memory is always available")
}

async fn claim(ledger: &Ledger) -> Claim {
    match status(ledger).await {
        KeyStatus::New(claim) => claim,
        status => panic!("{status:?}"),
    }
}

fn reply(valid_for: Option<Duration>) -> Settlement {
    Settlement::Reply { reply: "reply".into(), valid_for }
}

#[tokio::test(start_paused = true)]
async fn a_claim_ends_with_its_lease_and_its_request_can_no_longer_be_sent() {
    let ledger = ledger();
    let first = claim(&ledger).await;
    assert!(matches!(status(&ledger).await, KeyStatus::InProgress));
    advance(LEASE).await;
    let second = claim(&ledger).await;
    assert!(first.mark_sent().await.is_err());
    first.settle(&reply(None)).await;
    assert!(matches!(status(&ledger).await, KeyStatus::InProgress), "the second claim owns the record");
    second.mark_sent().await.expect("it owns the record");
}

#[tokio::test(start_paused = true)]
async fn a_sent_request_is_unknown_from_the_end_of_its_lease_until_it_is_settled() {
    let ledger = ledger();
    let claim = claim(&ledger).await;
    advance(Duration::from_secs(5)).await;
    claim.mark_sent().await.expect("it owns the record");
    claim.mark_sent().await.expect("a second call does nothing");
    advance(Duration::from_secs(9)).await;
    assert!(matches!(status(&ledger).await, KeyStatus::InProgress));
    advance(Duration::from_secs(1)).await;
    assert!(matches!(status(&ledger).await, KeyStatus::OutcomeUnknown));
    claim.settle(&reply(None)).await;
    assert!(matches!(status(&ledger).await, KeyStatus::Replied { has_secrets: false, .. }), "a late settlement counts");
}

#[tokio::test(start_paused = true)]
async fn a_reply_is_kept_until_its_lifetime_ends() {
    let ledger = ledger();
    let claim = claim(&ledger).await;
    claim.mark_sent().await.unwrap();
    claim.settle(&reply(None)).await;
    advance(Duration::from_secs(999)).await;
    let KeyStatus::Replied { reply, has_secrets: false } = status(&ledger).await else { panic!("no reply") };
    assert_eq!(reply.expose_secret(), "reply");
    advance(Duration::from_secs(1)).await;
    assert!(matches!(status(&ledger).await, KeyStatus::New(_)));
}

#[tokio::test(start_paused = true)]
async fn secrets_are_kept_only_while_they_are_valid() {
    let ledger = ledger();
    let claim = claim(&ledger).await;
    claim.mark_sent().await.unwrap();
    claim.settle(&reply(Some(Duration::from_secs(300)))).await;
    advance(Duration::from_secs(299)).await;
    assert!(matches!(status(&ledger).await, KeyStatus::Replied { has_secrets: true, .. }));
    advance(Duration::from_secs(1)).await;
    assert!(matches!(status(&ledger).await, KeyStatus::SecretsExpired));
}

#[tokio::test(start_paused = true)]
async fn secrets_that_have_expired_on_arrival_are_not_stored() {
    let ledger = ledger();
    let claim = claim(&ledger).await;
    claim.settle(&reply(Some(Duration::ZERO))).await;
    assert!(matches!(status(&ledger).await, KeyStatus::SecretsExpired));
}

#[tokio::test(start_paused = true)]
async fn a_released_key_is_new_again_and_an_unknown_outcome_stays() {
    let ledger = ledger();
    claim(&ledger).await.settle(&Settlement::Release).await;
    let second = claim(&ledger).await;
    second.mark_sent().await.unwrap();
    second.settle(&Settlement::Unknown).await;
    assert!(matches!(status(&ledger).await, KeyStatus::OutcomeUnknown));
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
        assert!(matches!(status_of(&ledger, &other).await, KeyStatus::Mismatch));
    }
    let other_bytes = Request { body: b"{\n}", ..request() };
    assert!(matches!(status_of(&ledger, &other_bytes).await, KeyStatus::InProgress), "the raw body does not count");
    claim.settle(&Settlement::Unknown).await;
    assert!(matches!(status_of(&ledger, &Request { path: &["carol"], ..request() }).await, KeyStatus::Mismatch));
    for separate in [
        Request { caller: &"other".into(), ..request() },
        Request { operation: "other", ..request() },
        Request { key: "other", ..request() },
    ] {
        assert!(matches!(status_of(&ledger, &separate).await, KeyStatus::New(_)));
    }
}

fn redis(url: &str, seal_key: &str) -> IdempotencySettings {
    let options = RedisOptions { url: url.into(), timeout: Duration::from_millis(100), ca_certificate: None };
    let seal_keys = SealKeys::parse(&seal_key.repeat(64)).expect("keys");
    IdempotencySettings { ttl: Duration::from_secs(1000), store: StoreSettings::Redis { options, seal_keys } }
}

#[test]
fn secrets_can_change_but_the_store_cannot() {
    let current = redis("redis://:old@127.0.0.1:1/0", "a");
    let ledger = Ledger::open(&current, Arc::new(Metrics::default()), CallerShare::default())
        .expect("an unreachable Redis is no error");
    let memory = IdempotencySettings { store: StoreSettings::Memory { max_keys: 1 }, ..current.clone() };
    for unchanged in [current, memory] {
        assert!(ledger.with_new_secrets(&unchanged).expect("no error").is_none());
    }
    for new in [redis("redis://:old@127.0.0.1:1/0", "b"), redis("redis://user:new@127.0.0.1:1", "a")] {
        assert!(ledger.with_new_secrets(&new).expect("no error").is_some());
    }
    for other in ["redis://127.0.0.2:1/0", "redis://127.0.0.1:2/0", "redis://127.0.0.1:1/1", "rediss://127.0.0.1:1/0"] {
        let fault = ledger.with_new_secrets(&redis(other, "a")).expect_err(other);
        assert!(fault.to_string().contains("redis.url") && !fault.to_string().contains("127.0.0"), "{fault}");
    }
}
