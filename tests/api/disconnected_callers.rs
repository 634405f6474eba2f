//! Callers that disconnect at any point of a registration. Calls that reached CENTAGATE are logged and counted, and
//! never sent twice.

use std::collections::BTreeMap;

use centagate_simulator::{Behaviour, Gate, Instruction, Operation, Simulator};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Duration, timeout};

use crate::environment::Environment;
use crate::gateway::user;
use crate::process::{GatewayProcess, json, sample};
use crate::raw;

/// How a caller disconnects.
#[derive(Clone, Copy, PartialEq)]
enum Disconnect {
    /// A reset.
    Reset,
    /// An ordinary close.
    Close,
    /// The caller closes only its sending side.
    HalfClose,
}

/// The head and the body of a registration of the user `id` with the request id `id`.
fn request(id: &str) -> (String, String) {
    let body = user(id).to_string();
    let headers = raw::usual_headers();
    let length = body.len();
    (
        format!("POST /users HTTP/1.1\r\nHost: g\r\nX-Request-Id: {id}\r\n{headers}Content-Length: {length}\r\n\r\n"),
        body,
    )
}

async fn connect(gateway: &GatewayProcess, sent: &str) -> TcpStream {
    let mut connection = TcpStream::connect(gateway.address).await.unwrap();
    connection.set_nodelay(true).unwrap();
    connection.write_all(sent.as_bytes()).await.unwrap();
    connection
}

/// Disconnects. Returns the connection if the test must keep it open.
async fn disconnect_with(mut connection: TcpStream, disconnect: Disconnect) -> Option<TcpStream> {
    match disconnect {
        Disconnect::Reset => connection.set_zero_linger().unwrap(),
        Disconnect::Close => {}
        Disconnect::HalfClose => {
            connection.shutdown().await.unwrap();
            return Some(connection);
        }
    }
    None
}

fn hold_next_call(simulator: &Simulator) -> Gate {
    let gate = Gate::new();
    simulator.instruct(Instruction::once(Operation::CreateUser, Behaviour::Hold(gate.clone())));
    gate
}

async fn wait_for_call(gate: &Gate) {
    timeout(Duration::from_secs(10), gate.entered()).await.expect("CENTAGATE receives the call");
}

/// How many calls CENTAGATE received for each user.
fn arrivals(simulator: &Simulator) -> BTreeMap<String, usize> {
    let mut arrivals = BTreeMap::new();
    for request in simulator.requests() {
        *arrivals.entry(request.member("username").unwrap().to_owned()).or_default() += 1;
    }
    arrivals
}

/// Waits until the metrics count every call that CENTAGATE received.
async fn metrics_with_calls(gateway: &GatewayProcess, simulator: &Simulator) -> String {
    let counted = timeout(Duration::from_secs(10), async {
        loop {
            let (_, metrics) = gateway.manage("/metrics").await;
            let calls: u64 = metrics
                .lines()
                .filter(|line| line.starts_with("gateway_centagate_calls_total{"))
                .map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap())
                .sum();
            if calls >= simulator.requests().len() as u64 {
                return metrics;
            }
        }
    });
    counted.await.expect("every call is counted")
}

/// The log lines of the request with this id.
fn lines(gateway: &GatewayProcess, id: &str) -> Vec<serde_json::Value> {
    gateway.lines().iter().map(|line| json(line)).filter(|line| line["request_id"] == id).collect()
}

#[tokio::test]
async fn an_incomplete_request_of_a_disconnected_caller_is_not_sent() {
    let (environment, simulator) = Environment::with_simulator().await;
    let mut gateway = environment.serve().await;
    for disconnect in [Disconnect::Reset, Disconnect::Close, Disconnect::HalfClose] {
        let mut open_connections = Vec::new();
        for point in ["request line", "headers", "head", "body"] {
            let (head, body) = request("incomplete");
            let sent = match point {
                "request line" => head[..10].to_owned(),
                "headers" => head[..head.find("Content-Type").unwrap()].to_owned(),
                "head" => head,
                _ => head + &body[..body.len() / 2],
            };
            open_connections.extend(disconnect_with(connect(&gateway, &sent).await, disconnect).await);
        }
    }
    gateway.terminate();
    assert!(gateway.end().await.success());
    assert!(simulator.requests().is_empty());
    for line in lines(&gateway, "incomplete") {
        assert!(line["operation"].is_null(), "{line}");
    }
}

