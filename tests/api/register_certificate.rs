//! `POST /users/{id}/certificates`: members sent, rules of the body, its size, and refusals.

use std::time::{SystemTime, UNIX_EPOCH};

use centagate_simulator::User;
use serde_json::{Value, json};

use crate::callers;
use crate::callers::scopes;
use crate::gateway::{Setup, TestGateway};
use crate::reply::Reply;

const SIGNATURE: &str = "MIIB+A/Y";

async fn register(gateway: &TestGateway, user: &str, body: &Value) -> Reply {
    gateway.send(gateway.post(&format!("/users/{user}/certificates"), body)).await
}

fn milliseconds_since_1970() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()
}

#[tokio::test]
async fn algorithms_and_statuses_become_numbers_and_the_gateway_states_the_time() {
    let gateway = Setup::new().without_rate_limit().start().await;
    let words = [None, Some("sha1"), Some("sha256"), Some("sha384"), Some("sha512")];
    let statuses = ["pending", "valid", "temporarilyDeactivated", "deactivated", "valid"];
    for (number, (word, status)) in words.into_iter().zip(statuses).enumerate() {
        let user = format!("user{number}");
        gateway.simulator.add_user(User::new(&user));
        let mut body = json!({ "signature": SIGNATURE, "status": status });
        if let Some(word) = word {
            body["algorithm"] = word.into();
        }
        let before = milliseconds_since_1970();
        let reply = register(&gateway, &user, &body).await;
        let after = milliseconds_since_1970();
        assert_eq!((reply.status, reply.json()), (201, json!({ "username": user, "status": status })));
        assert_eq!(reply.header("location"), None);
        let mut sent = gateway.simulator.requests().pop().unwrap().members;
        let timestamp: u128 = sent.remove("timestamp").unwrap().as_str().unwrap().parse().unwrap();
        assert!((before..=after).contains(&timestamp), "{before} {timestamp} {after}");
        sent.remove("cenToken");
        let digit = ["1", "2", "3", "4", "2"][number];
        let mut expected = json!({ "username": user, "signature": SIGNATURE, "status": digit });
        if word.is_some() {
            expected["algorithm"] = (number - 1).to_string().into();
        }
        assert_eq!(Value::Object(sent.into_iter().collect()), expected);
        assert_eq!(gateway.get_user(&user).await.json()["certificates"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn each_rule_of_the_body_is_checked() {
    let gateway = Setup::new().without_rate_limit().start().await;
    let with = |member: &str, value: Value| {
        let mut body = json!({ "signature": SIGNATURE, "algorithm": "sha1", "status": "valid" });
        body[member] = value;
        body
    };
    for signature in ["", "M", "MII", "MIIB+A_Y", "MIIB\n+A/Y", "MIIB+A==\n", "MIIB+B==", "=AAA", "AAAA=", "ÄÄÄÄ"] {
        let reply = register(&gateway, "bob", &with("signature", signature.into())).await;
        assert_eq!(reply.faults(), ["/signature"], "{signature}");
    }
    for (member, value) in [
        ("signature", json!(1)),
        ("signature", Value::Null),
        ("algorithm", json!("SHA256")),
        ("algorithm", json!(1)),
        ("status", json!("suspended")),
        ("status", json!("2")),
        ("status", Value::Null),
        ("timestamp", json!("1")),
    ] {
        let reply = register(&gateway, "bob", &with(member, value.clone())).await;
        assert_eq!(reply.faults(), [format!("/{member}")], "{value}");
    }
    assert!(gateway.simulator.requests().is_empty());
}

#[tokio::test]
async fn a_signature_of_48_kib_and_a_body_of_64_kib_are_accepted() {
    let gateway = TestGateway::start().await;
    let body = |length: usize| json!({ "signature": "A".repeat(length), "status": "valid" });
    let reply = register(&gateway, "bob", &body(49_156)).await;
    assert_eq!(reply.faults(), ["/signature"]);
    let padded = |length: usize| {
        let text = body(49_152).to_string();
        text.clone() + &" ".repeat(length - text.len())
    };
    for (length, status) in [(65_537, 413), (65_536, 201)] {
        let request = gateway.post("/users/bob/certificates", &json!({})).body(padded(length));
        let reply = gateway.send(request).await;
        assert_eq!(reply.status, status, "{length}: {}", reply.text());
    }
    assert_eq!(gateway.simulator.requests().len(), 1);
}

#[tokio::test]
async fn refusals_keep_their_meaning() {
    let gateway = TestGateway::start().await;
    let body = json!({ "signature": SIGNATURE, "status": "pending" });
    assert_eq!(register(&gateway, "bob", &body).await.status, 201);
    register(&gateway, "bob", &body).await.problem("otp_token_already_registered");
    gateway.simulator.add_user(User { active: false, ..User::new("dora") });
    register(&gateway, "dora", &body).await.problem("user_not_active");
    register(&gateway, "nobody", &body).await.problem("user_not_found");
}

#[tokio::test]
async fn otp_token_statuses_limit_the_status_of_a_certificate() {
    let caller = callers::block("narrow", "narrow", &scopes(), "otp_token_statuses = [\"pending\"]");
    let gateway = Setup::new().callers(caller).start().await;
    for (status, expected) in [("valid", 403), ("pending", 201)] {
        let body = json!({ "signature": SIGNATURE, "status": status });
        let reply = gateway.send(gateway.post_as("narrow", "/users/bob/certificates", &body)).await;
        assert_eq!(reply.status, expected, "{}", reply.text());
    }
    assert_eq!(gateway.simulator.executions(), 1);
}
