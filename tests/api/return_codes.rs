//! CENTAGATE's return codes: what a caller gets for each.

use centagate_simulator::{Behaviour, Instruction};
use serde_json::json;

use crate::gateway::{TestGateway, alice, token, user, with};
use crate::reply::Reply;

/// Every code of both vendor pages, those of the vendor's API reference that concern our admin, and some that nobody
/// documented; status, `code` and `outcome` as the contract says.
const CODES: [(i64, u16, &str, &str); 26] = [
    (10001, 502, "centagate_denied", "notExecuted"),
    (23016, 502, "centagate_denied", "notExecuted"),
    (23018, 502, "centagate_denied", "notExecuted"),
    (10002, 422, "rejected_by_centagate", "notExecuted"),
    (10003, 502, "centagate_failed", "unknown"),
    (10004, 502, "centagate_failed", "unknown"),
    (10011, 502, "centagate_failed", "unknown"),
    (20002, 502, "centagate_failed", "notExecuted"),
    (21001, 422, "group_not_found", "notExecuted"),
    (22001, 409, "email_taken", "notExecuted"),
    (22002, 404, "user_not_found", "notExecuted"),
    (22004, 409, "user_not_active", "notExecuted"),
    (22011, 502, "centagate_failed", "unknown"),
    (22013, 403, "user_limit_reached", "notExecuted"),
    (22025, 409, "username_taken", "notExecuted"),
    (22027, 409, "otp_token_already_registered", "notExecuted"),
    (27001, 502, "centagate_failed", "notExecuted"),
    (1, 502, "centagate_unexpected", "unknown"),
    (-1, 502, "centagate_unexpected", "unknown"),
    (6002, 502, "centagate_unexpected", "unknown"),
    (230_001, 502, "centagate_unexpected", "unknown"),
    (10000, 502, "centagate_unexpected", "unknown"),
    (22026, 502, "centagate_unexpected", "unknown"),
    (23007, 502, "centagate_unexpected", "unknown"),
    (99999, 502, "centagate_unexpected", "unknown"),
    (4_000_000_000, 502, "centagate_unexpected", "unknown"),
];

fn expect(reply: &Reply, (number, status, code, outcome): (i64, u16, &str, &str)) {
    assert_eq!(reply.status, status, "{number}: {}", reply.text());
    let problem = reply.problem(code);
    assert_eq!(problem["upstreamCode"], number);
    assert_eq!(problem["outcome"], outcome);
    assert_eq!(reply.header("content-type"), Some("application/problem+json"));
}

#[tokio::test]
async fn every_return_code_becomes_its_problem_in_both_operations() {
    let gateway = TestGateway::start().await;
    for (sent, row) in CODES.into_iter().enumerate() {
        gateway.simulator.instruct(Instruction::times(None, 2, Behaviour::code(row.0.to_string())));
        expect(&gateway.create_user(&alice()).await, row);
        expect(&gateway.register_otp_token("bob", &token()).await, row);
        assert_eq!(gateway.simulator.requests().len(), (sent + 1) * 2, "each request is sent once");
    }
    assert_eq!(gateway.simulator.executions(), 0);
}

#[tokio::test]
async fn a_caller_learns_nothing_of_centagates_message() {
    let gateway = TestGateway::start().await;
    let message = "planted message".to_owned();
    gateway.simulator.instruct(Instruction::once(None, Behaviour::Code { code: json!("10002"), message }));
    let reply = gateway.create_user(&alice()).await;
    assert!(!reply.text().contains("planted"), "{}", reply.text());
}

#[tokio::test]
async fn codes_that_registration_meets_by_itself_arrive_as_well() {
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
async fn codes_that_token_registration_meets_by_itself_arrive_as_well() {
    let gateway = TestGateway::start().await;
    gateway.register_otp_token("nobody", &token()).await.problem("user_not_found");
    gateway.simulator.set_user_active("bob", false);
    gateway.register_otp_token("bob", &token()).await.problem("user_not_active");
    gateway.simulator.set_user_active("bob", true);
    assert_eq!(gateway.register_otp_token("bob", &token()).await.status, 201);
    gateway.register_otp_token("bob", &token()).await.problem("otp_token_already_registered");
    assert_eq!(gateway.simulator.executions(), 1);
}
