//! Requests with an `Idempotency-Key` are executed once. Retries get the stored reply.

use std::time::Duration;

use centagate_simulator::{Behaviour, Gate, Instruction, Operation};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::callers;
use crate::gateway::{Setup, TestGateway, alice, token, user, with};
use crate::process::sample;
use crate::reply::Reply;

impl TestGateway {
    /// Sends a POST with an `Idempotency-Key` as the caller with every scope.
    async fn post_with_key(&self, key: &str, path: &str, body: &Value) -> Reply {
        self.send(self.post(path, body).header("idempotency-key", key)).await
    }
}

#[track_caller]
fn is_replayed(reply: &Reply) -> bool {
    reply.header("idempotent-replayed").is_some_and(|replayed| {
        assert_eq!(replayed, "true");
        true
    })
}

#[tokio::test]
async fn a_retried_create_is_executed_once_and_gets_the_stored_reply() {
    let gateway = TestGateway::start().await;
    let first = gateway.post_with_key("order-1", "/users", &alice()).await;
    assert_eq!((first.status, is_replayed(&first)), (201, false), "{}", first.text());
    for key in ["order-1", "\"order-1\""] {
        let retried = gateway.post_with_key(key, "/users", &alice()).await;
        assert_eq!((retried.status, is_replayed(&retried)), (201, true), "{}", retried.text());
        assert_eq!((retried.json(), retried.header("location")), (first.json(), first.header("location")));
        assert_ne!(retried.header("x-request-id"), first.header("x-request-id"));
    }
    assert_eq!(gateway.simulator.executions(), 1);
    let without_key = gateway.create_user(&alice()).await;
    assert_eq!((without_key.status, is_replayed(&without_key)), (409, false));
}

#[tokio::test]
async fn a_retry_gets_the_same_passcode_and_each_replay_is_audited() {
    let gateway = TestGateway::start().await;
    let first = gateway.post_with_key("k", "/users/bob/otp-token", &token()).await;
    assert_eq!(first.status, 201, "{}", first.text());
    assert!(first.json()["passcode"].is_string());
    for _ in 0..2 {
        let retried = gateway.post_with_key("k", "/users/bob/otp-token", &token()).await;
        assert_eq!((retried.status, is_replayed(&retried), retried.json()), (201, true, first.json()));
        let id = retried.header("x-request-id").unwrap();
        let lines = gateway.audit_trail().of_request(id);
        let [line] = &lines[..] else { panic!("one line: {lines:?}") };
        let members = ["audit", "operation", "caller", "target"].map(|member| line[member].as_str().unwrap());
        assert_eq!(members, ["replay", "registerOtpToken", "everything", "bob"]);
    }
    let trail = gateway.audit_trail().text();
    assert!(!trail.contains(first.json()["passcode"].as_str().unwrap()));
    assert_eq!(gateway.simulator.executions(), 1);
    let (_, metrics) = gateway.manage("/metrics").await;
    assert_eq!(sample(&metrics, "gateway_idempotency_total{result=\"new\"}"), 1);
    assert_eq!(sample(&metrics, "gateway_idempotency_total{result=\"replayed\"}"), 2);
}

#[tokio::test]
async fn an_expired_passcode_is_not_replayed() {
    let gateway = TestGateway::start().await;
    let body = json!({ "status": "valid", "validitySeconds": 1 });
    let first = gateway.post_with_key("k", "/users/bob/otp-token", &body).await;
    assert_eq!(first.status, 201, "{}", first.text());
    let refused = timeout(Duration::from_secs(10), async {
        loop {
            let retried = gateway.post_with_key("k", "/users/bob/otp-token", &body).await;
            if retried.status != 201 {
                return retried;
            }
            sleep(Duration::from_millis(50)).await;
        }
    });
    let refused = refused.await.expect("the passcode's validity ends");
    refused.problem("passcode_no_longer_available");
    assert!(!is_replayed(&refused));
    assert_eq!(gateway.simulator.executions(), 1);
}

