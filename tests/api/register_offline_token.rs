//! `POST /users/{id}/offline-token`: members sent, the key in the reply, retries, refusals and the narrowing.

use centagate_simulator::{Behaviour, Instruction, User};
use serde_json::{Value, json};

use crate::callers;
use crate::callers::scopes;
use crate::gateway::{Setup, TestGateway};
use crate::reply::Reply;

async fn register(gateway: &TestGateway, user: &str) -> Reply {
    gateway.send(gateway.post(&format!("/users/{user}/offline-token"), &json!({}))).await
}

#[tokio::test]
async fn the_user_gets_a_token_and_the_caller_its_key() {
    let gateway = TestGateway::start().await;
    let request = gateway.request(reqwest::Method::POST, "/users/bob/offline-token").bearer_auth(callers::EVERYTHING);
    let reply = gateway.send(request).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    assert_eq!((reply.header("cache-control"), reply.header("location")), (Some("no-store"), None));
    let sent = gateway.simulator.requests().pop().unwrap().members;
    assert_eq!(sent.keys().collect::<Vec<_>>(), ["cenToken", "username"]);
    assert_eq!(sent["username"], "bob");
    let key = gateway.simulator.user("bob").unwrap().tokens.offline_key.unwrap();
    assert_eq!(reply.json(), json!({ "username": "bob", "provisioningKey": key }));
    let token = gateway.get_user("bob").await.json()["tokens"][0].clone();
    assert_eq!((&token["type"], &token["status"]), (&json!("otp"), &json!("active")));
    register(&gateway, "bob").await.problem("otp_token_already_registered");
    register(&gateway, "nobody").await.problem("user_not_found");
    gateway.simulator.instruct(Instruction::once(None, Behaviour::code("29001")));
    register(&gateway, "bob").await.problem("token_not_available");
    assert_eq!(gateway.simulator.executions(), 1);
}

#[tokio::test]
async fn a_reply_without_a_key_is_a_success_without_a_key() {
    let gateway = TestGateway::start().await;
    for object in [json!(""), json!(null), json!({ "key": "" })] {
        let envelope = json!({ "code": "0", "message": "Success", "object": object });
        gateway.simulator.instruct(Instruction::once(None, Behaviour::Envelope(envelope)));
        let reply = register(&gateway, "bob").await;
        assert_eq!((reply.status, reply.json()), (201, json!({ "username": "bob", "provisioningKey": null })));
    }
}

#[tokio::test]
async fn a_retry_gets_the_same_key() {
    let gateway = TestGateway::start().await;
    let send = async || {
        let request = gateway.post("/users/bob/offline-token", &json!({})).header("idempotency-key", "one");
        gateway.send(request).await
    };
    let (first, retry) = (send().await, send().await);
    assert_eq!((first.status, retry.status), (201, 201), "{}", first.text());
    assert_eq!((first.json(), retry.header("idempotent-replayed")), (retry.json(), Some("true")));
    assert_eq!(gateway.simulator.executions(), 1);
}

#[tokio::test]
async fn only_a_caller_that_may_register_valid_tokens_may_register_one() {
    for (statuses, status) in [("\"valid\"", 201), ("\"pending\"", 403), ("", 403)] {
        let caller = callers::block("narrow", "narrow", &scopes(), &format!("otp_token_statuses = [{statuses}]"));
        let gateway = Setup::new().callers(caller).start().await;
        let reply = gateway.send(gateway.post_as("narrow", "/users/bob/offline-token", &json!({}))).await;
        assert_eq!(reply.status, status, "{statuses}: {}", reply.text());
        assert_eq!(gateway.simulator.executions(), usize::from(status == 201), "{statuses}");
    }
}

#[tokio::test]
async fn a_body_with_members_is_a_fault() {
    let gateway = TestGateway::start().await;
    gateway.simulator.add_user(User::new("dora"));
    let reply = gateway.send(gateway.post("/users/dora/offline-token", &json!({ "serialNumber": Value::Null }))).await;
    assert_eq!(reply.faults(), ["/serialNumber"]);
    assert!(gateway.simulator.requests().is_empty());
}
