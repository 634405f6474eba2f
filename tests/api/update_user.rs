//! `PATCH /users/{id}`: which members reach CENTAGATE, the rules of the body, rights, and the audit records.

use reqwest::Method;
use serde_json::{Value, json};

use crate::callers;
use crate::gateway::{Setup, TestGateway, user, with};
use crate::reply::Reply;

/// Every member, with its name and its value in CENTAGATE's call.
fn members() -> [(&'static str, Value, &'static str, &'static str); 11] {
    [
        ("firstName", json!("Alicia"), "firstName", "Alicia"),
        ("lastName", json!("Pl4nted-Baker"), "lastName", "Pl4nted-Baker"),
        ("email", json!("pl4nted@example.com"), "email", "pl4nted@example.com"),
        ("group", json!("Staff"), "userGroupName", "Staff"),
        ("role", json!("groupAdmin"), "roles", "4"),
        ("app", json!("portal-2"), "availApps", "portal-2"),
        ("clientId", json!("client-2"), "clientId", "client-2"),
        ("address", json!("1 Pl4nted Street"), "address", "1 Pl4nted Street"),
        ("zip", json!("50450"), "zip", "50450"),
        ("city", json!("Kuala Lumpur"), "city", "Kuala Lumpur"),
        ("state", json!(" "), "state", " "),
    ]
}

async fn update_as(gateway: &TestGateway, key: &str, body: &Value) -> Reply {
    gateway.send(gateway.json_as(key, Method::PATCH, "/users/bob", body).header("x-request-id", "update")).await
}

async fn update(gateway: &TestGateway, body: &Value) -> Reply {
    update_as(gateway, callers::EVERYTHING, body).await
}

#[tokio::test]
async fn only_the_given_members_are_sent() {
    let gateway = TestGateway::start().await;
    let mut all = json!({});
    let mut sent_for_all = json!({ "username": "bob" });
    for (name, value, upstream_name, upstream_value) in members() {
        let reply = update(&gateway, &json!({ name: value })).await;
        assert_eq!((reply.status, reply.body.len()), (204, 0), "{name}: {}", reply.text());
        assert_eq!(sent(&gateway), json!({ "username": "bob", upstream_name: upstream_value }), "{name}");
        all[name] = value;
        sent_for_all[upstream_name] = upstream_value.into();
    }
    assert_eq!(update(&gateway, &all).await.status, 204);
    assert_eq!(sent(&gateway), sent_for_all);
    let bob = gateway.simulator.user("bob").unwrap();
    assert_eq!((&*bob.first_name, &*bob.email, &*bob.role), ("Alicia", "pl4nted@example.com", "4"));
    for (role, digit) in [("user", "3"), ("companyAdmin", "2")] {
        assert_eq!(update(&gateway, &json!({ "role": role })).await.status, 204);
        assert_eq!(sent(&gateway)["roles"], digit);
    }
}

/// The members of the last call, without the signature.
fn sent(gateway: &TestGateway) -> Value {
    let mut members = gateway.simulator.requests().last().unwrap().members.clone();
    members.remove("cenToken").expect("a signature");
    members.into()
}

#[tokio::test]
async fn a_body_has_at_least_one_member_and_no_value_can_be_cleared() {
    let gateway = TestGateway::start().await;
    assert_eq!(update(&gateway, &json!({})).await.faults(), [""]);
    for (name, value, ..) in members() {
        for cleared in [Value::Null, json!(""), json!([]), json!([value])] {
            let reply = update(&gateway, &with(json!({ "zip": "1", "city": "x" }), name, cleared.clone())).await;
            assert_eq!(reply.faults(), [format!("/{name}")], "{name} {cleared}");
        }
        let problem = update(&gateway, &json!({ name: null })).await.problem("invalid_request");
        assert!(problem["errors"][0]["detail"].as_str().unwrap().contains("cannot be cleared"), "{problem}");
    }
    for name in ["username", "uniqueId", "additionalData", "statusUser", "status", "password"] {
        assert_eq!(update(&gateway, &json!({ name: "x" })).await.faults(), [format!("/{name}")]);
    }
    let faults = update(&gateway, &json!({ "email": "nowhere", "role": "root", "zip": "a\nb" })).await.faults();
    assert_eq!(faults, ["/email", "/role", "/zip"]);
    assert!(gateway.simulator.requests().is_empty());
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
async fn the_new_group_is_narrowed_by_groups() {
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
async fn the_trail_names_the_changed_members_but_shows_only_group_and_role() {
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
