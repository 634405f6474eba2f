//! `POST /users`: roles, groups, and users that already exist.

use centagate_simulator::{Behaviour, Instruction};
use serde_json::json;

use crate::callers;
use crate::callers::scopes;
use crate::gateway::{Setup, TestGateway, alice, user, with};

#[tokio::test]
async fn an_admin_role_requires_the_scope_admins_create() {
    let gateway = TestGateway::start().await;
    let key = &callers::without("admins:create");
    for role in ["companyAdmin", "groupAdmin"] {
        let admin = with(user(role), "role", role);
        let reply = gateway.send(gateway.post_as(key, "/users", &admin)).await;
        let problem = reply.problem("forbidden");
        assert!(problem["detail"].as_str().unwrap().contains("scope admins:create"), "{problem}");
        assert!(gateway.simulator.user(role).is_none());
        assert_eq!(gateway.create_user(&admin).await.status, 201);
    }
    for body in [alice(), with(user("carol"), "role", "user")] {
        assert_eq!(gateway.send(gateway.post_as(key, "/users", &body)).await.status, 201);
    }
}

#[tokio::test]
async fn a_query_does_not_set_the_role() {
    let gateway = TestGateway::start().await;
    assert_eq!(gateway.send(gateway.post("/users?role=companyAdmin", &alice())).await.json()["role"], "user");
}

/// The groups of a caller's block, groups that they allow, and groups that they do not allow. Groups are names, not
/// patterns.
const GROUPS: [(&str, &[&str], &[&str]); 4] = [
    (r#"["Staff"]"#, &["Staff"], &["Guests", "staff", "Staff ", "Sta*", "Ｓtaff"]),
    (r#"["Staff", "Gäste"]"#, &["Staff", "Gäste"], &["Ga\u{308}ste"]),
    (r#"["*"]"#, &["*"], &["Staff"]),
    ("[]", &[], &["Staff"]),
];

#[tokio::test]
async fn groups_limit_the_group_of_a_new_user() {
    for (groups, allowed, refused) in GROUPS {
        let caller =
            callers::block("narrow", "narrow", &scopes(), &format!("groups = {groups}\ntarget_usernames = [\"*\"]"));
        let gateway = Setup::new().callers(caller).start().await;
        for group in refused {
            let body = with(alice(), "group", *group);
            let problem = gateway.send(gateway.post_as("narrow", "/users", &body)).await.problem("forbidden");
            let detail = problem["detail"].as_str().unwrap();
            assert!(detail.contains("(groups)") && !detail.contains('['), "{groups} {group}: {detail}");
            assert!(!detail.contains(group), "{groups} {group}: {detail}");
        }
        assert!(gateway.simulator.requests().is_empty());
        for (number, group) in allowed.iter().enumerate() {
            gateway.simulator.add_group(*group);
            let body = with(user(&format!("user-{number}")), "group", *group);
            let reply = gateway.send(gateway.post_as("narrow", "/users", &body)).await;
            assert_eq!(reply.status, 201, "{groups} {group}: {}", reply.text());
        }
        // No other operation knows the group of a user.
        let token = gateway.post_as("narrow", "/users/bob/otp-token", &json!({ "status": "valid" }));
        assert_eq!(gateway.send(token).await.status, 201, "{groups}");
    }
}

#[tokio::test]
async fn groups_limit_the_configured_default_group() {
    let narrow = callers::block("narrow", "narrow", &scopes(), "groups = [\"Staff\"]\ntarget_usernames = [\"*\"]");
    for (default, status) in [("Guests", 403), ("Staff", 201)] {
        let gateway = Setup::new().callers(&narrow).set("users.default_group", default).start().await;
        let mut body = alice();
        body.as_object_mut().unwrap().remove("group");
        let reply = gateway.send(gateway.post_as("narrow", "/users", &body)).await;
        assert_eq!(reply.status, status, "{default}: {}", reply.text());
    }
}

#[tokio::test]
async fn a_user_that_cannot_be_created_gets_a_problem_with_the_reason() {
    let gateway = TestGateway::start().await;
    let simulator = &gateway.simulator;
    assert_eq!(gateway.create_user(&alice()).await.status, 201);
    gateway.create_user(&with(alice(), "email", "other@example.com")).await.problem("username_taken");
    gateway.create_user(&with(alice(), "username", "alice2")).await.problem("email_taken");
    gateway.create_user(&with(user("carol"), "group", "Nobody's")).await.problem("group_not_found");
    simulator.set_user_limit(Some(0));
    gateway.create_user(&user("carol")).await.problem("user_limit_reached");
    simulator.set_company_exists(false);
    gateway.create_user(&user("carol")).await.problem("centagate_failed");
    simulator.set_licence_valid(false);
    let problem = gateway.create_user(&user("carol")).await.problem("centagate_failed");
    assert_eq!(problem["upstreamCode"], 27001);
    simulator.expire_session();
    let problem = gateway.create_user(&user("carol")).await.problem("centagate_denied");
    assert_eq!(problem["upstreamCode"], 10001);
}

#[tokio::test]
async fn get_user_settles_an_unknown_outcome() {
    let gateway = TestGateway::start().await;
    gateway.simulator.instruct(Instruction::once(None, Behaviour::CutWithoutExecuting));
    assert_eq!(gateway.create_user(&alice()).await.problem("centagate_unexpected")["outcome"], "unknown");
    gateway.get_user("alice").await.problem("user_not_found");
    gateway.simulator.instruct(Instruction::once(None, Behaviour::CutBeforeReply));
    assert_eq!(gateway.create_user(&alice()).await.problem("centagate_unexpected")["outcome"], "unknown");
    assert_eq!(gateway.get_user("alice").await.status, 200);
    assert_eq!(gateway.simulator.executions(), 1);
}
