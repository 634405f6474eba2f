//! Every fault of CENTAGATE in every operation. The reply, the log, the audit trail and the metrics agree on the
//! outcome and contain no secret. The reply comes in time, and nothing is sent twice.

use std::sync::Arc;
use std::time::{Duration, Instant};

use centagate_simulator::{Config, Simulator};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::audit_lines::{outcome_status_code, pair};
use crate::fault_row::{CA, Row, Upstream, Verdict};
use crate::fault_server::FaultServer;
use crate::operations::{Operation, operations};
use crate::planted::{self, CALLER_KEY, expect_clean, without_handed_over_secrets};
use crate::process::{GatewayProcess, sample};
use crate::reply::Reply;
use crate::unserved_port::UnservedPort;
use crate::{fault_connections, fault_replies, raw};

/// The configured limit for a request, and the tolerance for its reply.
const DEADLINE: Duration = Duration::from_millis(2500);
const GRACE: Duration = Duration::from_millis(250);

/// How many rows run at the same time.
const AT_ONCE: usize = 6;

/// How many operations one gateway executes. Each may make three connection attempts, and 20 failures open the circuit
/// breaker.
const BEFORE_BREAKER: usize = 6;

/// The running upstream of a row.
enum Running {
    Port(UnservedPort),
    Server(FaultServer),
    Tls(Simulator),
}

impl Running {
    /// Starts an upstream and returns it with its base URL.
    async fn start(upstream: &Upstream) -> (Self, String) {
        let port = |port: UnservedPort| (format!("http://{}", port.address), Self::Port(port));
        let (base_url, running) = match upstream {
            Upstream::RefusingPort => port(UnservedPort::refusing()),
            Upstream::FullPort => port(UnservedPort::full().await),
            Upstream::NeverAcceptingPort => port(UnservedPort::never_accepting()),
            Upstream::Faults(faults) => {
                let server = FaultServer::start(faults.clone()).await;
                (server.base_url(), Self::Server(server))
            }
            Upstream::FaultsInsteadOfTls(faults) => {
                let server = FaultServer::start(faults.clone()).await;
                (format!("https://{}", server.address), Self::Server(server))
            }
            Upstream::Tls(tls) => {
                let mut config = Config::new(planted::admin());
                config.tls = Some(tls.clone());
                let simulator = Simulator::start(config).await.unwrap();
                (format!("https://localhost:{}", simulator.address().port()), Self::Tls(simulator))
            }
        };
        (running, base_url)
    }

    /// How many requests have arrived, in full or in part.
    fn requests(&mut self) -> usize {
        match self {
            Self::Port(port) => port.requests(),
            Self::Server(server) => server.requests(),
            Self::Tls(simulator) => simulator.requests().len(),
        }
    }
}

/// Starts a gateway. Its connect timeout is long enough for a TLS handshake on a busy machine; otherwise the row would
/// have another fault.
async fn serve(base_url: &str) -> GatewayProcess {
    let environment = planted::environment(base_url, "json");
    let ca = environment.write("ca.pem", CA.pem());
    environment
        .set("GATEWAY__CENTAGATE__CA_CERTIFICATE_FILE", &ca)
        .set("GATEWAY__CENTAGATE__CONNECT_TIMEOUT_MS", "1200")
        .set("GATEWAY__CENTAGATE__REQUEST_TIMEOUT_MS", "1000")
        .set("GATEWAY__SERVER__STARTUP_GRACE_MS", "0") // as in an outage: some rows never get a connection
        .set("GATEWAY__SERVER__REQUEST_TIMEOUT_MS", &DEADLINE.as_millis().to_string())
        .serve()
        .await
}

async fn send(gateway: &GatewayProcess, id: &str, operation: &Operation) -> Reply {
    let headers =
        format!("X-Request-Id: {id}\r\nContent-Type: application/json\r\nAuthorization: Bearer {CALLER_KEY}\r\n");
    raw::exchange(gateway.address, &operation.raw_request(&headers, "bob")).await
}

/// The number of calls with the label `operation`, and of the calls among them with the label `code`.
fn calls(metrics: &str, label: &str, code: &str) -> (u64, u64) {
    let all = format!("gateway_centagate_calls_total{{operation=\"{label}\"");
    let samples = metrics.lines().filter(|line| line.starts_with(&all));
    let sum = samples.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum();
    (sum, sample(metrics, &format!("{all},code=\"{code}\"}}")))
}