#[tokio::test]
async fn a_key_with_another_user_or_body_gets_idempotency_mismatch() {
    let gateway = TestGateway::start().await;
    gateway.create_user(&alice()).await;
    let first = gateway.post_with_key("k", "/users/bob/otp-token", &token()).await;
    assert_eq!(first.status, 201);
    for (path, body) in [
        ("/users/alice/otp-token", token()),
        ("/users/bob/otp-token", with(token(), "validitySeconds", 601)),
        ("/users/BOB/otp-token", token()),
    ] {
        let reply = gateway.post_with_key("k", path, &body).await;
        reply.problem("idempotency_mismatch");
        assert!(!reply.text().contains(first.json()["passcode"].as_str().unwrap()));
    }
    assert_eq!(gateway.simulator.executions(), 2);
    // Another spelling of the same user in the path is the same request.
    let retried = gateway.post_with_key("k", "/users/%62ob/otp-token", &token()).await;
    assert_eq!((retried.status, is_replayed(&retried)), (201, true));
}

#[tokio::test]
async fn a_key_applies_to_one_caller_and_one_operation() {
    let gateway = TestGateway::start().await;
    assert_eq!(gateway.post_with_key("k", "/users", &alice()).await.status, 201);
    assert_eq!(gateway.post_with_key("k", "/users/bob/otp-token", &token()).await.status, 201);
    let other = gateway.post_as(callers::USERS, "/users", &user("carol")).header("idempotency-key", "k");
    assert_eq!(gateway.send(other).await.status, 201);
    assert_eq!(gateway.simulator.executions(), 3);
}

#[tokio::test]
async fn a_key_grants_no_right_to_other_callers() {
    let gateway = TestGateway::start().await;
    assert_eq!(gateway.post_with_key("k", "/users/bob/otp-token", &token()).await.status, 201);
    let lacking = gateway.post_as(callers::USERS, "/users/bob/otp-token", &token()).header("idempotency-key", "k");
    gateway.send(lacking).await.problem("forbidden");
    let unknown = gateway.post_as("nobody", "/users/bob/otp-token", &token()).header("idempotency-key", "k");
    gateway.send(unknown).await.problem("unauthenticated");
}

#[tokio::test]
async fn the_key_of_an_unsent_request_stays_free_and_that_of_a_timed_out_one_gets_outcome_unknown() {
    let nowhere = Setup::new().hurried().upstream("http://127.0.0.1:1").start().await;
    for _ in 0..2 {
        nowhere.post_with_key("k", "/users", &alice()).await.problem("centagate_unavailable");
    }
    let gateway = Setup::new().hurried().start().await;
    let gate = Gate::new();
    gateway.simulator.instruct(Instruction::once(Operation::CreateUser, Behaviour::Hold(gate)));
    gateway.post_with_key("k", "/users", &alice()).await.problem("centagate_timeout");
    gateway.post_with_key("k", "/users", &alice()).await.problem("outcome_unknown");
    gateway.post_with_key("k", "/users", &user("carol")).await.problem("idempotency_mismatch");
}

#[tokio::test]
async fn a_retry_of_a_running_request_gets_idempotency_in_progress() {
    let gateway = TestGateway::start().await;
    let gate = Gate::new();
    gateway.simulator.instruct(Instruction::once(Operation::CreateUser, Behaviour::Hold(gate.clone())));
    let body = alice();
    let first = gateway.post_with_key("k", "/users", &body);
    let second = async {
        timeout(Duration::from_secs(10), gate.entered()).await.expect("CENTAGATE receives the call");
        let second = gateway.post_with_key("k", "/users", &body).await;
        gate.open();
        second
    };
    let (first, second) = tokio::join!(first, second);
    second.problem("idempotency_in_progress");
    assert_eq!(second.header("retry-after"), Some("1"));
    assert_eq!(first.status, 201);
    assert!(is_replayed(&gateway.post_with_key("k", "/users", &body).await));
    assert_eq!(gateway.simulator.executions(), 1);
}

