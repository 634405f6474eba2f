//! Rate limits of callers.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::callers;
use crate::gateway::{Setup, TestGateway, alice, token, user, with};
use crate::process::sample;
use crate::raw;
use crate::reply::Reply;

/// Parses `name → (parameter → number)`: a list of strings with integer parameters (RFC 9651). Both fields have this
/// format (draft-ietf-httpapi-ratelimit-headers-10, sections 3 and 4).
fn items(field: &str) -> BTreeMap<String, BTreeMap<String, u64>> {
    let mut items = BTreeMap::new();
    for item in field.split(',') {
        let mut parts = item.trim_matches(' ').split(';');
        let name = parts.next().and_then(|name| name.strip_prefix('"')?.strip_suffix('"')).expect(field);
        assert!(!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{field}");
        let mut parameters = BTreeMap::new();
        for parameter in parts {
            let (key, value) = parameter.split_once('=').expect(field);
            assert!((1..=15).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_digit()), "{field}");
            assert!(parameters.insert(key.to_owned(), value.parse().unwrap()).is_none(), "{field}");
        }
        assert!(items.insert(name.to_owned(), parameters).is_none(), "{field}");
    }
    items
}

/// The values of `q`, `w`, `r` and `t` of the limit `requests`.
#[track_caller]
fn requests(reply: &Reply) -> [u64; 4] {
    let policy = items(reply.header("ratelimit-policy").expect("RateLimit-Policy"));
    let state = items(reply.header("ratelimit").expect("RateLimit"));
    assert!(policy.keys().eq(state.keys()), "both fields name the same limits: {reply:?}");
    let number = |items: &BTreeMap<String, BTreeMap<String, u64>>, key: &str| items["requests"][key];
    for (items, keys) in [(&policy, ["q", "w"]), (&state, ["r", "t"])] {
        assert!(items.values().all(|parameters| parameters.keys().eq(&keys)), "{reply:?}");
    }
    [number(&policy, "q"), number(&policy, "w"), number(&state, "r"), number(&state, "t")]
}

fn limited(per_minute: &str, burst: &str) -> Setup {
    Setup::new().set("rate_limit.requests_per_minute", per_minute).set("rate_limit.burst", burst)
}

async fn post(gateway: &TestGateway, key: &str, path: &str, body: &Value) -> Reply {
    gateway.send(gateway.post_as(key, path, body)).await
}

#[track_caller]
fn retry_after(reply: &Reply) -> u64 {
    assert_eq!(reply.status, 429, "{}", reply.text());
    reply.problem("rate_limited");
    let seconds = reply.header("retry-after").expect("Retry-After").parse().expect("whole seconds");
    assert!(seconds >= 1, "{reply:?}");
    seconds
}

#[tokio::test]
async fn a_caller_over_its_burst_gets_429_until_retry_after_has_passed() {
    let gateway = limited("60", "3").start().await;
    for (number, left) in [2, 1, 0].into_iter().enumerate() {
        let reply = post(&gateway, callers::USERS, "/users", &user(&format!("user-{number}"))).await;
        let [quota, window, remaining, reset] = requests(&reply);
        assert_eq!((reply.status, quota, window), (201, 3, 3));
        // The limit may have been refilled meanwhile.
        assert!(remaining >= left && remaining < 3 && (1..=3).contains(&reset), "{reply:?}");
    }
    let mut refused = post(&gateway, callers::USERS, "/users", &user("late")).await;
    let mut sent = 3;
    while refused.status == 201 {
        sent += 1; // a slow machine
        refused = post(&gateway, callers::USERS, "/users", &user(&format!("late-{sent}"))).await;
    }
    let seconds = retry_after(&refused);
    assert_eq!((requests(&refused)[2], seconds), (0, 1), "{refused:?}");
    assert_eq!(gateway.simulator.requests().len(), sent);
    let (_, metrics) = gateway.manage("/metrics").await;
    assert_eq!(sample(&metrics, "gateway_rate_limited_total{limit=\"requests\"}"), 1, "{metrics}");
    tokio::time::sleep(Duration::from_secs(seconds)).await; // as `Retry-After` says
    assert_eq!(post(&gateway, callers::USERS, "/users", &user("patient")).await.status, 201);
}

