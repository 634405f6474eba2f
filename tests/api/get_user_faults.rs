//! `GET /users/{id}` refused or failed, and what it tells after an outcome that was unknown.

use centagate_simulator::{Behaviour, Instruction, Operation, User};
use serde_json::{Value, json};

use crate::callers;
use crate::gateway::{Setup, TestGateway, alice, token};

const READER: &str = "key-of-reader";
const SHOP: &str = "key-of-shop";

async fn gateway_with_readers() -> TestGateway {
    let callers = callers::block("reader", READER, &["users:read"], "")
        + &callers::block("shop", SHOP, &["users:read"], "target_usernames = [\"shop-*\"]")
        + &callers::block("users", callers::USERS, &["users:create"], "");
    Setup::new().admin("Admin-Straße", "token", "code").callers(callers).start().await
}

#[tokio::test]
async fn it_needs_the_scope_and_is_narrowed_by_target_usernames() {
    let gateway = gateway_with_readers().await;
    gateway.get("/users/bob").await.problem("unauthenticated");
    gateway.send(gateway.get_as("unknown", "/users/bob")).await.problem("unauthenticated");
    let lacking = gateway.send(gateway.get_as(callers::USERS, "/users/bob")).await.problem("forbidden");
    assert!(lacking["detail"].as_str().unwrap().contains("users:read"), "{lacking}");
    let outside = gateway.send(gateway.get_as(SHOP, "/users/bob")).await.problem("forbidden");
    assert!(outside["detail"].as_str().unwrap().contains("target_usernames"), "{outside}");
    assert!(gateway.simulator.requests().is_empty());
    assert!(gateway.audit_trail().text().is_empty(), "nothing was attempted");
    gateway.simulator.add_user(User::new("shop-1"));
    for (key, id) in [(READER, "bob"), (READER, "shop-1"), (SHOP, "shop-1")] {
        assert_eq!(gateway.send(gateway.get_as(key, &format!("/users/{id}"))).await.status, 200, "{key} {id}");
    }
    gateway.send(gateway.get_as(SHOP, "/users/shop-2")).await.problem("user_not_found");
}

#[tokio::test]
async fn the_gateways_own_admin_is_refused_however_it_is_spelled() {
    let gateway = gateway_with_readers().await;
    for id in ["Admin-Stra%C3%9Fe", "admin-strasse", "ADMIN-STRASSE", "%EF%BC%A1dmin-strasse"] {
        let problem = gateway.send(gateway.get_as(READER, &format!("/users/{id}"))).await.problem("forbidden");
        assert!(problem["detail"].as_str().unwrap().contains("own admin"), "{problem}");
    }
    assert!(gateway.simulator.requests().is_empty());
}

#[tokio::test]
async fn checks_are_made_in_the_order_of_the_contract() {
    let gateway = gateway_with_readers().await;
    gateway.get("/users/%FF").await.problem("unauthenticated");
    gateway.send(gateway.get_as(callers::USERS, "/users/%FF")).await.problem("forbidden");
    gateway.send(gateway.get_as(SHOP, "/users/%FF")).await.problem("invalid_request");
    assert!(gateway.simulator.requests().is_empty());
}

#[tokio::test]
async fn codes_become_their_problems_and_the_call_is_made_once() {
    let gateway = TestGateway::start().await;
    let problem = gateway.get_user("nobody").await.problem("user_not_found");
    assert_eq!((&problem["upstreamCode"], &problem["outcome"]), (&json!(22002), &json!("notExecuted")));
    for (calls, (code, status, word, outcome)) in [
        ("10001", 502, "centagate_denied", "notExecuted"),
        ("10002", 422, "rejected_by_centagate", "notExecuted"),
        ("10004", 502, "centagate_failed", "unknown"),
        ("20002", 502, "centagate_failed", "notExecuted"),
        ("22002", 404, "user_not_found", "notExecuted"),
        ("4711", 502, "centagate_unexpected", "unknown"),
    ]
    .into_iter()
    .enumerate()
    {
        gateway.simulator.instruct(Instruction::once(Operation::GetUser, Behaviour::code(code)));
        let reply = gateway.get_user("bob").await;
        let problem = reply.problem(word);
        assert_eq!((reply.status, &problem["outcome"]), (status, &json!(outcome)), "{code}");
        assert_eq!(gateway.simulator.requests().len(), calls + 2, "{code}");
    }
    gateway.simulator.expire_session();
    assert_eq!(gateway.get_user("bob").await.problem("centagate_denied")["upstreamCode"], 10001);
    assert_eq!(Operation::GetUser.call().codes.len(), 4);
}

