//! The order of checks. Each request breaks several rules, and the reply reports the rule that the contract checks
//! first.

use serde_json::{Value, json};

use crate::callers;
use crate::callers::scopes;
use crate::gateway::{Setup, alice, with};
use crate::operations::{Operation, operations};
use crate::raw;
use crate::reply::Reply;

/// `server.max_body_bytes` in these tests.
const MAX_BODY_BYTES: usize = 1024;

/// An incomplete body that is one byte larger than the operation accepts.
fn large_body(operation: &Operation) -> String {
    let max_bytes = operation.max_body_bytes.unwrap_or(MAX_BODY_BYTES);
    "{".to_owned() + &" ".repeat(max_bytes)
}

/// The example body with a member that does not exist.
fn faulty_body(operation: &Operation) -> String {
    operation.body_of("admin").map(|body| with(body, "x", Value::Null).to_string()).unwrap_or_default()
}

#[tokio::test]
async fn every_operation_checks_in_the_order_of_the_contract() {
    let narrow = callers::block("narrow", "narrow", &scopes(), "target_usernames = []");
    let text = scopes().into_iter().fold(narrow, |text, scope| {
        let others: Vec<_> = scopes().into_iter().filter(|other| *other != scope).collect();
        text + &callers::block(&format!("without-{scope}"), &callers::without(scope), &others, "")
    });
    let setup = Setup::new().callers(text).set("server.max_body_bytes", &MAX_BODY_BYTES.to_string());
    let gateway = setup.without_rate_limit().start().await;
    let key = |key: &str| format!("Authorization: Bearer {key}\r\n");
    let json = "Content-Type: application/json\r\n";
    for operation in operations() {
        let send = async |path: &str, headers: &str, body: &str| -> Reply {
            raw::exchange(gateway.address, &operation.raw_request_to(path, headers, body)).await
        };
        let path = &*operation.path_of("admin");
        let large = &*large_body(operation);
        let brew = raw::request("BREW", path, "", large.as_bytes());
        raw::exchange(gateway.address, &brew).await.problem("method_not_allowed");
        send("/nowhere", "", large).await.problem("not_found");
        send(path, "", large).await.problem("unauthenticated");
        let detail = send(path, &key(&callers::without(operation.scope)), large).await.problem("forbidden");
        assert!(detail["detail"].as_str().unwrap().contains(operation.scope), "{}: {detail}", operation.id);
        let headers = key("narrow") + json;
        if operation.body.is_some() {
            send(path, &key("narrow"), large).await.problem("unsupported_media_type");
            send(path, &headers, large).await.problem("body_too_large");
            send(path, &headers, "{").await.problem("malformed_request");
            send(path, &headers, &faulty_body(operation)).await.problem("invalid_request");
        }
        if operation.has_id() {
            let faulty = &*operation.path_with_id("%zz");
            if operation.body.is_some() {
                send(faulty, &headers, "{").await.problem("malformed_request");
            }
            send(faulty, &headers, &operation.text_of("admin")).await.problem("invalid_request");
        }
        send(path, &headers, &operation.text_of("admin")).await.problem("forbidden");
        if operation.honours_key {
            let headers = headers + "Idempotency-Key: \r\n";
            send(path, &headers, &operation.text_of("admin")).await.problem("forbidden");
        }
    }
    assert!(gateway.simulator.requests().is_empty());
}

#[tokio::test]
async fn an_exhausted_rate_limit_hides_neither_401_nor_a_missing_scope() {
    let setup = Setup::new().set("rate_limit.requests_per_minute", "1").set("rate_limit.burst", "1");
    let gateway = setup.start().await;
    for operation in operations() {
        let scope = operation.scope;
        let send = async |key: &str| gateway.send(gateway.example_as(key, operation, "admin")).await;
        // The caller with only this scope uses up its limit, unless another operation has done so already.
        send(&callers::only(scope)).await;
        let limited = send(&callers::only(scope)).await;
        assert_eq!((limited.status, limited.header("retry-after").is_some()), (429, true), "{}", operation.id);
        send("unknown").await.problem("unauthenticated");
        send(&callers::without(scope)).await.problem("forbidden");
        send(&callers::without(scope)).await.problem("forbidden");
    }
    assert!(gateway.simulator.requests().is_empty());
}

#[tokio::test]
async fn a_refusal_does_not_wait_for_the_body() {
    let gateway = Setup::new().start().await;
    for operation in operations().iter().filter(|operation| operation.body.is_some()) {
        let (method, path) = (operation.method, operation.path_of("bob"));
        let head = format!("{method} {path} HTTP/1.1\r\nHost: g\r\nContent-Length: 100\r\n\r\n");
        raw::exchange(gateway.address, head.as_bytes()).await.problem("unauthenticated");
    }
}

#[tokio::test]
async fn the_body_is_checked_before_the_right_to_create_admins() {
    let gateway = Setup::new().start().await;
    let admin = json!({ "username": "admin", "role": "companyAdmin" });
    gateway.send(gateway.post_as(callers::NO_ADMINS, "/users", &admin)).await.problem("invalid_request");
    let admin = with(with(alice(), "role", "companyAdmin"), "username", "admin");
    gateway.send(gateway.post_as(callers::NO_ADMINS, "/users", &admin)).await.problem("forbidden");
}
