//! `DELETE /users/{id}/tokens/{kind}`: the token is removed, users without such a token, and requests with a body.

use reqwest::Method;
use serde_json::json;

use crate::audit_lines::pair;
use crate::callers;
use crate::gateway::{TestGateway, token};
use crate::reply::Reply;

/// Unregisters one of bob's tokens.
async fn unregister(gateway: &TestGateway, kind: &str) -> Reply {
    let request = gateway.request(Method::DELETE, &format!("/users/bob/tokens/{kind}"));
    gateway.send(request.bearer_auth(callers::EVERYTHING)).await
}

#[tokio::test]
async fn a_token_is_unregistered_once() {
    let gateway = TestGateway::start().await;
    assert_eq!(gateway.register_otp_token("bob", &token()).await.status, 201);
    let reply = unregister(&gateway, "mobile").await;
    assert_eq!((reply.status, reply.body.len()), (204, 0), "{}", reply.text());
    let sent = gateway.simulator.requests().pop().unwrap().members;
    assert_eq!(sent.keys().collect::<Vec<_>>(), ["cenToken", "type", "username"]);
    assert_eq!((&sent["username"], &sent["type"]), (&json!("bob"), &json!("1")));
    assert_eq!(gateway.get_user("bob").await.json()["tokens"], json!([]));
    assert_eq!(unregister(&gateway, "mobile").await.problem("token_not_found")["outcome"], "notExecuted");
    assert_eq!(gateway.register_otp_token("bob", &token()).await.status, 201);
}

#[tokio::test]
async fn each_kind_is_sent_as_its_type_and_recorded_as_its_word() {
    for (number, kind) in ["mobile", "sms", "challenge", "pki"].into_iter().enumerate() {
        let gateway = TestGateway::start().await;
        unregister(&gateway, kind).await.problem("token_not_found");
        assert_eq!(gateway.simulator.requests()[0].member("type"), Some(&*(number + 1).to_string()));
        let lines = gateway.audit_trail().lines();
        assert_eq!(pair(&lines).0["kind"], kind);
    }
}

#[tokio::test]
async fn a_body_is_a_fault() {
    let gateway = TestGateway::start().await;
    let request = gateway.json(Method::DELETE, "/users/bob/tokens/mobile", &json!({}));
    assert_eq!(gateway.send(request).await.faults(), [""]);
    unregister(&gateway, "hardware").await.problem("invalid_request");
    assert!(gateway.simulator.requests().is_empty());
}
