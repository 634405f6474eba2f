//! The export of spans: while the gateway runs, over TLS, to a failing collector, and without a collector.

use std::fs;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::Instant;

use crate::certificates::Authority;
use crate::collector::Collector;
use crate::environment::Environment;
use crate::fault_server::{Fault, FaultServer};
use crate::process::{GatewayProcess, json};
use crate::raw;

const TRACE_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// An environment that exports each span to `endpoint` at once.
fn exporting_to(endpoint: &str) -> Environment {
    Environment::without_centagate()
        .set("GATEWAY__TELEMETRY__OTLP_ENDPOINT", endpoint)
        .set("OTEL_BSP_SCHEDULE_DELAY", "20")
}

/// Sends a request that creates one span.
async fn ask(gateway: &GatewayProcess, id: &str, headers: &str) {
    let headers = format!("X-Request-Id: {id}\r\n{headers}");
    assert_eq!(raw::exchange(gateway.address, &raw::post("/users", &headers, b"")).await.status, 401);
}

/// The log lines about the export of spans.
fn export_warnings(gateway: &GatewayProcess) -> Vec<serde_json::Value> {
    gateway
        .lines()
        .iter()
        .map(|line| json(line))
        .filter(|line| line["target"] == "centagate_gateway::telemetry::collector")
        .collect()
}

/// The names of the process's threads.
fn threads(gateway: &GatewayProcess) -> Vec<String> {
    let tasks = fs::read_dir(format!("/proc/{}/task", gateway.id())).unwrap();
    tasks.map(|task| fs::read_to_string(task.unwrap().path().join("comm")).unwrap()).collect()
}

#[tokio::test]
async fn spans_are_sent_while_the_gateway_runs() {
    let collector = Collector::start().await;
    // A path on the collector, with and without a slash at the end.
    let environment = exporting_to(&format!("{}/otlp/", collector.url()));
    // Variables of OpenTelemetry that an operator may set for all programs.
    let environment = environment
        .set("OTEL_EXPORTER_OTLP_HEADERS", "x-key=pl4nted")
        .set("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
        .set("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
        .set("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip");
    let gateway = environment.set("GATEWAY__TELEMETRY__LOG_FILTER", "trace").serve().await;
    for number in 1..=3 {
        ask(&gateway, &number.to_string(), "").await;
        collector.wait_for_spans(number).await;
    }
    let head = &collector.arrivals()[0].head;
    assert!(head.starts_with("post /otlp/v1/traces http/1.1\r\n") && head.contains("\r\nx-key: pl4nted\r\n"), "{head}");
    assert!(!gateway.lines().concat().contains("pl4nted"));
    assert!(threads(&gateway).iter().any(|name| name.starts_with("OpenTelemetry")), "{:?}", threads(&gateway));
}

#[tokio::test]
async fn spans_are_sent_over_tls_to_a_trusted_collector() {
    let authority = Authority::new("collectors");
    let collector = Collector::start_with("200 OK", Some(&authority.issue("localhost"))).await;
    let url = format!("https://localhost:{}", collector.address.port());
    let environment = exporting_to(&url);
    let trusted = environment.write("ca.pem", authority.pem());
    let gateway = environment.serve().await;
    ask(&gateway, "untrusted", "").await;
    gateway.wait_for_line(|line| line.contains("spans cannot be exported")).await;
    assert_eq!(collector.spans().len(), 0);

    let gateway = exporting_to(&url).set("SSL_CERT_FILE", &trusted).serve().await;
    ask(&gateway, "trusted", "").await;
    collector.wait_for_spans(1).await;
}

#[tokio::test]
async fn a_failing_collector_is_logged_once_and_affects_neither_requests_nor_the_shutdown() {
    let silent = FaultServer::start(vec![Fault::Silence]).await;
    let broken = FaultServer::start(vec![Fault::SendAndClose(b"nonsense\r\n\r\n".to_vec())]).await;
    let refusing = Collector::answering("404 Not Found").await;
    let throttling = Collector::answering("503 Service Unavailable\r\nRetry-After: 60").await;
    join_all(
        [
            (silent.base_url(), None),
            ("http://127.0.0.1:1".to_owned(), Some("refused")),
            ("http://collector.invalid:4318".to_owned(), Some("error sending request")),
            (broken.base_url(), Some("error sending request")),
            (refusing.url(), Some("HTTP status 404")),
            (throttling.url(), Some("HTTP status 503")),
        ]
        .map(async |(endpoint, cause): (String, Option<&str>)| {
            let mut gateway = exporting_to(&endpoint).serve().await;
            let started = Instant::now();
            for number in 0..100 {
                ask(&gateway, &number.to_string(), "").await;
            }
            assert!(started.elapsed() < Duration::from_secs(5), "{endpoint}: {:?}", started.elapsed());
            if cause.is_some() {
                gateway.wait_for_line(|line| line.contains("spans cannot be exported")).await;
            }
            let stopped = Instant::now();
            gateway.terminate();
            assert!(gateway.end().await.success(), "{endpoint}");
            assert!(stopped.elapsed() < Duration::from_secs(5), "{endpoint}: {:?}", stopped.elapsed());
            let export_warnings = export_warnings(&gateway);
            assert!(export_warnings.len() <= 1, "{export_warnings:?}");
            let lost = gateway.lines().iter().any(|line| line.contains("the last spans could not be exported"));
            assert_eq!(lost, cause.is_none(), "{endpoint}");
            if let Some(cause) = cause {
                assert_eq!(export_warnings[0]["level"], "WARN");
                assert!(export_warnings[0]["cause"].as_str().unwrap().contains(cause), "{export_warnings:?}");
                assert!(!export_warnings[0].to_string().contains(&endpoint), "{export_warnings:?}");
            }
        }),
    )
    .await;
}

#[tokio::test]
async fn a_collector_that_recovers_is_logged_once() {
    let ok = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_vec();
    let server = FaultServer::start(vec![
        Fault::Send(b"HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n".to_vec()),
        Fault::Send(ok),
    ])
    .await;
    let gateway = exporting_to(&server.base_url()).serve().await;
    ask(&gateway, "lost", "").await;
    gateway.wait_for_line(|line| line.contains("spans cannot be exported and are lost")).await;
    for id in ["first", "second"] {
        ask(&gateway, id, "").await;
        gateway.wait_for_line(|line| line.contains("spans are exported again")).await;
    }
    assert_eq!(export_warnings(&gateway).len(), 2);
}

#[tokio::test]
async fn without_an_endpoint_no_span_is_exported_and_the_log_has_the_callers_trace_id() {
    let gateway = Environment::without_centagate().serve().await;
    ask(&gateway, "traced", &format!("traceparent: 00-{TRACE_ID}-00f067aa0ba902b7-01\r\n")).await;
    ask(&gateway, "untraced", "").await;
    assert_eq!(gateway.wait_for_request("traced").await["trace_id"], TRACE_ID);
    assert!(gateway.wait_for_request("untraced").await["trace_id"].is_null());
    let threads = threads(&gateway);
    let of_traces = |name: &String| name.starts_with("OpenTelemetry") || name.starts_with("reqwest-internal");
    assert!(!threads.is_empty() && !threads.iter().any(of_traces), "{threads:?}");
}
