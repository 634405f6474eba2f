//! `POST /users/{id}/hardware-token/unlock`: locked and unlocked tokens, and requests without a body.

use centagate_simulator::{BoundToken, User};
use reqwest::Method;
use serde_json::json;

use crate::callers;
use crate::gateway::TestGateway;
use crate::reply::Reply;

const PATH: &str = "/users/dora/hardware-token/unlock";

async fn unlock(gateway: &TestGateway) -> Reply {
    gateway.send(gateway.request(Method::POST, PATH).bearer_auth(callers::EVERYTHING)).await
}

/// Creates dora with a hardware token of this status, as in CENTAGATE's list of tokens.
fn give_token(gateway: &TestGateway, status: &str) {
    let mut user = User::new("dora");
    user.tokens.hardware = Some(BoundToken { sn: "2601000042".to_owned(), status: status.to_owned() });
    gateway.simulator.add_user(user);
}

#[tokio::test]
async fn a_locked_token_is_unlocked_once() {
    let gateway = TestGateway::start().await;
    for (locked, unlocked) in [("2", "active"), ("4", "pending")] {
        give_token(&gateway, locked);
        let reply = unlock(&gateway).await;
        assert_eq!((reply.status, reply.body.len()), (204, 0), "{}", reply.text());
        let sent = gateway.simulator.requests().pop().unwrap().members;
        assert_eq!(sent.keys().collect::<Vec<_>>(), ["cenToken", "username"]);
        assert_eq!(sent["username"], "dora");
        let token = gateway.get_user("dora").await.json()["tokens"][0].clone();
        assert_eq!(token, json!({ "serialNumber": "2601000042", "type": "otp", "status": unlocked }));
        let problem = unlock(&gateway).await.problem("token_not_locked");
        assert_eq!((&problem["upstreamCode"], &problem["outcome"]), (&json!(29017), &json!("notExecuted")));
    }
}

#[tokio::test]
async fn a_user_without_an_otp_token_gets_404() {
    let gateway = TestGateway::start().await;
    gateway.send(gateway.post("/users/bob/hardware-token/unlock", &json!({}))).await.problem("token_not_found");
    unlock(&gateway).await.problem("user_not_found");
    let with_member = gateway.post(PATH, &json!({ "serialNumber": "2601000042" }));
    assert_eq!(gateway.send(with_member).await.faults(), ["/serialNumber"]);
    assert_eq!(gateway.simulator.executions(), 0);
}
