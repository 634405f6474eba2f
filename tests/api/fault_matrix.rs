//! Every fault of CENTAGATE's and every create: the caller, the log, the audit trail and the metrics tell the truth about
//! what was sent, in time and without a secret, and nothing is sent twice.

use std::sync::Arc;
use std::time::{Duration, Instant};

use centagate_simulator::{Config, Simulator};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::audit_lines::{pair, what_came_of_it};
use crate::fault_row::{CA, Row, Upstream, Verdict};
use crate::fault_server::FaultServer;
use crate::gateway::{token, user};
use crate::planted::{self, CALLER_KEY, PASSCODE, QR, expect_clean};
use crate::process::{GatewayProcess, sample};
use crate::reply::Reply;
use crate::unserved_port::UnservedPort;
use crate::{fault_connections, fault_replies, raw};

/// The longest time for a request, as configured, and how much later its reply may come.
const DEADLINE: Duration = Duration::from_millis(2500);
const GRACE: Duration = Duration::from_millis(250);

/// How many rows run at once.
const AT_ONCE: usize = 6;

/// Both creates: their names in the metrics, their paths and bodies.
fn operations() -> [(&'static str, &'static str, Value); 2] {
    [("register_user", "/users", user("bob")), ("register_one_time_pin", "/users/bob/otp-token", token())]
}

/// What a row's gateway talks to.
enum Running {
    Port(UnservedPort),
    Server(FaultServer),
    Tls(Simulator),
}

