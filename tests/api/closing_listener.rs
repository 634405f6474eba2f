//! At the end of the drain, the listening socket closes. No connection that was opened before is lost.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use centagate_simulator::{Behaviour, Gate, Instruction};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::gateway::user;
use crate::process::{Environment, TEST_TIMEOUT};
use crate::raw;

const CALLERS: usize = 16;

fn registration(name: &str) -> Vec<u8> {
    raw::post("/users", &raw::usual_headers(), user(name).to_string().as_bytes())
}

/// Registers users, each on a new connection, until the gateway refuses a connection. Returns the number of users.
async fn register_until_refused(address: SocketAddr, caller: usize) -> usize {
    for number in 0.. {
        let mut connection = match TcpStream::connect(address).await {
            Err(refused) if refused.kind() == ErrorKind::ConnectionRefused => return number,
            connected => connected.expect("a connection, or a refusal"),
        };
        connection.write_all(&registration(&format!("u{caller}-{number}"))).await.expect("an open connection");
        let reply = raw::read_reply(&mut connection).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
    }
    unreachable!("numbers do not end")
}

#[tokio::test]
async fn after_the_drain_new_connections_are_refused_while_calls_finish() {
    let (environment, simulator) = Environment::with_simulator().await;
    let mut gateway = environment.serve().await;
    let gate = Gate::new();
    simulator.instruct(Instruction::once(None, Behaviour::Hold(gate.clone())));
    let mut held = TcpStream::connect(gateway.address).await.unwrap();
    held.write_all(&registration("held")).await.unwrap();
    timeout(TEST_TIMEOUT, gate.entered()).await.expect("CENTAGATE holds the call");
    gateway.terminate();
    timeout(TEST_TIMEOUT, register_until_refused(gateway.address, 0)).await.expect("the socket closes");
    // Another process can bind the address although the old process still runs.
    let successor = TcpListener::bind(gateway.address).expect("the address is free");
    gate.open();
    let reply = raw::read_reply(&mut held).await;
    assert_eq!((reply.status, reply.header("connection")), (201, Some("close")));
    assert!(gateway.end().await.success());
    assert!(!gateway.lines().iter().any(|line| line.contains("\"ERROR\"")), "{:?}", gateway.lines());
    drop(successor);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_connection_opened_before_the_end_of_the_drain_gets_its_reply() {
    let (environment, simulator) = Environment::with_simulator().await;
    let mut gateway = environment.serve().await;
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        callers.spawn(register_until_refused(gateway.address, caller));
    }
    let underway = async {
        while simulator.executions() < CALLERS {
            tokio::task::yield_now().await;
        }
    };
    timeout(TEST_TIMEOUT, underway).await.expect("callers are served");
    gateway.terminate();
    let registered = timeout(TEST_TIMEOUT, callers.join_all()).await.expect("all callers are refused in the end");
    assert!(gateway.end().await.success());
    assert_eq!(registered.iter().sum::<usize>(), simulator.executions(), "each user is registered once");
}

#[tokio::test]
async fn an_open_connection_that_sends_its_request_after_the_drain_gets_its_reply() {
    let (environment, _simulator) = Environment::with_simulator().await;
    let mut gateway = environment.serve().await;
    let mut early = TcpStream::connect(gateway.address).await.unwrap();
    gateway.terminate();
    timeout(TEST_TIMEOUT, register_until_refused(gateway.address, 0)).await.expect("the socket closes");
    early.write_all(&registration("early")).await.unwrap();
    assert_eq!(timeout(Duration::from_secs(10), raw::read_reply(&mut early)).await.expect("a reply").status, 201);
    assert!(gateway.end().await.success());
}