/// Checks that the row allows the reply, and returns the matching verdict.
fn expect_reply(row: &Row, operation: &Operation, reply: &Reply) -> Verdict {
    let mut verdicts = row.verdicts.iter().map(|verdict| Verdict { status: verdict.status_in(operation), ..*verdict });
    let verdict = verdicts.find(|verdict| verdict.status == reply.status);
    let verdict = verdict.unwrap_or_else(|| panic!("{}: {} {}", row.name, reply.status, reply.text()));
    assert_eq!(reply.header("retry-after"), (verdict.status == 503).then_some("5"), "{}", row.name);
    let mut text = reply.text();
    match verdict.code {
        Some(code) => {
            let problem = reply.problem(code);
            assert_eq!(problem["outcome"], verdict.outcome, "{}: {problem}", row.name);
            assert_eq!(problem.get("upstreamCode"), verdict.upstream_code.map(Value::from).as_ref(), "{}", row.name);
        }
        None if operation.replies_with_secret => {
            text = without_handed_over_secrets(reply);
        }
        None => {}
    }
    expect_clean(&format!("{:?}\n{text}", reply.headers), &row.name);
    verdict
}

/// Checks that the log and the audit trail agree with the reply.
async fn expect_records(row: &Row, gateway: &GatewayProcess, operation: &Operation, verdict: Verdict) {
    let id = operation.id;
    let line = gateway.wait_for_request(id).await;
    let expected = json!({
        "operation": operation.id, "route": operation.path, "method": operation.method,
        "status": verdict.status, "code": verdict.code, "outcome": verdict.outcome, "upstream_code": verdict.upstream_code,
    });
    for (member, value) in expected.as_object().unwrap() {
        assert_eq!(line.get(member).unwrap_or(&Value::Null), value, "{}: {member} in {line}", row.name);
    }
    let fault = line["upstream_fault"].as_str().unwrap_or_default();
    assert_eq!(fault.is_empty(), verdict.upstream_code.is_some(), "{}: {line}", row.name);
    assert!(fault.contains(row.logged), "{}: {} in {fault}", row.name, row.logged);
    let lines = gateway.audit_trail().of_request(id);
    let what = (verdict.outcome, u64::from(verdict.status), verdict.upstream_code);
    assert_eq!(outcome_status_code(pair(&lines).1), what, "{}", row.name);
}

/// Checks a row in every operation.
async fn check(row: Row) {
    for some in operations().chunks(BEFORE_BREAKER) {
        check_some(&row, some).await;
    }
}

/// Checks a row in some operations with a new gateway.
async fn check_some(row: &Row, operations: &[Operation]) {
    let (mut upstream, base_url) = Running::start(&row.upstream).await;
    let mut gateway = serve(&base_url).await;
    for operation in operations {
        if row.primed {
            assert_eq!(send(&gateway, "before", operation).await.status, operation.success, "{}", row.name);
        }
        let arrived_before = upstream.requests();
        let metrics_before = gateway.manage("/metrics").await.1;
        let started = Instant::now();
        let reply = send(&gateway, operation.id, operation).await;
        let took = started.elapsed();
        assert!(took <= DEADLINE + GRACE, "{}: {took:?}", row.name);
        let verdict = expect_reply(row, operation, &reply);
        expect_records(row, &gateway, operation, verdict).await;
        let (all, with_code) = calls(&metrics_before, operation.label, verdict.metric);
        let metrics = gateway.manage("/metrics").await.1;
        assert_eq!(
            calls(&metrics, operation.label, verdict.metric),
            (all + 1, with_code + 1),
            "{}: {verdict:?}",
            row.name
        );
        let arrived = upstream.requests() - arrived_before;
        match verdict.metric {
            "not_sent" => assert_eq!(arrived, 0, "{}: nothing was sent", row.name),
            "connection_lost" => assert!(arrived <= 1, "{}: sent once", row.name),
            _ => assert_eq!(arrived, 1, "{}: sent once", row.name),
        }
    }
    // Readiness must not depend on CENTAGATE: an outage would remove every replica.
    assert_eq!(gateway.manage("/readyz").await.0, 200, "{}", row.name);
    expect_clean(&gateway.manage("/metrics").await.1, &row.name);
    gateway.terminate();
    assert!(gateway.end().await.success(), "{}", row.name);
    expect_clean(&gateway.lines().join("\n"), &row.name);
    expect_clean(&gateway.audit_trail().text(), &row.name);
    assert_eq!(gateway.stderr_lines(), [""; 0], "{}", row.name);
}

#[tokio::test]
async fn every_operation_reports_every_fault_truthfully_and_is_sent_at_most_once() {
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = JoinSet::new();
    for row in fault_connections::rows().chain(fault_replies::rows()) {
        let turns = Arc::clone(&turns);
        running.spawn(async move {
            let _turn = turns.acquire_owned().await.unwrap();
            check(row).await;
        });
    }
    let mut failed = 0;
    while let Some(ended) = running.join_next().await {
        failed += u32::from(ended.is_err());
    }
    assert_eq!(failed, 0, "rows that failed; see above");
}
