//! A lost request or reply in each operation. The problem describes how to settle the outcome, and that procedure
//! works.

use centagate_simulator::{Behaviour, Gate, Instruction, User};
use reqwest::Method;
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::callers::EVERYTHING;
use crate::gateway::{Setup, TestGateway};
use crate::operations::{Operation, operations};
use crate::process::TEST_TIMEOUT;
use crate::reply::Reply;
use crate::settling::Settlement::{self, CheckUser, Retry, RetryUnlessDone, RetryWithNewCodes};
use crate::settling::{Row, row};

/// How many operations run at the same time, each with its own gateway.
const AT_ONCE: usize = 6;

/// What the network loses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lost {
    /// The request: CENTAGATE does not execute it.
    Request,
    /// The reply to an executed request.
    Reply,
    /// The reply, because CENTAGATE executes the request only after the gateway's deadline.
    LateReply,
}

/// Sends the example request about `dora`, with an `Idempotency-Key` if the operation supports one.
async fn send(gateway: &TestGateway, operation: &Operation, key: &str) -> Reply {
    let request = gateway.example_as(EVERYTHING, operation, "dora");
    gateway.send(if operation.honours_key { request.header("idempotency-key", key) } else { request }).await
}

/// Causes a loss and returns the problem. When it returns, CENTAGATE has executed the request or never will.
async fn cause_loss(gateway: &TestGateway, operation: &Operation, lost: Lost) -> Reply {
    let gate = Gate::new();
    let behaviour = match lost {
        Lost::Request => Behaviour::CutWithoutExecuting,
        Lost::Reply => Behaviour::CutBeforeReply,
        Lost::LateReply => Behaviour::Hold(gate.clone()),
    };
    gateway.simulator.instruct(Instruction::once(None, behaviour));
    let reply = send(gateway, operation, "first").await;
    gate.open();
    timeout(TEST_TIMEOUT, gateway.simulator.wait_for_finished(1)).await.expect("CENTAGATE decides in time");
    reply
}

/// Settles the outcome in the operation's way, and checks the result.
async fn settle(gateway: &TestGateway, operation: &Operation, settlement: Settlement, was_executed: bool) {
    let what = format!("{} {was_executed}", operation.id);
    match settlement {
        CheckUser(shows) => {
            let retried = send(gateway, operation, "first").await;
            let problem = retried.problem("outcome_unknown");
            assert!(problem["detail"].as_str().unwrap().contains(operation.settle), "{what}: {problem}");
            assert_eq!(shows(&gateway.get_user("dora").await), was_executed, "{what}");
            if !was_executed {
                assert_eq!(send(gateway, operation, "second").await.status, operation.success, "{what}");
                assert!(shows(&gateway.get_user("dora").await), "{what}");
            }
        }
        RetryUnlessDone(code) if was_executed => {
            let problem = send(gateway, operation, "").await.problem(code);
            assert_eq!(problem["outcome"], "notExecuted", "{what}: {problem}");
        }
        Retry | RetryUnlessDone(_) => {
            assert_eq!(send(gateway, operation, "").await.status, operation.success, "{what}");
        }
        RetryWithNewCodes => {
            let method = Method::from_bytes(operation.method.as_bytes()).unwrap();
            let new_codes = json!({ "codes": ["111111", "222222"] });
            let request = gateway.json(method, &operation.path_of("dora"), &new_codes);
            assert_eq!(gateway.send(request).await.status, operation.success, "{what}");
        }
    }
}

/// Starts a gateway for one operation, in front of a CENTAGATE with a user for that operation.
async fn start(row: &Row, lost: Lost) -> TestGateway {
    let setup = Setup::new();
    let hurried = lost == Lost::LateReply;
    let gateway = if hurried { setup.set("centagate.request_timeout_ms", "1500") } else { setup }.start().await;
    gateway.simulator.add_to_stock("2601000042");
    if let Some(before) = row.before {
        let mut dora = User::new("dora");
        before(&mut dora);
        gateway.simulator.add_user(dora);
    }
    gateway
}

async fn check(operation: &Operation, row: Row, gateway: TestGateway, lost: Lost) {
    let Row { is_done, settlement, mentions, .. } = row;
    let simulator = &gateway.simulator;
    let is_done = || is_done.map(|is_done| is_done(simulator.user("dora").as_ref()));
    assert_ne!(is_done(), Some(true), "{}: the request has something to do", operation.id);
    assert!(operation.settle.contains(mentions), "{}: {}", operation.id, operation.settle);

    let reply = cause_loss(&gateway, operation, lost).await;
    let (status, code) =
        if lost == Lost::LateReply { (504, "centagate_timeout") } else { (502, "centagate_unexpected") };
    let problem = reply.problem(code);
    let what = format!("{} {lost:?}: {problem}", operation.id);
    assert_eq!((reply.status, &problem["outcome"]), (status, &json!("unknown")), "{what}");
    assert!(problem["detail"].as_str().unwrap().contains(operation.settle), "{what}");
    assert_eq!(simulator.requests().len(), 1, "the gateway resends nothing: {what}");
    let was_executed = lost != Lost::Request;
    assert_ne!(is_done(), Some(!was_executed), "{what}");

    settle(&gateway, operation, settlement, was_executed).await;
    assert_ne!(is_done(), Some(false), "{what}");
    let executions = match settlement {
        _ if operation.method == "GET" => 0,
        CheckUser(_) | RetryUnlessDone(_) => 1,
        // A second execution changes nothing.
        Retry | RetryWithNewCodes => 1 + usize::from(was_executed),
    };
    assert_eq!(simulator.executions(), executions, "{what}");
}

/// Causes this loss in every operation.
async fn check_all(lost: Lost) {
    for some in operations().chunks(AT_ONCE) {
        // Each start blocks this thread, so all gateways start before the first connection. Otherwise an open
        // connection could wait too long for its request and be closed.
        let mut started = Vec::new();
        for operation in some {
            let row = row(operation.id);
            let gateway = start(&row, lost).await;
            started.push(check(operation, row, gateway, lost));
        }
        started.into_iter().collect::<JoinSet<_>>().join_all().await;
    }
}

#[tokio::test]
async fn each_operations_procedure_settles_a_lost_request() {
    check_all(Lost::Request).await;
}

#[tokio::test]
async fn each_operations_procedure_settles_a_lost_reply() {
    check_all(Lost::Reply).await;
}

#[tokio::test]
async fn each_operations_procedure_settles_a_reply_that_comes_too_late() {
    check_all(Lost::LateReply).await;
}
