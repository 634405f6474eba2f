//! Tests of the background fetches, with a simulated clock.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{Instant, advance, sleep, timeout};

use super::Refresher;
use crate::callers::jwt::algorithm::Algorithm;
use crate::callers::jwt::fetch::FetchKeys;
use crate::callers::jwt::refusal::Refusal;
use crate::callers::jwt::source::{Lookup, Source};

const COOL_DOWN: Duration = Duration::from_secs(30);
const HOUR: Duration = Duration::from_secs(3600);

/// A point on Ed25519.
const BASE_POINT: &str = "WGZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmY";

/// An issuer with keys that tests can change. It counts fetches.
#[derive(Clone)]
struct Issuer(Arc<Mutex<State>>);

struct State {
    kids: Option<Vec<&'static str>>,
    delay: Duration,
    fetches: usize,
    at_once: usize,
}

impl Issuer {
    /// Starts a task that fetches these keys. Returns the issuer and the source that the task fills.
    fn start(kids: Option<Vec<&'static str>>) -> (Self, Source) {
        let state = State { kids, delay: Duration::from_millis(100), fetches: 0, at_once: 0 };
        let issuer = Self(Arc::new(Mutex::new(state)));
        let source = Source::url(COOL_DOWN);
        let refresh = source.refresh.clone().unwrap();
        tokio::spawn(Refresher::new(issuer.clone(), source.clone(), refresh).run());
        (issuer, source)
    }

    fn publish(&self, kids: Option<Vec<&'static str>>) {
        self.0.lock().unwrap().kids = kids;
    }

    fn delay(&self, delay: Duration) {
        self.0.lock().unwrap().delay = delay;
    }

    fn fetches(&self) -> usize {
        self.0.lock().unwrap().fetches
    }
}

impl FetchKeys for Issuer {
    async fn fetch(&self) -> Result<Vec<u8>, String> {
        let (kids, delay) = {
            let mut state = self.0.lock().unwrap();
            state.fetches += 1;
            state.at_once += 1;
            assert_eq!(state.at_once, 1, "one fetch at a time");
            (state.kids.clone(), state.delay)
        };
        sleep(delay).await;
        self.0.lock().unwrap().at_once -= 1;
        let jwk = |kid: &&str| json!({ "kid": kid, "kty": "OKP", "crv": "Ed25519", "x": BASE_POINT });
        let set = |kids: Vec<&str>| json!({ "keys": kids.iter().map(jwk).collect::<Vec<_>>() }).to_string();
        kids.map(|kids| set(kids).into_bytes()).ok_or_else(|| "away".to_owned())
    }
}

async fn find(source: &Source, kid: &str) -> Lookup {
    source.find(Some(kid), Algorithm::Ed25519, Instant::now() + Duration::from_secs(10)).await
}

#[track_caller]
fn expect(lookup: &Lookup, expected: &str) {
    let word = match lookup {
        Lookup::Found(_) => "found",
        Lookup::Refused(refusal) => {
            assert_eq!(*refusal, Refusal::UnknownKey);
            "unknown"
        }
        Lookup::Unavailable => "unavailable",
    };
    assert_eq!(word, expected);
}

