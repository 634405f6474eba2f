//! Standard output that is not read. No request waits for the log, and no action is executed without an audit line.

use std::time::{Duration, Instant};

use centagate_simulator::{Behaviour, Gate, Instruction, Simulator};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::caller::Caller;
use crate::environment::Environment;
use crate::output::Reading;
use crate::process::{GatewayProcess, TEST_TIMEOUT, json};

const DROPPED: &str = "gateway_log_lines_dropped_total";

/// Sends requests without a key. Each of them is logged.
async fn flood(gateway: &GatewayProcess, requests: usize) {
    let mut connection = TcpStream::connect(gateway.address).await.unwrap();
    let request = b"GET /nowhere HTTP/1.1\r\nHost: g\r\n\r\n".repeat(10);
    for _ in 0..requests / 10 {
        connection.write_all(&request).await.unwrap();
        let mut replies = Vec::new();
        let mut chunk = vec![0; 16384];
        while replies.windows(12).filter(|window| *window == b"HTTP/1.1 404").count() < 10 {
            let read =
                timeout(TEST_TIMEOUT, connection.read(&mut chunk)).await.expect("a reply within TEST_TIMEOUT").unwrap();
            assert!(read > 0, "the connection ended");
            replies.extend_from_slice(&chunk[..read]);
        }
    }
}

/// A gateway that writes its audit trail to standard output.
async fn with_trail_on_standard_output() -> (GatewayProcess, Simulator) {
    let (environment, simulator) = Environment::with_simulator().await;
    (environment.unset("GATEWAY__AUDIT__SINK").serve().await, simulator)
}

/// Pauses the reader and fills the pipe, so that no audit line can be written.
async fn block(gateway: &GatewayProcess) {
    gateway.reader.set(Reading::Paused);
    flood(gateway, 1000).await;
    Caller::of(gateway).wait_for_readiness(503).await;
}

/// The audit lines in the output.
fn trail(gateway: &GatewayProcess) -> Vec<Value> {
    gateway.lines().iter().map(|line| json(line)).filter(|line| line["audit"].is_string()).collect()
}

#[tokio::test]
async fn without_a_reader_log_lines_are_dropped_and_counted_and_requests_succeed() {
    let (environment, _simulator) = Environment::with_simulator().await;
    let mut gateway = environment.serve().await;
    let caller = Caller::of(&gateway);
    gateway.reader.set(Reading::Paused);
    let mut rounds = 0;
    while caller.metric(DROPPED).await == 0 {
        flood(&gateway, 1000).await;
        rounds += 1;
        assert!(rounds < 100, "the gateway never drops a log line");
    }
    assert_eq!(caller.create_user("alice").await.status, 201, "the audit trail is in a file");
    assert_eq!(caller.readiness().await.0, 200);
    gateway.reader.set(Reading::Normal);
    let line = gateway.wait_for_line(|line| line.contains("log lines were dropped")).await;
    let (line, dropped) = (json(&line), caller.metric(DROPPED).await);
    assert_eq!((&line["level"], &line["lost"]), (&"WARN".into(), &dropped.into()), "{line}");
    flood(&gateway, 10).await;
    gateway.terminate();
    assert!(gateway.end().await.success());
    assert!(gateway.lines().iter().all(|line| json(line).is_object()), "no line is torn");
    let reports = gateway.lines().iter().filter(|line| line.contains("log lines were dropped")).count();
    assert_eq!(reports, 1);
}

#[tokio::test]
async fn without_a_reader_actions_are_refused_and_leave_no_audit_line_later() {
    let (gateway, simulator) = with_trail_on_standard_output().await;
    let caller = Caller::of(&gateway);
    gateway.reader.set(Reading::Paused);
    flood(&gateway, 1000).await;
    // The first action waits until its line times out. The next ones are refused at once.
    for name in ["one", "two", "three"] {
        caller.create_user(name).await.problem("audit_unavailable");
    }
    assert!(simulator.requests().is_empty(), "CENTAGATE receives nothing");
    let (status, reasons) = caller.readiness().await;
    let reason = "\naudit: cannot be written: ";
    assert_eq!((status, reasons.contains(reason), reasons.lines().count()), (503, true, 7), "{reasons}");
    let resumed = Instant::now();
    gateway.reader.set(Reading::Normal);
    caller.wait_for_readiness(200).await;
    println!("ready {:?} after the reader resumed", resumed.elapsed());
    assert_eq!(caller.create_user("four").await.status, 201);
    let line = gateway.wait_for_line(|line| json(line)["audit"] == "outcome" && line.contains("four")).await;
    assert_eq!(json(&line)["outcome"], "executed");
    let lines = trail(&gateway);
    assert_eq!((&lines[0]["audit"], &lines[0]["lost"], lines.len()), (&"resumed".into(), &3.into(), 3), "{lines:?}");
}