#[tokio::test]
async fn an_invalid_key_is_refused_before_a_call_is_sent() {
    let gateway = TestGateway::start().await;
    let long = "k".repeat(256);
    for key in ["", "\"\"", "a b", "\"a", &long] {
        gateway.post_with_key(key, "/users", &alice()).await.problem("invalid_idempotency_key");
    }
    let two = gateway.post("/users", &alice()).header("idempotency-key", "a").header("idempotency-key", "b");
    gateway.send(two).await.problem("invalid_idempotency_key");
    // Faults of the body and missing rights are reported first.
    gateway.post_with_key("", "/users", &json!({})).await.problem("invalid_request");
    assert!(gateway.simulator.requests().is_empty());
}

#[tokio::test]
async fn a_caller_that_has_used_its_share_of_keys_gets_no_new_ones_and_loses_none() {
    let gateway = Setup::new().set("idempotency.max_keys", "3").start().await;
    for name in ["one", "two"] {
        assert_eq!(gateway.post_with_key(name, "/users", &user(name)).await.status, 201);
    }
    let refused = gateway.post_with_key("three", "/users", &user("three")).await;
    refused.problem("idempotency_unavailable");
    assert_eq!(refused.header("retry-after"), Some("5"));
    assert!(is_replayed(&gateway.post_with_key("one", "/users", &user("one")).await));
    assert_eq!(gateway.simulator.executions(), 2);
    let metrics = gateway.manage("/metrics").await.1;
    assert_eq!(sample(&metrics, "gateway_idempotency_total{result=\"caller_share\"}"), 1);
    // Other callers and requests without a key are not affected.
    let other = gateway.post_as(callers::USERS, "/users", &user("four")).header("idempotency-key", "four");
    assert_eq!(gateway.send(other).await.status, 201);
    assert_eq!(gateway.create_user(&user("five")).await.status, 201);
}

#[tokio::test]
async fn a_released_key_makes_room_for_another() {
    let gateway = Setup::new().set("idempotency.max_keys", "1").start().await;
    gateway.simulator.instruct(Instruction::once(Operation::CreateUser, Behaviour::code("10002")));
    gateway.post_with_key("one", "/users", &alice()).await.problem("rejected_by_centagate");
    assert_eq!(gateway.post_with_key("two", "/users", &alice()).await.status, 201);
}

#[tokio::test]
async fn the_log_contains_the_result_for_a_key_but_not_the_key() {
    let (environment, _simulator) = crate::environment::Environment::with_simulator().await;
    let gateway = environment.serve().await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    for (id, result) in [("first", "new"), ("second", "replayed")] {
        let request = http.post(format!("http://{}/users", gateway.address)).bearer_auth(callers::EVERYTHING);
        let request = request.header("x-request-id", id).header("idempotency-key", "planted-key");
        let request = request.header("content-type", "application/json").body(alice().to_string());
        assert_eq!(request.send().await.unwrap().status(), 201);
        assert_eq!(gateway.wait_for_request(id).await["idempotency"], result);
    }
    assert!(gateway.lines().iter().all(|line| !line.contains("planted-key")));
}

#[tokio::test]
async fn the_limit_of_otp_tokens_counts_registrations_and_not_replays() {
    let gateway = Setup::new().set("rate_limit.otp_tokens_per_user_per_hour", "1").start().await;
    for replayed in [false, true, true] {
        let reply = gateway.post_with_key("k", "/users/bob/otp-token", &token()).await;
        assert_eq!((reply.status, is_replayed(&reply)), (201, replayed), "{}", reply.text());
    }
    gateway.post_with_key("other", "/users/bob/otp-token", &token()).await.problem("rate_limited");
    gateway.post_with_key("other", "/users/bob/otp-token", &token()).await.problem("rate_limited");
    assert_eq!(gateway.simulator.executions(), 1);
}
