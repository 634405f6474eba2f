//! `POST /users/{id}/otp-token`: statuses that a caller may set, and users who cannot get a token.

use centagate_simulator::{Behaviour, Instruction};
use serde_json::json;

use crate::callers;
use crate::callers::scopes;
use crate::gateway::{Setup, TestGateway, token};

#[tokio::test]
async fn otp_token_statuses_limit_the_status_of_a_new_token() {
    let all = ["pending", "valid", "temporarilyDeactivated", "deactivated"];
    for allowed in [&["pending", "deactivated"][..], &[]] {
        let caller = callers::block("narrow", "narrow", &scopes(), &format!("otp_token_statuses = {allowed:?}"));
        let gateway = Setup::new().callers(caller).start().await;
        for status in all {
            gateway.simulator.unbind_token("bob");
            let sent = gateway.simulator.requests().len();
            let body = json!({ "status": status });
            let reply = gateway.send(gateway.post_as("narrow", "/users/bob/otp-token", &body)).await;
            if allowed.contains(&status) {
                assert_eq!(reply.status, 201, "{status}: {}", reply.text());
                continue;
            }
            let problem = reply.problem("forbidden");
            let detail = problem["detail"].as_str().unwrap();
            assert!(detail.contains("(otp_token_statuses)") && !detail.contains('['), "{status}: {detail}");
            assert_eq!(gateway.simulator.requests().len(), sent, "{status}");
        }
        assert_eq!(
            gateway
                .send(gateway.example_as("narrow", crate::operations::operation("createUser"), "alice"))
                .await
                .status,
            201
        );
    }
}

#[tokio::test]
async fn a_user_who_cannot_have_a_token_gets_a_problem_with_the_reason() {
    let gateway = TestGateway::start().await;
    gateway.register_otp_token("nobody", &token()).await.problem("user_not_found");
    gateway.simulator.set_user_active("bob", false);
    gateway.register_otp_token("bob", &token()).await.problem("user_not_active");
    gateway.simulator.set_user_active("bob", true);
    assert_eq!(gateway.register_otp_token("bob", &token()).await.status, 201);
    gateway.register_otp_token("bob", &token()).await.problem("otp_token_already_registered");
    assert_eq!(gateway.simulator.executions(), 1);
}

#[tokio::test]
async fn get_user_settles_an_unknown_outcome() {
    let gateway = TestGateway::start().await;
    let register = async |behaviour| {
        gateway.simulator.instruct(Instruction::once(None, behaviour));
        let problem = gateway.register_otp_token("bob", &token()).await.problem("centagate_unexpected");
        assert_eq!(problem["outcome"], "unknown");
        gateway.get_user("bob").await.json()["tokens"].clone()
    };
    assert_eq!(register(Behaviour::CutWithoutExecuting).await, json!([]));
    let tokens = register(Behaviour::CutBeforeReply).await;
    assert_eq!((&tokens[0]["type"], &tokens[0]["status"]), (&json!("otp"), &json!("active")));
    assert_eq!(gateway.simulator.executions(), 1);
}
