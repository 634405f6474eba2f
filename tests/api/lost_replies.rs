//! A lost request or a lost reply in each operation: the problem says how to settle the outcome, and that way settles it.

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
use crate::settling::Way::{self, Look, SendAgain, SendAgainUnlessDone, SendNewCodes};
use crate::settling::{Row, row};

/// How many operations run at once, each with its own gateway.
const AT_ONCE: usize = 6;

/// What is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lost {
    /// The request: CENTAGATE does not execute it.
    Request,
    /// The reply to an executed request.
    Reply,
    /// The reply, because CENTAGATE executes the request only after the gateway's deadline.
    LateReply,
}

/// Sends the example request about `dora`, with a key where the operation honours one.
async fn send(gateway: &TestGateway, operation: &Operation, key: &str) -> Reply {
    let request = gateway.example_as(EVERYTHING, operation, "dora");
    gateway.send(if operation.honours_key { request.header("idempotency-key", key) } else { request }).await
}

/// Loses something, and returns the problem. CENTAGATE has decided when this returns.
async fn lose(gateway: &TestGateway, operation: &Operation, lost: Lost) -> Reply {
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

/// Follows the operation's way to the end, and checks what it shows.
async fn settle(gateway: &TestGateway, operation: &Operation, way: Way, was_executed: bool) {
    let what = format!("{} {was_executed}", operation.id);
    match way {
        Look(shows) => {
            let again = send(gateway, operation, "first").await;
            let problem = again.problem("outcome_unknown");
            assert!(problem["detail"].as_str().unwrap().contains(operation.settle), "{what}: {problem}");
            assert_eq!(shows(&gateway.get_user("dora").await), was_executed, "{what}");
            if !was_executed {
                assert_eq!(send(gateway, operation, "second").await.status, operation.success, "{what}");
                assert!(shows(&gateway.get_user("dora").await), "{what}");
            }
        }
        SendAgainUnlessDone(code) if was_executed => {
            let problem = send(gateway, operation, "").await.problem(code);
            assert_eq!(problem["outcome"], "notExecuted", "{what}: {problem}");
        }
        SendAgain | SendAgainUnlessDone(_) => {
            assert_eq!(send(gateway, operation, "").await.status, operation.success, "{what}");
        }
        SendNewCodes => {
            let method = Method::from_bytes(operation.method.as_bytes()).unwrap();
            let new_codes = json!({ "codes": ["111111", "222222"] });
            let request = gateway.json(method, &operation.path_of("dora"), &new_codes);
            assert_eq!(gateway.send(request).await.status, operation.success, "{what}");
        }
    }
}

/// A gateway for one operation, in front of a CENTAGATE in which the operation has something to do.
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
    let Row { is_done, way, mentions, .. } = row;
    let simulator = &gateway.simulator;
    let is_done = || is_done.map(|is_done| is_done(simulator.user("dora").as_ref()));
    assert_ne!(is_done(), Some(true), "{}: the request has something to do", operation.id);
    assert!(operation.settle.contains(mentions), "{}: {}", operation.id, operation.settle);

    let reply = lose(&gateway, operation, lost).await;
    let (status, code) =
        if lost == Lost::LateReply { (504, "centagate_timeout") } else { (502, "centagate_unexpected") };
    let problem = reply.problem(code);
    let what = format!("{} {lost:?}: {problem}", operation.id);
    assert_eq!((reply.status, &problem["outcome"]), (status, &json!("unknown")), "{what}");
    assert!(problem["detail"].as_str().unwrap().contains(operation.settle), "{what}");
    assert_eq!(simulator.requests().len(), 1, "the gateway resends nothing: {what}");
    let was_executed = lost != Lost::Request;
    assert_ne!(is_done(), Some(!was_executed), "{what}");

    settle(&gateway, operation, way, was_executed).await;
    assert_ne!(is_done(), Some(false), "{what}");
    let executions = match way {
        _ if operation.method == "GET" => 0,
        Look(_) | SendAgainUnlessDone(_) => 1,
        // A second execution changes nothing.
        SendAgain | SendNewCodes => 1 + usize::from(was_executed),
    };
    assert_eq!(simulator.executions(), executions, "{what}");
}

/// Loses this in every operation.
async fn check_all(lost: Lost) {
    for some in operations().chunks(AT_ONCE) {
        // A start blocks this thread, so all gateways start before the first connection. A connection that waits for its
        // request too long is closed.
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
async fn the_way_of_each_operation_settles_a_lost_request() {
    check_all(Lost::Request).await;
}

#[tokio::test]
async fn the_way_of_each_operation_settles_a_lost_reply() {
    check_all(Lost::Reply).await;
}

#[tokio::test]
async fn the_way_of_each_operation_settles_a_reply_that_comes_too_late() {
    check_all(Lost::LateReply).await;
}