#[tokio::test(start_paused = true)]
async fn the_first_request_waits_for_the_first_keys() {
    let (issuer, source) = Issuer::start(Some(vec!["a"]));
    expect(&find(&source, "a").await, "found");
    assert_eq!(issuer.fetches(), 1);
    assert!(source.age().unwrap() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn any_number_of_unknown_kids_causes_one_fetch_per_cool_down() {
    let (issuer, source) = Issuer::start(Some(vec!["a"]));
    expect(&find(&source, "a").await, "found");
    for round in 1..=3 {
        let mut requests = JoinSet::new();
        for number in 0..200 {
            let source = source.clone();
            requests.spawn(async move { find(&source, &format!("unknown-{number}")).await });
        }
        for lookup in requests.join_all().await {
            expect(&lookup, "unknown");
        }
        assert_eq!(issuer.fetches(), 1 + round);
        advance(Duration::from_secs(29)).await;
        let asked = Instant::now();
        expect(&find(&source, "unknown").await, "unknown");
        assert_eq!(
            (issuer.fetches(), asked.elapsed()),
            (1 + round, Duration::ZERO),
            "no request waits during the cool-down"
        );
        advance(Duration::from_secs(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_token_with_a_new_kid_causes_a_fetch() {
    let (issuer, source) = Issuer::start(Some(vec!["old"]));
    expect(&find(&source, "old").await, "found");
    issuer.publish(Some(vec!["old", "new"]));
    expect(&find(&source, "new").await, "found");
    issuer.publish(Some(vec!["newest"]));
    expect(&find(&source, "newest").await, "unknown");
    expect(&find(&source, "old").await, "found");
    advance(COOL_DOWN).await;
    expect(&find(&source, "newest").await, "found");
    expect(&find(&source, "old").await, "unknown");
    assert_eq!(issuer.fetches(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_request_waits_two_seconds_or_until_its_own_deadline() {
    let (issuer, source) = Issuer::start(Some(vec!["a"]));
    expect(&find(&source, "a").await, "found");
    issuer.delay(Duration::from_secs(5));
    for (time_left, waited) in [(10_000, 2000), (300, 300)] {
        let start = Instant::now();
        let deadline = start + Duration::from_millis(time_left);
        expect(&source.find(Some("unknown"), Algorithm::Ed25519, deadline).await, "unknown");
        let waited = Duration::from_millis(waited);
        assert!((waited..waited + Duration::from_millis(2)).contains(&start.elapsed()), "{:?}", start.elapsed());
    }
    assert_eq!(issuer.fetches(), 2);
    let known = Instant::now();
    expect(&find(&source, "a").await, "found");
    assert_eq!(known.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn keys_are_fetched_every_hour() {
    let (issuer, source) = Issuer::start(Some(vec!["a"]));
    expect(&find(&source, "a").await, "found");
    issuer.publish(Some(vec!["b"]));
    sleep(Duration::from_secs(3599)).await;
    expect(&find(&source, "a").await, "found");
    sleep(Duration::from_secs(2)).await;
    assert_eq!(issuer.fetches(), 2);
    expect(&find(&source, "b").await, "found");
    assert_eq!(issuer.fetches(), 2);
}

#[tokio::test(start_paused = true)]
async fn after_failed_fetches_keys_are_used_for_one_day() {
    let (issuer, source) = Issuer::start(Some(vec!["a"]));
    expect(&find(&source, "a").await, "found");
    for away in [None, Some(vec![])] {
        issuer.publish(away);
        sleep(HOUR * 11).await;
        expect(&find(&source, "a").await, "found");
    }
    assert!(source.age().unwrap() > HOUR * 21);
    expect(&find(&source, "unknown").await, "unknown");
    sleep(HOUR * 2).await;
    expect(&find(&source, "a").await, "unavailable");
    issuer.publish(Some(vec!["a"]));
    sleep(COOL_DOWN * 16).await;
    expect(&find(&source, "a").await, "found");
}

#[tokio::test(start_paused = true)]
async fn without_keys_fetches_are_retried_until_they_succeed() {
    let (issuer, source) = Issuer::start(None);
    expect(&find(&source, "a").await, "unavailable");
    assert_eq!(source.age(), None);
    sleep(COOL_DOWN * 8).await;
    assert!((3..=6).contains(&issuer.fetches()), "{}", issuer.fetches());
    issuer.publish(Some(vec!["a"]));
    sleep(COOL_DOWN * 16).await;
    let fetches = issuer.fetches();
    expect(&find(&source, "a").await, "found");
    assert_eq!(issuer.fetches(), fetches);
}

#[tokio::test(start_paused = true)]
async fn without_keys_the_first_request_causes_a_fetch_and_later_ones_do_not_wait() {
    let (issuer, source) = Issuer::start(None);
    sleep(Duration::from_secs(1)).await;
    issuer.publish(Some(vec!["a"]));
    expect(&find(&source, "a").await, "found");
    assert_eq!(issuer.fetches(), 2);

    let (issuer, source) = Issuer::start(None);
    sleep(Duration::from_secs(1)).await;
    expect(&find(&source, "a").await, "unavailable");
    let start = Instant::now();
    expect(&find(&source, "a").await, "unavailable");
    assert_eq!((issuer.fetches(), start.elapsed()), (2, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn keys_from_a_file_do_not_age_and_no_request_waits() {
    let source = Source::file();
    expect(&find(&source, "a").await, "unavailable");
    let set = json!({ "keys": [{ "kid": "a", "kty": "OKP", "crv": "Ed25519", "x": BASE_POINT }, {}] });
    assert_eq!(source.replace(set.to_string().into_bytes()).unwrap().len(), 1);
    assert!(source.replace(set.to_string().into_bytes()).unwrap().is_empty(), "reported once");
    assert!(source.replace(b"{}".to_vec()).is_err());
    advance(HOUR * 1000).await;
    expect(&find(&source, "a").await, "found");
    assert_eq!(source.age(), None);
    let unknown = timeout(Duration::from_millis(1), find(&source, "b")).await.unwrap();
    expect(&unknown, "unknown");
}
