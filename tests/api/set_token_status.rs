//! `PUT /users/{id}/tokens/{kind}/status`: members sent, statuses that can be set, and the caller's
//! `otp_token_statuses`.

use reqwest::Method;
use serde_json::{Value, json};

use crate::audit_lines::pair;
use crate::callers;
use crate::callers::scopes;
use crate::gateway::{Setup, TestGateway, token};
use crate::reply::Reply;

const STATUSES: [&str; 4] = ["pending", "valid", "temporarilyDeactivated", "deactivated"];

/// Sends `body` for one of bob's tokens with this caller key.
async fn set(gateway: &TestGateway, key: &str, kind: &str, body: &Value) -> Reply {
    gateway.send(gateway.json_as(key, Method::PUT, &format!("/users/bob/tokens/{kind}/status"), body)).await
}

#[tokio::test]
async fn each_status_can_be_set_repeatedly() {
    let gateway = TestGateway::start().await;
    assert_eq!(gateway.register_otp_token("bob", &token()).await.status, 201);
    for (number, status) in STATUSES.into_iter().enumerate() {
        for _ in 0..2 {
            let reply = set(&gateway, callers::EVERYTHING, "mobile", &json!({ "status": status })).await;
            assert_eq!((reply.status, reply.body.len()), (204, 0), "{}", reply.text());
        }
        let sent = gateway.simulator.requests().pop().unwrap().members;
        assert_eq!(sent.keys().collect::<Vec<_>>(), ["cenToken", "status", "type", "username"]);
        let values = (&sent["username"], &sent["type"], &sent["status"]);
        assert_eq!(values, (&json!("bob"), &json!("1"), &json!((number + 1).to_string())));
        let read = gateway.send(gateway.get_as(callers::EVERYTHING, "/users/bob/tokens/mobile")).await;
        assert_eq!(read.json()["status"], status);
    }
}

#[tokio::test]
async fn the_audit_trail_names_the_kind_and_the_requested_status() {
    let gateway = TestGateway::start().await;
    let problem = set(&gateway, callers::EVERYTHING, "pki", &json!({ "status": "valid" })).await;
    assert_eq!(problem.problem("token_not_found")["upstreamCode"], 29001);
    assert_eq!(gateway.simulator.requests()[0].member("type"), Some("4"));
    let lines = gateway.audit_trail().lines();
    let (attempt, _) = pair(&lines);
    assert_eq!((&attempt["kind"], &attempt["requested_status"]), (&json!("pki"), &json!("valid")));
}

#[tokio::test]
async fn statuses_that_can_only_be_read_and_unknown_kinds_are_faults() {
    let gateway = TestGateway::start().await;
    for status in [json!("suspended"), json!("unknown"), json!("Valid"), json!("2"), json!(2), Value::Null] {
        let reply = set(&gateway, callers::EVERYTHING, "mobile", &json!({ "status": status })).await;
        assert_eq!(reply.faults(), ["/status"], "{status}");
    }
    let both = set(&gateway, callers::EVERYTHING, "hardware", &json!({})).await.problem("invalid_request");
    assert_eq!((&both["errors"][0]["parameter"], &both["errors"][1]["pointer"]), (&json!("kind"), &json!("/status")));
    assert!(gateway.simulator.requests().is_empty());
}

#[tokio::test]
async fn otp_token_statuses_limit_the_status_that_a_caller_may_set() {
    let narrow = callers::block("narrow", "narrow", &scopes(), r#"otp_token_statuses = ["pending", "deactivated"]"#);
    let gateway = Setup::new().callers(narrow).start().await;
    let registered = gateway.post_as("narrow", "/users/bob/otp-token", &json!({ "status": "pending" }));
    assert_eq!(gateway.send(registered).await.status, 201);
    for status in STATUSES {
        let reply = set(&gateway, "narrow", "mobile", &json!({ "status": status })).await;
        if ["pending", "deactivated"].contains(&status) {
            assert_eq!(reply.status, 204, "{status}: {}", reply.text());
        } else {
            let detail = reply.problem("forbidden")["detail"].clone();
            assert!(detail.as_str().unwrap().contains("(otp_token_statuses)"), "{status}: {detail}");
        }
    }
}
