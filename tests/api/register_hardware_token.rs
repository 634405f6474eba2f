//! `POST /users/{id}/hardware-token`: members sent, rules of the serial number, refusals and the narrowing.

use centagate_simulator::{Behaviour, Instruction, User};
use serde_json::{Value, json};

use crate::callers;
use crate::callers::scopes;
use crate::gateway::{Setup, TestGateway};
use crate::reply::Reply;

const SERIAL: &str = "2601000042";

async fn register(gateway: &TestGateway, user: &str, serial: impl Into<Value>) -> Reply {
    let body = json!({ "serialNumber": serial.into() });
    gateway.send(gateway.post(&format!("/users/{user}/hardware-token"), &body)).await
}

#[tokio::test]
async fn a_hardware_token_from_the_stock_is_bound_once() {
    let gateway = TestGateway::start().await;
    gateway.simulator.add_to_stock(SERIAL);
    let reply = register(&gateway, "bob", SERIAL).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    assert_eq!(reply.json(), json!({ "username": "bob", "serialNumber": SERIAL, "status": "active" }));
    let sent = gateway.simulator.requests().pop().unwrap().members;
    assert_eq!(sent.keys().collect::<Vec<_>>(), ["cenToken", "tokenSn", "tokenType", "username"]);
    let values = (&sent["username"], &sent["tokenType"], &sent["tokenSn"]);
    assert_eq!(values, (&json!("bob"), &json!("2"), &json!(SERIAL)));
    let token = gateway.get_user("bob").await.json()["tokens"][0].clone();
    assert_eq!(token, json!({ "serialNumber": SERIAL, "type": "otp", "status": "active" }));
    register(&gateway, "bob", "other").await.problem("otp_token_already_registered");
    gateway.simulator.add_user(User::new("dora"));
    for (serial, code) in [(SERIAL, 29017), ("unknown", 29001)] {
        let problem = register(&gateway, "dora", serial).await.problem("token_not_available");
        assert_eq!((&problem["upstreamCode"], &problem["outcome"]), (&json!(code), &json!("notExecuted")));
    }
    gateway.simulator.instruct(Instruction::once(None, Behaviour::code("29002")));
    register(&gateway, "dora", SERIAL).await.problem("token_not_available");
    assert_eq!(gateway.simulator.executions(), 1);
}

#[tokio::test]
async fn a_serial_number_is_visible_ascii_and_is_not_changed() {
    let gateway = Setup::new().without_rate_limit().start().await;
    for serial in [json!(""), json!("a b"), json!("é"), json!("a\n"), json!("a".repeat(65)), json!(1), Value::Null] {
        assert_eq!(register(&gateway, "bob", serial.clone()).await.faults(), ["/serialNumber"], "{serial}");
    }
    assert!(gateway.simulator.requests().is_empty());
    for serial in ["!", "~/%<&>\"\\", &"a".repeat(64)] {
        register(&gateway, "bob", serial).await.problem("token_not_available");
        assert_eq!(gateway.simulator.requests().pop().unwrap().members["tokenSn"], serial);
    }
}

#[tokio::test]
async fn only_a_caller_that_may_register_valid_tokens_may_register_one() {
    for (statuses, status) in [("\"valid\"", 201), ("\"pending\"", 403), ("", 403)] {
        let caller = callers::block("narrow", "narrow", &scopes(), &format!("otp_token_statuses = [{statuses}]"));
        let gateway = Setup::new().callers(caller).start().await;
        gateway.simulator.add_to_stock(SERIAL);
        let body = json!({ "serialNumber": SERIAL });
        let reply = gateway.send(gateway.post_as("narrow", "/users/bob/hardware-token", &body)).await;
        assert_eq!(reply.status, status, "{statuses}: {}", reply.text());
        assert_eq!(gateway.simulator.executions(), usize::from(status == 201), "{statuses}");
    }
}