#[tokio::test]
async fn a_call_that_is_lost_late_or_impossible_has_its_outcome() {
    let gateway = Setup::new().hurried().start().await;
    let expect = |problem: Value, outcome: &str| assert_eq!(problem["outcome"], outcome, "{problem}");
    let delay = Behaviour::Delay(std::time::Duration::from_secs(1));
    gateway.simulator.instruct(Instruction::once(None, delay));
    expect(gateway.get_user("bob").await.problem("centagate_timeout"), "unknown");
    gateway.simulator.instruct(Instruction::once(None, Behaviour::CutBeforeReply));
    expect(gateway.get_user("bob").await.problem("centagate_unexpected"), "unknown");
    gateway.simulator.instruct(Instruction::once(None, Behaviour::reply(503, "text/html", "<html>")));
    expect(gateway.get_user("bob").await.problem("centagate_unexpected"), "unknown");

    let gateway = Setup::new().hurried().upstream("http://127.0.0.1:1").start().await;
    expect(gateway.get_user("bob").await.problem("centagate_unavailable"), "notExecuted");
}

#[tokio::test]
async fn it_settles_what_became_of_a_registration_whose_outcome_was_unknown() {
    let gateway = TestGateway::start().await;
    let interrupt = |behaviour| gateway.simulator.instruct(Instruction::once(None, behaviour));

    interrupt(Behaviour::CutWithoutExecuting);
    assert_eq!(gateway.create_user(&alice()).await.problem("centagate_unexpected")["outcome"], "unknown");
    gateway.get_user("alice").await.problem("user_not_found");
    interrupt(Behaviour::CutBeforeReply);
    assert_eq!(gateway.create_user(&alice()).await.problem("centagate_unexpected")["outcome"], "unknown");
    assert_eq!(gateway.get_user("alice").await.status, 200);

    interrupt(Behaviour::CutWithoutExecuting);
    assert_eq!(
        gateway.register_otp_token("alice", &token()).await.problem("centagate_unexpected")["outcome"],
        "unknown"
    );
    assert_eq!(gateway.get_user("alice").await.json()["tokens"], json!([]));
    interrupt(Behaviour::CutBeforeReply);
    assert_eq!(
        gateway.register_otp_token("alice", &token()).await.problem("centagate_unexpected")["outcome"],
        "unknown"
    );
    let tokens = gateway.get_user("alice").await.json()["tokens"].clone();
    assert_eq!((&tokens[0]["type"], &tokens[0]["status"]), (&json!("otp"), &json!("active")));
    assert_eq!(gateway.simulator.executions(), 2);
}

#[tokio::test]
async fn every_problem_whose_outcome_is_unknown_says_how_to_settle_it() {
    let gateway = Setup::new().hurried().start().await;
    let delay = Behaviour::Delay(std::time::Duration::from_secs(1));
    for (behaviour, code, outcome) in [
        (Behaviour::code("10004"), "centagate_failed", "unknown"),
        (Behaviour::code("4711"), "centagate_unexpected", "unknown"),
        (delay, "centagate_timeout", "unknown"),
        (Behaviour::code("27001"), "centagate_failed", "notExecuted"),
        (Behaviour::code("10001"), "centagate_denied", "notExecuted"),
    ] {
        gateway.simulator.instruct(Instruction::once(None, behaviour));
        let problem = gateway.create_user(&alice()).await.problem(code);
        let names_the_way = problem["detail"].as_str().unwrap().contains("GET /users/{id}");
        assert_eq!((&problem["outcome"], names_the_way), (&json!(outcome), outcome == "unknown"), "{problem}");
    }
    let request = gateway.get("/problems").await;
    assert!(request.text().contains("GET /users/{id}"), "the advice, too");
}