#[tokio::test]
async fn readiness_recovers_with_the_reader_without_any_action() {
    let (gateway, _simulator) = with_trail_on_standard_output().await;
    block(&gateway).await;
    let (_, reasons) = Caller::of(&gateway).readiness().await;
    assert!(reasons.contains("\naudit: cannot be written: standard output is not read\n"), "{reasons}");
    gateway.reader.set(Reading::Normal);
    Caller::of(&gateway).wait_for_readiness(200).await;
    let line = gateway.wait_for_line(|line| json(line)["audit"] == "resumed").await;
    assert_eq!(json(&line)["lost"], 0);
}

#[tokio::test]
async fn an_outcome_that_cannot_be_written_delays_the_reply_for_a_bounded_time_and_is_written_later() {
    let (gateway, simulator) = with_trail_on_standard_output().await;
    let gate = Gate::new();
    simulator.instruct(Instruction::once(None, Behaviour::Hold(gate.clone())));
    let caller = Caller::of(&gateway);
    let (reply, ()) = tokio::join!(caller.create_user("alice"), async {
        timeout(TEST_TIMEOUT, gate.entered()).await.expect("CENTAGATE receives the call");
        block(&gateway).await;
        gate.open();
    });
    assert_eq!(reply.status, 201, "the caller gets the reply to an executed request");
    gateway.reader.set(Reading::Normal);
    gateway.wait_for_line(|line| json(line)["audit"] == "outcome").await;
    let events: Vec<_> = trail(&gateway).iter().map(|line| line["audit"].clone()).collect();
    assert_eq!(events.iter().filter(|event| **event == "attempt").count(), 1, "{events:?}");
}

#[tokio::test]
async fn sigterm_ends_a_gateway_whose_output_is_not_read() {
    for sink in ["file", "stdout"] {
        let (environment, _simulator) = Environment::with_simulator().await;
        let environment = if sink == "stdout" { environment.unset("GATEWAY__AUDIT__SINK") } else { environment };
        let mut gateway = environment.serve().await;
        gateway.reader.set(Reading::Paused);
        flood(&gateway, 1000).await;
        let started = Instant::now();
        gateway.terminate();
        assert!(gateway.exit().await.success(), "{sink}");
        assert!(started.elapsed() < Duration::from_secs(10), "{sink}: below drain_ms + shutdown_ms");
    }
}

#[tokio::test]
async fn sigterm_ends_a_gateway_whose_log_queue_is_full() {
    let (environment, _simulator) = Environment::with_simulator().await;
    let mut gateway = environment.serve().await;
    let caller = Caller::of(&gateway);
    gateway.reader.set(Reading::Paused);
    while caller.metric(DROPPED).await == 0 {
        flood(&gateway, 1000).await;
    }
    let started = Instant::now();
    gateway.terminate();
    assert!(gateway.exit().await.success());
    assert!(started.elapsed() < Duration::from_secs(10), "below drain_ms + shutdown_ms");
    gateway.reader.set(Reading::Normal);
    assert!(gateway.end().await.success());
    let lines = gateway.lines();
    let other = lines.iter().find(|line| !json(line).is_object());
    assert_eq!(other, None, "only lines of the log");
}

#[tokio::test]
async fn a_closed_pipe_loses_log_lines_and_fails_no_request() {
    let (environment, _simulator) = Environment::with_simulator().await;
    let mut gateway = environment.serve().await;
    gateway.reader.set(Reading::Closed);
    flood(&gateway, 10).await;
    let caller = Caller::of(&gateway);
    let mut rounds = 0;
    while caller.metric(DROPPED).await == 0 {
        flood(&gateway, 100).await;
        rounds += 1;
        assert!(rounds < 1000, "no log line is dropped");
    }
    assert_eq!(caller.create_user("alice").await.status, 201);
    assert_eq!(caller.readiness().await.0, 200);
    gateway.terminate();
    assert!(gateway.exit().await.success());
}
