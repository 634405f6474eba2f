//! `PATCH /users/{id}`: rights, audit records, and CENTAGATE's refusals.

use reqwest::Method;
use serde_json::{Value, json};

use crate::callers;
use crate::gateway::{Setup, TestGateway, user, with};
use crate::reply::Reply;
use crate::update_user_bodies::members;

async fn update_as(gateway: &TestGateway, key: &str, body: &Value) -> Reply {
    gateway.send(gateway.json_as(key, Method::PATCH, "/users/bob", body).header("x-request-id", "update")).await
}

async fn update(gateway: &TestGateway, body: &Value) -> Reply {
    update_as(gateway, callers::EVERYTHING, body).await
}

#[tokio::test]
async fn every_role_requires_the_right_to_create_admins() {
    let gateway = TestGateway::start().await;
    let key = callers::only("users:update");
    for role in ["user", "companyAdmin", "groupAdmin"] {
        let problem = update_as(&gateway, &key, &json!({ "role": role, "city": "x" })).await.problem("forbidden");
        assert!(problem["detail"].as_str().unwrap().contains("admins:create"), "{problem}");
    }
    assert!(gateway.audit_trail().lines().is_empty());
    assert_eq!(update_as(&gateway, &key, &json!({ "city": "x" })).await.status, 204);
    assert_eq!(gateway.audit_trail().lines()[0]["right"], "users:update");
    assert_eq!(update_as(&gateway, callers::EVERYTHING, &json!({ "role": "user" })).await.status, 204);
    assert_eq!(gateway.audit_trail().lines()[2]["right"], "admins:create");
}

#[tokio::test]
async fn groups_limit_the_new_group() {
    let rest = "groups = [\"Staff\"]\ntarget_usernames = [\"bob\"]";
    let gateway = Setup::new().callers(callers::block("caller", "key", &["users:update"], rest)).start().await;
    gateway.simulator.add_group("Guests");
    update_as(&gateway, "key", &json!({ "group": "Guests" })).await.problem("forbidden");
    update_as(&gateway, "key", &json!({ "group": "staff" })).await.problem("forbidden");
    for body in [json!({ "group": "Staff" }), json!({ "city": "x" })] {
        assert_eq!(update_as(&gateway, "key", &body).await.status, 204, "{body}");
    }
    assert_eq!(gateway.simulator.requests().len(), 2);
}

#[tokio::test]
async fn the_trail_names_the_changed_members_but_contains_only_the_values_of_group_and_role() {
    let gateway = TestGateway::start().await;
    let all = members().into_iter().fold(json!({}), |body, (name, value, ..)| with(body, name, value));
    assert_eq!(update(&gateway, &all).await.status, 204);
    let lines = gateway.audit_trail().of_request("update");
    assert_eq!(lines.len(), 2);
    for line in lines {
        assert_eq!(line["changed"], json!(members().map(|(name, ..)| name)));
        assert_eq!((&line["group"], &line["role"]), (&json!("Staff"), &json!("groupAdmin")));
        let text = line.to_string();
        for absent in ["l4nted", "@", "50450", "Kuala", "portal-2", "client-2", "Alicia"] {
            assert!(!text.contains(absent), "{absent} appears in {text}");
        }
    }
    let city = gateway.json(Method::PATCH, "/users/bob", &json!({ "city": "x" })).header("x-request-id", "city");
    assert_eq!(gateway.send(city).await.status, 204);
    for line in gateway.audit_trail().of_request("city") {
        assert_eq!((&line["changed"], line.get("group"), line.get("role")), (&json!(["city"]), None, None));
    }
}

#[tokio::test]
async fn a_taken_address_an_unknown_group_and_an_unknown_user_are_refused() {
    let gateway = TestGateway::start().await;
    assert_eq!(gateway.create_user(&user("alice")).await.status, 201);
    update(&gateway, &json!({ "email": "ALICE@example.com" })).await.problem("email_taken");
    update(&gateway, &json!({ "group": "Nowhere" })).await.problem("group_not_found");
    let nobody = gateway.json(Method::PATCH, "/users/nobody", &json!({ "city": "x" }));
    gateway.send(nobody).await.problem("user_not_found");
}
