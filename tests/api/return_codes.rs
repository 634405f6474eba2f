//! What a caller gets for each of CENTAGATE's return codes, in every operation.

use centagate_simulator::Behaviour;
use serde_json::{Value, json};

use crate::callers;
use crate::gateway::{Setup, TestGateway};
use crate::operations::{Operation, let_next_call_meet, operations};
use crate::reply::Reply;
use crate::return_code_table::{Code, Key};

/// Sends the example request, makes CENTAGATE return the code in this spelling, and checks the problem.
async fn expect_problem(gateway: &TestGateway, operation: &Operation, code: Code, spelling: Value) {
    let what = format!("{} {spelling}", operation.id);
    let_next_call_meet(&gateway.simulator, Behaviour::code(spelling));
    let reply = gateway.send_example(operation, "bob").await;
    assert_eq!(reply.status, code.status, "{what}: {}", reply.text());
    let problem = reply.problem(code.problem);
    assert_eq!(problem["upstreamCode"], code.number, "{what}");
    assert_eq!(problem["outcome"], code.outcome, "{what}");
    let detail = problem["detail"].as_str().unwrap();
    let says_how = detail.contains(operation.settle);
    // A caller cannot find out whether CENTAGATE's approvers accepted the change.
    let can_be_settled = code.outcome == "unknown" && code.problem != "edit_pending_approval";
    assert_eq!(says_how, can_be_settled, "{what}: how to settle the outcome: {detail}");
}

#[tokio::test]
async fn every_return_code_becomes_its_problem() {
    let gateway = Setup::new().without_rate_limit().start().await;
    let mut sent = 0;
    for operation in operations() {
        for code in operation.codes() {
            // CENTAGATE may send a code as text or as a number.
            for spelling in [json!(code.number.to_string()), json!(code.number)] {
                expect_problem(&gateway, operation, code, spelling).await;
                sent += 1;
            }
        }
        assert_eq!(gateway.simulator.requests().len(), sent, "{}: each request is sent once", operation.id);
    }
    assert_eq!(gateway.simulator.executions(), 0);
}

#[tokio::test]
async fn a_problem_does_not_contain_centagates_message() {
    let gateway = TestGateway::start().await;
    for operation in operations() {
        let behaviour = Behaviour::Code { code: json!("10002"), message: "planted message".into() };
        let_next_call_meet(&gateway.simulator, behaviour);
        let reply = gateway.send_example(operation, "bob").await;
        reply.problem("rejected_by_centagate");
        assert!(!reply.text().contains("planted"), "{}: {}", operation.id, reply.text());
    }
}

/// Sends the example request with an `Idempotency-Key`.
async fn send_with_key(gateway: &TestGateway, operation: &Operation, key: &str) -> Reply {
    let request = gateway.example_as(callers::EVERYTHING, operation, "bob").header("idempotency-key", key);
    gateway.send(request).await
}

fn without_request_id(mut problem: Value) -> Value {
    problem.as_object_mut().unwrap().remove("requestId");
    problem
}

#[tokio::test]
async fn every_return_code_treats_an_idempotency_key_as_the_contract_says() {
    let gateway = Setup::new().without_rate_limit().start().await;
    for operation in operations().iter().filter(|operation| operation.honours_key) {
        for code in operation.codes() {
            let what = format!("{} {}", operation.id, code.number);
            let key = &what.replace(' ', "-");
            let_next_call_meet(&gateway.simulator, Behaviour::code(code.number.to_string()));
            let first = send_with_key(&gateway, operation, key).await.problem(code.problem);
            let sent = gateway.simulator.requests().len();
            let retry = send_with_key(&gateway, operation, key).await;
            let is_replayed = retry.header("idempotent-replayed") == Some("true");
            assert_eq!(is_replayed, code.key == Key::Replay, "{what}");
            match code.key {
                Key::Release => assert_eq!(retry.status, operation.success, "{what}: {}", retry.text()),
                Key::Replay => {
                    let retried = retry.problem(code.problem);
                    assert_ne!(retried["requestId"], first["requestId"], "{what}");
                    assert_eq!(without_request_id(retried), without_request_id(first), "{what}");
                }
                Key::Unknown => {
                    let problem = retry.problem("outcome_unknown");
                    assert_eq!(problem["outcome"], "unknown", "{what}");
                    assert!(problem["detail"].as_str().unwrap().contains(operation.settle), "{what}: {problem}");
                }
            }
            let sent_again = gateway.simulator.requests().len() > sent;
            assert_eq!(sent_again, code.key == Key::Release, "{what}");
        }
    }
}
