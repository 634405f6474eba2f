//! At the end of the drain, the listening socket closes. No connection that was opened before is lost.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::time::Duration;

use centagate_simulator::{Behaviour, Gate, Instruction};
use rustls::version::TLS13;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::environment::Environment;
use crate::listener_tls::{Pair, configured};
use crate::new_connections::{expect_no_lost_connection, register_until_refused, registration};
use crate::process::TEST_TIMEOUT;
use crate::raw;

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
    // Another process can soon bind the address although the old process still runs.
    let bound = async {
        loop {
            match TcpListener::bind(gateway.address) {
                Err(error) if error.kind() == ErrorKind::AddrInUse => tokio::task::yield_now().await,
                result => return result,
            }
        }
    };
    let successor = timeout(TEST_TIMEOUT, bound).await.expect("the address becomes free").expect("a socket");
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
    expect_no_lost_connection(&environment, &simulator).await;
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

#[tokio::test]
async fn an_open_connection_that_starts_tls_after_the_drain_gets_its_reply() {
    let (environment, _simulator) = Environment::with_simulator().await;
    let pair = Pair::fresh();
    pair.write(&environment);
    let mut gateway = configured(environment).serve().await;
    let early = TcpStream::connect(gateway.address).await.unwrap();
    gateway.terminate();
    let refused = async { while TcpStream::connect(gateway.address).await.is_ok() {} };
    timeout(TEST_TIMEOUT, refused).await.expect("the socket closes");
    let mut early = pair.shake_hands(early, &[&TLS13], &[]).await.unwrap();
    early.write_all(&registration("early")).await.unwrap();
    assert_eq!(timeout(Duration::from_secs(10), raw::read_reply(&mut early)).await.expect("a reply").status, 201);
    assert!(gateway.end().await.success());
}