#[tokio::test]
async fn only_replies_to_known_callers_have_the_rate_limit_fields() {
    let gateway = limited("1", "100").set("server.max_body_bytes", "256").start().await;
    let headers = format!("Authorization: Bearer {}\r\n", callers::NO_ADMINS);
    let json = headers.clone() + "Content-Type: application/json\r\n";
    let small = json!({ "status": "valid" });
    let large = "x".repeat(300);
    let replies = [
        (403, post(&gateway, callers::TOKENS, "/users", &alice()).await),
        (403, post(&gateway, callers::NO_ADMINS, "/users/admin/otp-token", &small).await),
        (415, gateway.post_raw("/users", &headers, b"{}").await),
        (413, gateway.post_raw("/users", &json, large.as_bytes()).await),
        (400, gateway.post_raw("/users", &json, b"{").await),
        (422, gateway.post_raw("/users", &json, b"{}").await),
        (422, gateway.post_raw("/users/%00/otp-token", &json, b"{}").await),
        (201, post(&gateway, callers::NO_ADMINS, "/users", &alice()).await),
        (409, post(&gateway, callers::NO_ADMINS, "/users", &alice()).await),
        (404, post(&gateway, callers::NO_ADMINS, "/users/nobody/otp-token", &small).await),
        (201, post(&gateway, callers::NO_ADMINS, "/users/bob/otp-token", &small).await),
    ];
    let mut left = 99;
    for (status, reply) in replies {
        assert_eq!(reply.status, status, "{}", reply.text());
        let [quota, window, remaining, _] = requests(&reply);
        assert_eq!((quota, window), (100, 6000), "{reply:?}");
        if status != 403 || reply.text().contains("own admin") {
            // Each request of this caller reduces its remaining quota by one.
            assert_eq!(remaining, left, "{reply:?}");
            left -= 1;
        }
    }
    for reply in [
        post(&gateway, "unknown", "/users", &alice()).await,
        post(&gateway, callers::EXPIRED, "/users", &alice()).await,
        post(&gateway, callers::USERS, "/nowhere", &alice()).await,
        gateway.get("/users").await,
        gateway.get("/problems").await,
        gateway.get("/docs/").await,
    ] {
        assert!(matches!(reply.status, 200 | 401 | 404 | 405), "{}", reply.text());
        assert!(reply.header("ratelimit").is_none() && reply.header("ratelimit-policy").is_none(), "{reply:?}");
    }
}

#[tokio::test]
async fn an_exhausted_limit_hides_later_checks_but_neither_401_nor_a_missing_scope() {
    let gateway = limited("1", "1").start().await;
    assert_eq!(post(&gateway, callers::USERS, "/users", &alice()).await.status, 201);
    retry_after(&post(&gateway, callers::USERS, "/users", &alice()).await);
    let refused = post(&gateway, callers::USERS, "/users/bob/otp-token", &token()).await;
    assert_eq!((refused.status, requests(&refused)[2]), (403, 0), "{}", refused.text());
    post(&gateway, callers::USERS, "/nowhere", &alice()).await.problem("not_found");
    let wrong_method = gateway.request(reqwest::Method::PUT, "/users").bearer_auth(callers::USERS);
    gateway.send(wrong_method).await.problem("method_not_allowed");
    post(&gateway, "unknown", "/users", &alice()).await.problem("unauthenticated");
    let two = format!("Authorization: Bearer {0}\r\nAuthorization: Bearer {0}\r\n", callers::USERS);
    gateway.post_raw("/users", &two, b"{}").await.problem("unauthenticated");
    // Content type, size, JSON and rules are not checked.
    let key = format!("Authorization: Bearer {}\r\n", callers::USERS);
    for (headers, body) in [("", "{}"), ("Content-Type: application/json\r\n", "{")] {
        retry_after(&gateway.post_raw("/users", &(key.clone() + headers), body.as_bytes()).await);
    }
    retry_after(
        &raw::exchange(
            gateway.address,
            format!("POST /users HTTP/1.1\r\nHost: g\r\n{key}Content-Length: 9999\r\n\r\n").as_bytes(),
        )
        .await,
    );
    assert_eq!(gateway.simulator.requests().len(), 1);
}

#[tokio::test]
async fn keys_of_one_caller_share_a_limit_and_callers_do_not() {
    let scopes = ["users:create"];
    let text = callers::block("shop", "old", &scopes, "")
        + &callers::block("shop", "new", &scopes, "")
        + &callers::block("shop2", "other", &scopes, "");
    let gateway = limited("1", "2").callers(text).start().await;
    for (number, (key, status)) in
        [("old", 201), ("new", 201), ("old", 429), ("new", 429), ("other", 201), ("other", 201), ("other", 429)]
            .into_iter()
            .enumerate()
    {
        let reply = post(&gateway, key, "/users", &user(&format!("user-{number}"))).await;
        assert_eq!(reply.status, status, "{number} {key}: {}", reply.text());
    }
}

