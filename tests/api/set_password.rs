//! `PUT /users/{id}/password`: the setting that enables it, the rules of the body, and CENTAGATE's call.

use centagate_simulator::Behaviour;
use reqwest::Method;
use serde_json::{Value, json};

use crate::callers;
use crate::gateway::{Setup, TestGateway};
use crate::operations::let_next_call_meet;
use crate::planted::{self, PASSWORD};
use crate::reply::Reply;

async fn set_password_as(gateway: &TestGateway, key: &str, body: &Value) -> Reply {
    gateway.send(gateway.json_as(key, Method::PUT, "/users/bob/password", body)).await
}

async fn set_password(gateway: &TestGateway, body: &Value) -> Reply {
    set_password_as(gateway, callers::EVERYTHING, body).await
}

#[tokio::test]
async fn the_operation_is_disabled_by_default_and_only_callers_with_the_scope_can_tell() {
    let gateway = Setup::new().set("centagate.undocumented_calls", "false").start().await;
    // The body is not checked.
    for body in [json!({ "password": PASSWORD }), json!({})] {
        let problem = set_password(&gateway, &body).await.problem("operation_disabled");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("centagate.undocumented_calls"), "{detail}");
        set_password_as(&gateway, &callers::without("passwords:set"), &body).await.problem("forbidden");
        set_password_as(&gateway, "unknown", &body).await.problem("unauthenticated");
    }
    assert!(gateway.simulator.requests().is_empty());
    assert!(gateway.audit_trail().lines().is_empty());
}

#[tokio::test]
async fn the_password_is_sent_unchanged_with_the_notification_flag() {
    let gateway = TestGateway::start().await;
    for (number, (notify, sent)) in
        [(None, "false"), (Some(json!(null)), "false"), (Some(json!(false)), "false"), (Some(json!(true)), "true")]
            .into_iter()
            .enumerate()
    {
        let password = format!(" \u{202e}\"\\{PASSWORD}{number} ");
        let mut body = json!({ "password": password });
        if let Some(notify) = notify {
            body["notify"] = notify;
        }
        let reply = set_password(&gateway, &body).await;
        assert_eq!((reply.status, reply.body.len()), (204, 0), "{}", reply.text());
        let mut members = gateway.simulator.requests()[number].members.clone();
        members.remove("cenToken").expect("a signature");
        assert_eq!(
            Value::from(members),
            json!({ "username": "bob", "newPassword": password, "notifyUser": sent }),
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_password_that_breaks_a_rule_is_a_fault_without_the_password() {
    let gateway = TestGateway::start().await;
    for password in [
        json!(null),
        json!(""),
        json!(12_345_678),
        json!([PASSWORD]),
        json!(format!("{PASSWORD}\n")),
        json!(format!("{PASSWORD}\u{85}")),
        json!(PASSWORD.repeat(10)),
        json!("ü".repeat(129)),
    ] {
        let reply = set_password(&gateway, &json!({ "password": password })).await;
        assert_eq!(reply.faults(), ["/password"], "{password}");
        planted::expect_clean(&reply.text(), "a 422");
    }
    for notify in [json!("true"), json!(1), json!({})] {
        let reply = set_password(&gateway, &json!({ "password": PASSWORD, "notify": notify })).await;
        assert_eq!(reply.faults(), ["/notify"], "{notify}");
        planted::expect_clean(&reply.text(), "a 422");
    }
    assert_eq!(set_password(&gateway, &json!({ "notify": true })).await.faults(), ["/password"]);
    assert!(gateway.simulator.requests().is_empty());
    assert_eq!(set_password(&gateway, &json!({ "password": "ü".repeat(128) })).await.status, 204);
}

#[tokio::test]
async fn the_password_rules_of_centagate_are_named() {
    let gateway = TestGateway::start().await;
    for (code, rule) in [
        ("28003", "must not be one of the last passwords"),
        ("28004", "is too short"),
        ("28005", "must have more kinds of characters"),
        ("28006", "is on the list of forbidden passwords"),
        ("28007", "must not be the current password"),
        ("28010", "must not repeat a character more than twice in a row"),
        ("28011", "must not be the user name"),
    ] {
        let_next_call_meet(&gateway.simulator, Behaviour::code(code));
        let problem = set_password(&gateway, &json!({ "password": PASSWORD })).await.problem("password_rejected");
        assert_eq!(problem["errors"], json!([{ "pointer": "/password", "detail": rule }]), "{code}");
        assert_eq!(problem["outcome"], "notExecuted", "{code}");
    }
    let_next_call_meet(&gateway.simulator, Behaviour::code("28008"));
    set_password(&gateway, &json!({ "password": PASSWORD })).await.problem("password_changed_recently");
}
