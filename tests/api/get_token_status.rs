//! `GET /users/{id}/tokens/{kind}`: kinds, statuses, and users without such a token.

use centagate_simulator::{Behaviour, Instruction, Operation};
use reqwest::Method;
use serde_json::{Value, json};

use crate::audit_lines::pair;
use crate::callers;
use crate::contract_document::schema;
use crate::gateway::{Setup, TestGateway, token};
use crate::reply::Reply;

/// Makes CENTAGATE's next reply contain this `object`.
fn let_object_be(gateway: &TestGateway, object: &Value) {
    let envelope = json!({ "code": "0", "message": "Success", "object": object });
    gateway.simulator.instruct(Instruction::once(Operation::GetTokenStatus, Behaviour::Envelope(envelope)));
}

async fn get(gateway: &TestGateway, path: &str) -> Reply {
    gateway.send(gateway.get_as(callers::EVERYTHING, path)).await
}

#[tokio::test]
async fn each_kind_and_each_status_gets_its_documented_word() {
    let gateway = TestGateway::start().await;
    for (number, kind) in ["mobile", "sms", "challenge", "pki"].into_iter().enumerate() {
        let_object_be(&gateway, &json!("2"));
        let reply = get(&gateway, &format!("/users/bob/tokens/{kind}")).await;
        assert_eq!(reply.json(), json!({ "username": "bob", "kind": kind, "status": "valid" }));
        let sent = gateway.simulator.requests().pop().unwrap().members;
        let names: Vec<_> = sent.keys().collect();
        assert_eq!(names, ["cenToken", "type", "username"]);
        assert_eq!((&sent["username"], &sent["type"]), (&json!("bob"), &json!((number + 1).to_string())));
    }
    for (object, status) in [
        (json!("1"), "pending"),
        (json!(2), "valid"),
        (json!("3"), "temporarilyDeactivated"),
        (json!("4"), "deactivated"),
        (json!("5"), "suspended"),
        (json!("6"), "unknown"),
        (Value::Null, "unknown"),
    ] {
        let_object_be(&gateway, &object);
        assert_eq!(get(&gateway, "/users/bob/tokens/sms").await.json()["status"], status, "{object}");
    }
}

#[test]
fn the_documented_words_equal_the_gateways_words() {
    assert_eq!(schema("TokenKind")["enum"], json!(["mobile", "sms", "challenge", "pki"]));
    let statuses = ["pending", "valid", "temporarilyDeactivated", "deactivated", "suspended", "unknown"];
    assert_eq!(schema("TokenStatus")["x-extensible-enum"], json!(statuses));
}

#[tokio::test]
async fn a_user_without_such_a_token_gets_404_and_the_records_contain_centagates_code() {
    let gateway = TestGateway::start().await;
    let problem = get(&gateway, "/users/bob/tokens/mobile").await.problem("token_not_found");
    assert_eq!((problem.get("upstreamCode"), &problem["outcome"]), (None, &json!("notExecuted")));
    let lines = gateway.audit_trail().lines();
    let (attempt, outcome) = pair(&lines);
    assert_eq!((&attempt["kind"], &outcome["kind"]), (&json!("mobile"), &json!("mobile")));
    let recorded = (&outcome["outcome"], &outcome["status"], &outcome["upstreamCode"]);
    assert_eq!(recorded, (&json!("notExecuted"), &json!(404), &json!(0)));
    let head = gateway.request(Method::HEAD, "/users/bob/tokens/mobile").bearer_auth(callers::EVERYTHING);
    assert_eq!(gateway.send(head).await.status, 404);
    get(&gateway, "/users/nobody/tokens/mobile").await.problem("user_not_found");
    assert_eq!(gateway.register_otp_token("bob", &token()).await.status, 201);
    assert_eq!(get(&gateway, "/users/bob/tokens/mobile").await.json()["status"], "valid");
}

#[tokio::test]
async fn an_unknown_kind_is_a_fault_of_the_path() {
    let gateway = Setup::new().without_rate_limit().start().await;
    for kind in ["hardware", "Mobile", "1", "mobile%20", "%FF", "mobile%2Fstatus"] {
        let path = format!("/users/bob/tokens/{kind}");
        let problem = get(&gateway, &path).await.problem("invalid_request");
        assert_eq!(problem["errors"][0]["parameter"], "kind", "{kind}: {problem}");
    }
    assert!(gateway.simulator.requests().is_empty());
}