impl Running {
    /// Answers its base URL, too.
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

async fn serve(base_url: &str) -> GatewayProcess {
    let environment = planted::environment(base_url, "json");
    let ca = environment.write("ca.pem", CA.pem());
    environment
        .set("GATEWAY__CENTAGATE__CA_CERTIFICATE_FILE", &ca)
        .set("GATEWAY__CENTAGATE__CONNECT_TIMEOUT_MS", "300")
        .set("GATEWAY__CENTAGATE__REQUEST_TIMEOUT_MS", "1000")
        .set("GATEWAY__SERVER__REQUEST_TIMEOUT_MS", &DEADLINE.as_millis().to_string())
        .serve()
        .await
}

async fn send(gateway: &GatewayProcess, id: &str, path: &str, body: &Value) -> Reply {
    let headers =
        format!("X-Request-Id: {id}\r\nContent-Type: application/json\r\nAuthorization: Bearer {CALLER_KEY}\r\n");
    raw::exchange(gateway.address, &raw::post(path, &headers, body.to_string().as_bytes())).await
}

/// The calls of `operation` that `metrics` count, and those of them with the label `code`.
fn calls(metrics: &str, operation: &str, code: &str) -> (u64, u64) {
    let all = format!("gateway_centagate_calls_total{{operation=\"{operation}\"");
    let samples = metrics.lines().filter(|line| line.starts_with(&all));
    let sum = samples.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum();
    (sum, sample(metrics, &format!("{all},code=\"{code}\"}}")))
}

/// The reply, which must be one of those that the row promises, and which one it is.
fn expect_reply(row: &Row, reply: &Reply, holds_passcode: bool) -> Verdict {
    let is = |verdict: &&Verdict| verdict.status == reply.status;
    let verdict = row.verdicts.iter().find(is);
    let verdict = *verdict.unwrap_or_else(|| panic!("{}: {} {}", row.name, reply.status, reply.text()));
    assert_eq!(reply.header("retry-after"), (verdict.status == 503).then_some("5"), "{}", row.name);
    let mut text = reply.text();
    match verdict.code {
        Some(code) => {
            let problem = reply.problem(code);
            assert_eq!(problem["outcome"], verdict.outcome, "{}: {problem}", row.name);
            assert_eq!(problem.get("upstreamCode"), verdict.upstream_code.map(Value::from).as_ref(), "{}", row.name);
        }
        None if holds_passcode => {
            assert_eq!((&reply.json()["passcode"], &reply.json()["qr"]), (&json!(PASSCODE), &json!(QR)));
            text = text.replace(PASSCODE, "").replace(QR, "");
        }
        None => {}
    }
    expect_clean(&format!("{:?}\n{text}", reply.headers), &row.name);
    verdict
}

/// The log and the audit trail, which must say the same as the reply.
async fn expect_records(row: &Row, gateway: &GatewayProcess, id: &str, verdict: Verdict) {
    let line = gateway.wait_for_request(id).await;
    let expected = json!({
        "status": verdict.status, "code": verdict.code, "outcome": verdict.outcome, "upstream_code": verdict.upstream_code,
    });
    for (member, value) in expected.as_object().unwrap() {
        assert_eq!(line.get(member).unwrap_or(&Value::Null), value, "{}: {member} in {line}", row.name);
    }
    let fault = line["upstream_fault"].as_str().unwrap_or_default();
    assert_eq!(fault.is_empty(), verdict.upstream_code.is_some(), "{}: {line}", row.name);
    assert!(fault.contains(row.told), "{}: {} in {fault}", row.name, row.told);
    let lines = gateway.audit_trail().of_request(id);
    let what = (verdict.outcome, u64::from(verdict.status), verdict.upstream_code);
    assert_eq!(what_came_of_it(pair(&lines).1), what, "{}", row.name);
}

async fn expect_truth(row: Row) {
    let (mut upstream, base_url) = Running::start(&row.upstream).await;
    let mut gateway = serve(&base_url).await;
    for (operation, path, body) in operations() {
        if row.primed {
            assert_eq!(send(&gateway, "before", path, &body).await.status, 201, "{}", row.name);
        }
        let arrived_before = upstream.requests();
        let metrics_before = gateway.manage("/metrics").await.1;
        let started = Instant::now();
        let reply = send(&gateway, operation, path, &body).await;
        let took = started.elapsed();
        assert!(took <= DEADLINE + GRACE, "{}: {took:?}", row.name);
        let verdict = expect_reply(&row, &reply, operation == "register_one_time_pin");
        expect_records(&row, &gateway, operation, verdict).await;
        let (all, as_told) = calls(&metrics_before, operation, verdict.metric);
        let metrics = gateway.manage("/metrics").await.1;
        assert_eq!(calls(&metrics, operation, verdict.metric), (all + 1, as_told + 1), "{}: {verdict:?}", row.name);
        let arrived = upstream.requests() - arrived_before;
        match verdict.metric {
            "not_sent" => assert_eq!(arrived, 0, "{}: nothing was sent", row.name),
            "connection_lost" => assert!(arrived <= 1, "{}: sent once", row.name),
            _ => assert_eq!(arrived, 1, "{}: sent once", row.name),
        }
    }
    // Readiness does not follow CENTAGATE, or one outage would take every replica out.
    assert_eq!(gateway.manage("/readyz").await.0, 200, "{}", row.name);
    expect_clean(&gateway.manage("/metrics").await.1, &row.name);
    gateway.terminate();
    assert!(gateway.end().await.success(), "{}", row.name);
    expect_clean(&gateway.lines().join("\n"), &row.name);
    expect_clean(&gateway.audit_trail().text(), &row.name);
    assert_eq!(gateway.complaints(), [""; 0], "{}", row.name);
}

#[tokio::test]
async fn whatever_centagate_does_both_creates_end_in_time_with_the_truth_and_are_sent_at_most_once() {
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = JoinSet::new();
    for row in fault_connections::rows().chain(fault_replies::rows()) {
        let turns = Arc::clone(&turns);
        running.spawn(async move {
            let _turn = turns.acquire_owned().await.unwrap();
            expect_truth(row).await;
        });
    }
    let mut failed = 0;
    while let Some(ended) = running.join_next().await {
        failed += u32::from(ended.is_err());
    }
    assert_eq!(failed, 0, "rows that failed, as told above");
}
