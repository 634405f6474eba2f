//! The simulator's record of its requests.

use centagate_simulator::{Behaviour, Gate, Instruction, Operation};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::bench::{Bench, CREATE_USER};
use crate::client::{TEST_TIMEOUT, send};

#[tokio::test]
async fn a_request_is_recorded_with_its_raw_path_and_body() {
    let bench = Bench::start().await;
    let path = "/CentagateWS/webresources/user/registerUserActivate/%61dmin/?x=%20";
    let body = format!(" {}", bench.registration("bob"));
    let headers = ["X-One: 1", "Content-Type: text/plain"];
    send(bench.simulator.address(), "PUT", path, &headers, body.as_bytes()).await;
    let requests = bench.simulator.requests();
    assert_eq!(requests.len(), 1);
    let request = &requests[0];
    assert_eq!((request.method.as_str(), request.path.as_str()), ("PUT", path));
    assert_eq!(request.header("x-one"), Some("1"));
    assert_eq!(request.header("CONTENT-TYPE"), Some("text/plain"));
    assert_eq!(request.header("Authorization"), None);
    assert_eq!(request.body, body.as_bytes());
    assert_eq!(request.member("username"), Some("bob"));
    assert_eq!(request.members.len(), 10);
    assert_eq!(request.operation, Some(Operation::CreateUser));
    assert_eq!(request.code.as_deref(), Some("0"));
    assert!(request.executed && request.finished);
    let shown = format!("{request:?}");
    assert!(!shown.contains(&bench.cen_token()) && shown.contains("cenToken"));
}

#[tokio::test]
async fn refusals_unknown_paths_and_broken_bodies_are_recorded() {
    let bench = Bench::start().await;
    bench.put("/nowhere", &"text".into()).await;
    bench.create_user(&"text".into()).await;
    let requests = bench.simulator.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!((requests[0].operation, requests[0].code.as_deref()), (None, None));
    assert!(requests[0].finished && !requests[0].executed);
    assert_eq!(requests[1].code.as_deref(), Some("10002"));
    assert!(requests[1].members.is_empty() && !requests[1].executed);
    assert_eq!(requests[1].body, b"\"text\"");
}

#[tokio::test]
async fn arrivals_can_be_awaited() {
    let bench = Bench::start().await;
    let gate = Gate::new();
    bench.simulator.instruct(Instruction::once(None, Behaviour::Hold(gate.clone())));
    let (address, body) = (bench.simulator.address(), bench.registration("bob").to_string());
    let call = tokio::spawn(async move {
        send(address, "PUT", CREATE_USER, &[], body.as_bytes()).await;
    });
    let requests = timeout(TEST_TIMEOUT, bench.simulator.wait_for_requests(1)).await.unwrap();
    assert!(!requests[0].finished);
    gate.open();
    let requests = timeout(TEST_TIMEOUT, bench.simulator.wait_for_finished(1)).await.unwrap();
    assert!(requests[0].executed);
    call.await.unwrap();
}

#[tokio::test]
async fn a_call_is_executed_even_if_its_client_disconnects() {
    let bench = Bench::start().await;
    let gate = Gate::new();
    bench.simulator.instruct(Instruction::once(None, Behaviour::Hold(gate.clone())));
    let body = bench.registration("bob").to_string();
    let mut connection = TcpStream::connect(bench.simulator.address()).await.unwrap();
    let request = format!("PUT {CREATE_USER} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    connection.write_all(request.as_bytes()).await.unwrap();
    timeout(TEST_TIMEOUT, gate.entered()).await.unwrap();
    drop(connection);
    // After a second request, the server has noticed the end of the first connection.
    bench.put("/nowhere", &"".into()).await;
    gate.open();
    timeout(TEST_TIMEOUT, bench.simulator.wait_for_finished(2)).await.unwrap();
    assert!(bench.simulator.user("bob").is_some());
    assert_eq!(bench.simulator.executions(), 1);
}