#[tokio::test]
async fn a_call_that_reached_centagate_is_logged_and_counted_although_its_caller_disconnected() {
    let (environment, simulator) = Environment::with_simulator().await;
    let mut gateway = environment.serve().await;
    let mut open_connections = Vec::new();
    let mut ids = Vec::new();
    for (disconnect, name) in
        [(Disconnect::Reset, "reset"), (Disconnect::Close, "close"), (Disconnect::HalfClose, "half")]
    {
        for point in ["held", "held-then-answered", "opened", "answered", "lost", "refused"] {
            let id = format!("{name}-{point}");
            let gate = hold_next_call(&simulator);
            match point {
                "lost" => simulator.instruct(Instruction::once(None, Behaviour::CutBeforeReply)),
                "refused" => simulator.instruct(Instruction::once(None, Behaviour::code("22025"))),
                _ => {}
            }
            let (head, body) = request(&id);
            let mut connection = connect(&gateway, &(head + &body)).await;
            wait_for_call(&gate).await;
            match point {
                // The gateway may or may not notice the disconnect before CENTAGATE answers.
                "held" | "lost" | "refused" => {
                    open_connections.extend(disconnect_with(connection, disconnect).await);
                    gate.open();
                }
                // The gateway notices the disconnect, because the same thread serves another request first.
                "held-then-answered" => {
                    open_connections.extend(disconnect_with(connection, disconnect).await);
                    raw::exchange(gateway.address, b"GET /problems HTTP/1.1\r\nHost: g\r\n\r\n").await;
                    gate.open();
                }
                "opened" => {
                    gate.open();
                    open_connections.extend(disconnect_with(connection, disconnect).await);
                }
                // The caller disconnects after the first byte of the reply.
                _ => {
                    gate.open();
                    connection.read_u8().await.unwrap();
                    open_connections.extend(disconnect_with(connection, disconnect).await);
                }
            }
            let line = gateway.wait_for_request(&id).await;
            assert_eq!((&line["operation"], &line["route"]), (&"createUser".into(), &"/users".into()), "{line}");
            match point {
                "lost" => {
                    assert_eq!(line["outcome"], "unknown", "{line}");
                    assert!(line["upstream_code"].is_null() && line["upstream_fault"].is_string(), "{line}");
                }
                "refused" => {
                    assert_eq!(
                        (&line["outcome"], &line["upstream_code"]),
                        (&"notExecuted".into(), &22025.into()),
                        "{line}"
                    );
                }
                _ => assert_eq!((&line["outcome"], &line["upstream_code"]), (&"executed".into(), &0.into()), "{line}"),
            }
            ids.push(id);
        }
    }
    let metrics = metrics_with_calls(&gateway, &simulator).await;
    let call = |code| format!("gateway_centagate_calls_total{{operation=\"create_user\",code=\"{code}\"}}");
    assert_eq!(sample(&metrics, &call("0")), 12, "{metrics}");
    assert_eq!(sample(&metrics, &call("22025")), 3, "{metrics}");
    assert_eq!(sample(&metrics, &call("connection_lost")), 3, "{metrics}");
    gateway.terminate();
    assert!(gateway.end().await.success());
    for id in ids {
        assert_eq!(arrivals(&simulator)[&id], 1, "{id} is sent once");
        assert_eq!(lines(&gateway, &id).len(), 1, "{id} has one line");
    }
}

#[tokio::test]
async fn a_request_whose_caller_disconnects_at_once_is_sent_at_most_once_and_the_log_agrees() {
    let (environment, simulator) = Environment::with_simulator().await;
    let mut gateway = environment.serve().await;
    let mut open_connections = Vec::new();
    let mut ids = Vec::new();
    for (disconnect, name) in
        [(Disconnect::Reset, "reset"), (Disconnect::Close, "close"), (Disconnect::HalfClose, "half")]
    {
        for number in 0..20 {
            let id = format!("{name}-{number}");
            let (head, body) = request(&id);
            open_connections.extend(disconnect_with(connect(&gateway, &(head + &body)).await, disconnect).await);
            ids.push(id);
        }
    }
    // The requests of half-closed callers are complete, and their log lines come last.
    for id in ids.iter().filter(|id| id.starts_with("half")) {
        gateway.wait_for_request(id).await;
    }
    metrics_with_calls(&gateway, &simulator).await;
    gateway.terminate();
    assert!(gateway.end().await.success());
    let arrivals = arrivals(&simulator);
    for id in ids {
        let lines = lines(&gateway, &id);
        match arrivals.get(&id) {
            None => assert!(lines.iter().all(|line| line["outcome"].is_null()) && lines.len() <= 1, "{id}: {lines:?}"),
            Some(1) => assert!(lines.len() == 1 && lines[0]["outcome"] == "executed", "{id}: {lines:?}"),
            Some(times) => panic!("{id} was sent {times} times"),
        }
    }
}

#[tokio::test]
async fn a_request_whose_caller_disconnects_is_logged_when_a_silent_centagate_times_out() {
    let (environment, simulator) = Environment::with_simulator().await;
    let environment = environment
        .set("GATEWAY__CENTAGATE__CONNECT_TIMEOUT_MS", "100")
        .set("GATEWAY__CENTAGATE__REQUEST_TIMEOUT_MS", "300")
        .set("GATEWAY__SERVER__REQUEST_TIMEOUT_MS", "500");
    let gateway = environment.serve().await;
    let gate = hold_next_call(&simulator);
    let (head, body) = request("silent");
    let connection = connect(&gateway, &(head + &body)).await;
    wait_for_call(&gate).await;
    disconnect_with(connection, Disconnect::Reset).await;
    let line = gateway.wait_for_request("silent").await;
    assert_eq!((&line["outcome"], &line["status"]), (&"unknown".into(), &499.into()), "{line}");
    let (_, metrics) = gateway.manage("/metrics").await;
    let timed_out = "gateway_centagate_calls_total{operation=\"create_user\",code=\"timed_out\"}";
    assert_eq!(sample(&metrics, timed_out), 1, "{metrics}");
    gate.open();
    assert_eq!(simulator.requests().len(), 1);
}
