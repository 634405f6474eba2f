//! `POST /users/{id}/sms-token`: members sent, rules of the number, refusals and the narrowing by `otp_token_statuses`.

use centagate_simulator::{Behaviour, Instruction};
use serde_json::{Value, json};

use crate::callers;
use crate::callers::scopes;
use crate::gateway::{Setup, TestGateway};
use crate::reply::Reply;

const NUMBER: &str = "+60123456789";

async fn register(gateway: &TestGateway, user: &str, number: impl Into<Value>) -> Reply {
    let body = json!({ "phoneNumber": number.into() });
    gateway.send(gateway.post(&format!("/users/{user}/sms-token"), &body)).await
}

#[tokio::test]
async fn the_number_is_sent_as_it_is_and_the_user_then_has_an_sms_token() {
    let gateway = TestGateway::start().await;
    for number in ["+1234567", "+999999999999999", NUMBER] {
        let reply = register(&gateway, "bob", number).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        assert_eq!(reply.json(), json!({ "username": "bob", "phoneNumber": number, "status": "active" }));
        let sent = gateway.simulator.requests().pop().unwrap().members;
        assert_eq!(sent.keys().collect::<Vec<_>>(), ["cenToken", "tokenSn", "tokenType", "username"]);
        let values = (&sent["username"], &sent["tokenType"], &sent["tokenSn"]);
        assert_eq!(values, (&json!("bob"), &json!("1"), &json!(number)));
    }
    let token = gateway.get_user("bob").await.json()["tokens"][0].clone();
    assert_eq!(token, json!({ "serialNumber": NUMBER, "type": "sms", "status": "active" }));
    assert!(!gateway.audit_trail().text().contains(&NUMBER[1..]));
}

#[tokio::test]
async fn anything_but_an_international_number_is_a_fault() {
    let gateway = TestGateway::start().await;
    for number in [
        json!(""),
        json!("60123456789"),
        json!("+123456"),
        json!("+1234567890123456"),
        json!("+0123456789"),
        json!("+60 123456789"),
        json!("+60-12-3456789"),
        json!("++60123456789"),
        json!("+60123456789\n"),
        json!("+６０１２３４５６７８９"),
        json!(60_123_456_789_u64),
        Value::Null,
    ] {
        assert_eq!(register(&gateway, "bob", number.clone()).await.faults(), ["/phoneNumber"], "{number}");
    }
    assert!(gateway.simulator.requests().is_empty());
}

#[tokio::test]
async fn every_documented_status_becomes_a_word_and_any_other_value_null() {
    let gateway = TestGateway::start().await;
    for (value, word) in [
        (json!("0"), json!("inactive")),
        (json!(1), json!("active")),
        (json!("2"), json!("activeLocked")),
        (json!("3"), json!("pending")),
        (json!("4"), json!("pendingLocked")),
        (json!("5"), Value::Null),
        (json!("active"), Value::Null),
        (Value::Null, Value::Null),
    ] {
        let object = json!({ "boundUser": "bob", "boundTokenStatus": value }).to_string();
        let envelope = json!({ "code": "0", "message": "Success", "object": object });
        gateway.simulator.instruct(Instruction::once(None, Behaviour::Envelope(envelope)));
        let reply = register(&gateway, "bob", NUMBER).await;
        assert_eq!((reply.status, &reply.json()["status"]), (201, &word), "{value}");
    }
}

#[tokio::test]
async fn a_number_of_another_user_is_refused() {
    let gateway = TestGateway::start().await;
    assert_eq!(register(&gateway, "bob", NUMBER).await.status, 201);
    gateway.simulator.add_user(centagate_simulator::User::new("dora"));
    let problem = register(&gateway, "dora", NUMBER).await.problem("phone_number_taken");
    assert_eq!((&problem["upstreamCode"], &problem["outcome"]), (&json!(29004), &json!("notExecuted")));
    register(&gateway, "nobody", "+60123456780").await.problem("user_not_found");
    assert_eq!(gateway.simulator.executions(), 1);
}

#[tokio::test]
async fn only_a_caller_that_may_register_valid_tokens_may_register_a_number() {
    for (statuses, status) in [("\"valid\"", 201), ("\"pending\", \"deactivated\"", 403), ("", 403)] {
        let caller = callers::block("narrow", "narrow", &scopes(), &format!("otp_token_statuses = [{statuses}]"));
        let gateway = Setup::new().callers(caller).start().await;
        let body = json!({ "phoneNumber": NUMBER });
        let reply = gateway.send(gateway.post_as("narrow", "/users/bob/sms-token", &body)).await;
        assert_eq!(reply.status, status, "{statuses}: {}", reply.text());
        if status == 403 {
            let detail = reply.problem("forbidden")["detail"].clone();
            assert!(detail.as_str().unwrap().contains("(otp_token_statuses)"), "{detail}");
        }
        assert_eq!(gateway.simulator.executions(), usize::from(status == 201), "{statuses}");
    }
}