#[tokio::test]
async fn zero_disables_a_limit_and_its_fields() {
    let gateway = limited("0", "1").start().await;
    for number in 0..20 {
        let request = gateway.post_as(callers::USERS, "/users", &user(&format!("user-{number}")));
        let reply = request.send().await.unwrap();
        assert_eq!(reply.status(), 201);
        assert!(!reply.headers().contains_key("ratelimit") && !reply.headers().contains_key("ratelimit-policy"));
    }
    for number in 0..20 {
        gateway.simulator.unbind_token("bob");
        let reply = gateway.post_as(callers::TOKENS, "/users/bob/otp-token", &token()).send().await.unwrap();
        assert_eq!(reply.status(), 201, "token {number}");
    }
}

/// A limit of two OTP tokens per user and hour.
fn two_tokens() -> Setup {
    Setup::new().set("rate_limit.otp_tokens_per_user_per_hour", "2")
}

async fn register(gateway: &TestGateway, key: &str, name: &str) -> Reply {
    let name = centagate_gateway::centagate::percent_encode_segment(name);
    post(gateway, key, &format!("/users/{name}/otp-token"), &token()).await
}

#[tokio::test]
async fn otp_tokens_are_limited_per_caller_and_user_in_any_spelling() {
    let gateway = two_tokens().start().await;
    for name in ["Ａlice", "ALICE"] {
        register(&gateway, callers::TOKENS, name).await.problem("user_not_found");
    }
    for name in ["alice", "Ａlice", "aLICE", "ａｌｉｃｅ", "ᴬlice", "álıce", "alice "] {
        let refused = register(&gateway, callers::TOKENS, name).await;
        assert!((1700..=1800).contains(&retry_after(&refused)), "{name}: {refused:?}");
    }
    assert_eq!(gateway.simulator.requests().len(), 2);
    register(&gateway, callers::TOKENS, "аlice").await.problem("user_not_found"); // a Cyrillic letter
    assert_eq!(register(&gateway, callers::TOKENS, "bob").await.status, 201);
    register(&gateway, callers::EVERYTHING, "alice").await.problem("user_not_found");
    assert_eq!(gateway.create_user(&alice()).await.status, 201, "creating users is not limited");
    let (_, metrics) = gateway.manage("/metrics").await;
    assert_eq!(sample(&metrics, "gateway_rate_limited_total{limit=\"otp_tokens_per_user\"}"), 7, "{metrics}");
    assert_eq!(gateway.audit_trail().lines().len(), 2 * gateway.simulator.requests().len());
}

#[tokio::test]
async fn refused_requests_do_not_count_as_otp_tokens_and_an_exhausted_limit_hides_no_refusal() {
    let text = callers::block("narrow", "narrow", &["otp-tokens:create"], "otp_token_statuses = [\"valid\"]");
    let gateway = two_tokens().callers(text).start().await;
    let pending = with(token(), "status", "pending");
    for _ in 0..3 {
        post(&gateway, "narrow", "/users/alice/otp-token", &json!({})).await.problem("invalid_request");
        post(&gateway, "narrow", "/users/alice/otp-token", &pending).await.problem("forbidden");
    }
    for _ in 0..2 {
        register(&gateway, "narrow", "alice").await.problem("user_not_found");
    }
    retry_after(&register(&gateway, "narrow", "alice").await);
    post(&gateway, "narrow", "/users/alice/otp-token", &json!({})).await.problem("invalid_request");
    post(&gateway, "narrow", "/users/alice/otp-token", &pending).await.problem("forbidden");
    register(&gateway, "narrow", "admin").await.problem("forbidden");
    register(&gateway, "unknown", "alice").await.problem("unauthenticated");
}

#[tokio::test]
async fn the_fields_of_a_429_name_the_exhausted_limit() {
    for per_minute in ["600", "0"] {
        let gateway = two_tokens().set("rate_limit.requests_per_minute", per_minute).start().await;
        for attempt in 0..3 {
            let reply = gateway.post_as(callers::TOKENS, "/users/alice/otp-token", &token()).send().await.unwrap();
            if attempt < 2 {
                assert_eq!(reply.status(), 404);
                continue;
            }
            assert_eq!(reply.status(), 429);
            let field =
                |name| reply.headers().get(name).map(|value| items(value.to_str().unwrap())).unwrap_or_default();
            let (policy, state) = (field("ratelimit-policy"), field("ratelimit"));
            let spent: Vec<_> = state.iter().filter(|(_, parameters)| parameters["r"] == 0).collect();
            assert_eq!(
                spent.len(),
                1,
                "the fields name the limit that refused the request, with {per_minute} requests per minute: {state:?}"
            );
            assert_eq!(policy[spent[0].0]["q"], 2, "{policy:?}");
        }
    }
}
