//! SIGTERM: readiness fails, callers are still served, and no request in flight is lost.

use std::time::Duration;

use centagate_simulator::{Behaviour, Gate, Instruction};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::caller::Caller;
use crate::environment::Environment;
use crate::gateway::user;
use crate::raw;

fn registration(id: &str) -> Vec<u8> {
    let headers = format!("X-Request-Id: {id}\r\n{}", raw::usual_headers());
    raw::post("/users", &headers, user(id).to_string().as_bytes())
}

async fn send(address: std::net::SocketAddr, request: &[u8]) -> TcpStream {
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(request).await.unwrap();
    connection
}

#[tokio::test]
async fn a_stopping_gateway_is_not_ready_but_serves_and_finishes_requests() {
    let (environment, simulator) = Environment::with_simulator().await;
    let mut gateway = environment.set("GATEWAY__SERVER__DRAIN_MS", "1500").serve().await;
    Caller::of(&gateway).wait_for_readiness(200).await;
    let gate = Gate::new();
    simulator.instruct(Instruction::times(None, 2, Behaviour::Hold(gate.clone())));
    let mut held = send(gateway.address, &registration("held")).await;
    let disconnected = send(gateway.address, &registration("gone")).await;
    timeout(Duration::from_secs(10), gate.entered_by(2)).await.expect("CENTAGATE holds both calls");
    let mut idle = send(gateway.address, b"GET /problems HTTP/1.1\r\nHost: g\r\n\r\n").await;
    assert_eq!(
        raw::read_reply(&mut idle).await.header("connection"),
        None,
        "the connection stays open before the shutdown"
    );

    disconnected.set_zero_linger().unwrap();
    drop(disconnected);
    gateway.terminate();
    gateway.wait_for_line(|line| line.contains("\"stopping\"")).await;
    assert_eq!(gateway.manage("/readyz").await, (503, "not ready\n".into()));
    let (status, reasons) = gateway.manage("/readyz?verbose").await;
    assert_eq!((status, reasons.starts_with("not ready\ndraining: stopping\n")), (503, true), "{reasons}");
    assert_eq!(gateway.manage("/livez").await.0, 200);
    let new = raw::exchange(gateway.address, &registration("new")).await;
    assert_eq!((new.status, new.header("connection")), (201, Some("close")), "new connections are still served");
    idle.write_all(b"GET /nowhere HTTP/1.1\r\nHost: g\r\n\r\n").await.unwrap();
    let old = raw::read_reply(&mut idle).await;
    assert_eq!((old.status, old.header("connection")), (404, Some("close")), "old connections are still served");
    assert!(raw::is_closed(&mut idle).await);

    gate.open();
    let reply = raw::read_reply(&mut held).await;
    assert_eq!((reply.status, reply.header("connection")), (201, Some("close")));
    assert!(gateway.end().await.success(), "exit status 0");
    for id in ["held", "gone", "new"] {
        assert_eq!(gateway.wait_for_request(id).await["outcome"], "executed");
    }
    assert!(gateway.lines().last().unwrap().contains("\"stopped\""));
    assert_eq!(gateway.stderr_lines(), [""; 0]);
    assert_eq!(simulator.executions(), 3);
}

#[tokio::test]
async fn a_request_that_takes_longer_than_the_drain_is_still_finished() {
    let (environment, simulator) = Environment::with_simulator().await;
    let mut gateway = environment.serve().await;
    let gate = Gate::new();
    simulator.instruct(Instruction::times(None, 2, Behaviour::Hold(gate.clone())));
    let mut held = send(gateway.address, &registration("held")).await;
    let disconnected = send(gateway.address, &registration("gone")).await;
    timeout(Duration::from_secs(10), gate.entered_by(2)).await.expect("CENTAGATE holds both calls");
    disconnected.set_zero_linger().unwrap();
    drop(disconnected);
    gateway.terminate();
    gateway.wait_for_line(|line| line.contains("\"stopping\"")).await;
    gate.open();
    let reply = raw::read_reply(&mut held).await;
    assert_eq!((reply.status, reply.header("connection")), (201, Some("close")));
    assert!(gateway.end().await.success());
    for id in ["held", "gone"] {
        assert_eq!(gateway.wait_for_request(id).await["outcome"], "executed");
    }
    assert!(gateway.lines().last().unwrap().contains("\"stopped\""));
}

#[tokio::test]
async fn a_silent_centagate_does_not_block_the_shutdown() {
    let (environment, simulator) = Environment::with_simulator().await;
    let environment = environment
        .set("GATEWAY__CENTAGATE__CONNECT_TIMEOUT_MS", "200")
        .set("GATEWAY__CENTAGATE__REQUEST_TIMEOUT_MS", "500")
        .set("GATEWAY__SERVER__REQUEST_TIMEOUT_MS", "800");
    let mut gateway = environment.serve().await;
    let gate = Gate::new();
    simulator.instruct(Instruction::once(None, Behaviour::Hold(gate.clone())));
    let mut held = send(gateway.address, &registration("held")).await;
    timeout(Duration::from_secs(10), gate.entered()).await.expect("CENTAGATE holds the call");
    gateway.terminate();
    assert_eq!(raw::read_reply(&mut held).await.problem("centagate_timeout")["outcome"], "unknown");
    assert!(gateway.end().await.success());
    assert_eq!(gateway.wait_for_request("held").await["outcome"], "unknown");
}

#[tokio::test]
async fn idle_and_unused_connections_do_not_block_the_shutdown() {
    let (environment, _simulator) = Environment::with_simulator().await;
    let mut gateway = environment.serve().await;
    let unused = send(gateway.address, b"").await;
    let mut idle = send(gateway.address, b"GET /problems HTTP/1.1\r\nHost: g\r\n\r\n").await;
    raw::read_reply(&mut idle).await;
    let started = std::time::Instant::now();
    gateway.terminate();
    assert!(gateway.end().await.success());
    assert!(started.elapsed() < Duration::from_secs(10), "well below shutdown_ms");
    drop((unused, idle));
}

#[tokio::test]
async fn ctrl_c_stops_an_idle_gateway() {
    let (environment, _simulator) = Environment::with_simulator().await;
    let mut gateway = environment.serve().await;
    gateway.interrupt();
    assert!(gateway.end().await.success());
    assert!(gateway.lines().last().unwrap().contains("\"stopped\""));
}
