//! Traces: the content of a request's spans, and the trace that they belong to.

use std::collections::{BTreeMap, BTreeSet};

use centagate_simulator::{Behaviour, Gate, Instruction, Operation};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::callers;
use crate::collector::{Collector, Span};
use crate::environment::Environment;
use crate::gateway::{Setup, TestGateway, alice, token};
use crate::raw;

const TRACE_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT_ID: &str = "00f067aa0ba902b7";
const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

async fn traced(setup: Setup) -> (Collector, TestGateway) {
    let collector = Collector::start().await;
    let gateway = setup.set("telemetry.otlp_endpoint", &collector.url()).start().await;
    (collector, gateway)
}

/// Stops a gateway, which exports its spans before it ends, and returns them by start time.
async fn spans_of(gateway: TestGateway, collector: &Collector, count: usize) -> Vec<Span> {
    drop(gateway);
    let mut spans = collector.wait_for_spans(count).await;
    spans.sort_by_key(|span| span.period.0);
    spans
}

fn attributes(value: &Value) -> BTreeMap<String, Value> {
    value.as_object().unwrap().clone().into_iter().collect()
}

#[tokio::test]
async fn a_request_is_a_span_in_its_callers_trace_with_the_centagate_call_as_its_child() {
    let (collector, gateway) = traced(Setup::new().admin("pl4nted-admin", "pl4nted-token", "pl4nted-code")).await;
    let request = gateway.post("/users/bob/otp-token?pl4nted=query", &token());
    let request =
        request.header("traceparent", TRACEPARENT).header("tracestate", "pl4nted=state").header("baggage", "a=pl4nted");
    let reply = gateway.send(request.header("x-request-id", "pl4nted-id").header("user-agent", "pl4nted-agent")).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    let reply = reply.json();
    let upstream = gateway.simulator.requests().pop().unwrap();
    let port = gateway.simulator.base_url().rsplit(':').next().unwrap().parse::<u16>().unwrap();

    let [server, client] = spans_of(gateway, &collector, 2).await.try_into().unwrap();
    assert_eq!((&*server.name, server.kind), ("POST /users/{id}/otp-token", SpanKind::Server));
    assert_eq!((&*server.trace_id, &*server.parent_id), (TRACE_ID, PARENT_ID));
    let expected = json!({
        "http.request.method": "POST", "http.route": "/users/{id}/otp-token", "http.response.status_code": 201,
        "url.scheme": "http",
    });
    assert_eq!(server.attributes, attributes(&expected));
    assert_eq!((&*client.name, client.kind), ("registerOtpToken", SpanKind::Client));
    assert_eq!((&*client.trace_id, &client.parent_id), (TRACE_ID, &server.id));
    let expected = json!({
        "http.request.method": "PUT", "http.response.status_code": 200, "server.address": "127.0.0.1",
        "server.port": port, "centagate.operation": "registerOtpToken", "centagate.return_code": 0,
    });
    assert_eq!(client.attributes, attributes(&expected));
    assert!(!server.is_error && !client.is_error);
    assert!(
        server.period.0 < client.period.0 && client.period.0 < client.period.1 && client.period.1 < server.period.1
    );

    // No data of the caller or the admin is sent to the collector, and no trace data is sent to CENTAGATE.
    let [arrival] = collector.arrivals().try_into().ok().expect("one batch");
    assert!(arrival.head.starts_with("post /v1/traces http/1.1\r\n"), "{}", arrival.head);
    let sent = arrival.head + &String::from_utf8_lossy(&arrival.body);
    let secrets =
        [reply["passcode"].as_str().unwrap(), reply["qr"].as_str().unwrap(), upstream.member("cenToken").unwrap()];
    for word in secrets.into_iter().chain(["pl4nted", "bob", callers::EVERYTHING]) {
        assert!(!sent.contains(word), "{word} in {sent}");
    }
    let names: BTreeSet<_> = upstream.headers.iter().map(|(name, _)| &**name).collect();
    let ours = ["accept", "accept-encoding", "connection", "content-length", "content-type", "host", "user-agent"];
    assert_eq!(names, BTreeSet::from(ours));
    assert!(upstream.headers.iter().all(|(_, value)| !value.contains("pl4nted") && !value.contains(TRACE_ID)));
}

#[tokio::test]
async fn an_error_is_recorded_in_the_span_of_the_side_that_caused_it() {
    let (collector, gateway) = traced(Setup::new().hurried()).await;
    let unmatched = gateway.send(gateway.request(Method::GET, "/pl4nted")).await;
    let method = gateway.send(gateway.request(Method::from_bytes(b"PL4NTED").unwrap(), "/users")).await;
    let refused = gateway.register_otp_token("nobody", &token()).await;
    gateway.simulator.instruct(Instruction::once(None, Behaviour::code("4711")));
    let unexpected = gateway.create_user(&alice()).await;
    gateway.simulator.instruct(Instruction::once(None, Behaviour::Hold(Gate::new())));
    let late = gateway.create_user(&alice()).await;
    let statuses = [&unmatched, &method, &refused, &unexpected, &late].map(|reply| reply.status);
    assert_eq!(statuses, [404, 405, 404, 502, 504]);

    let spans = spans_of(gateway, &collector, 8).await;
    let errors: Vec<_> = spans
        .iter()
        .map(|span| (&*span.name, span.is_error, span.attributes.get("error.type").and_then(Value::as_str)))
        .collect();
    assert_eq!(
        errors,
        [
            ("GET", false, None),
            ("HTTP /users", false, None),
            ("POST /users/{id}/otp-token", false, None),
            ("registerOtpToken", true, Some("22002")),
            ("POST /users", true, Some("centagate_unexpected")),
            ("createUser", true, Some("other")),
            ("POST /users", true, Some("centagate_timeout")),
            ("createUser", true, Some("timed_out")),
        ]
    );
    assert_eq!(spans[0].attributes.get("http.route"), None);
    assert_eq!(spans[1].attributes["http.request.method"], "_OTHER");
    assert_eq!(spans[5].attributes["centagate.return_code"], 4711);
    assert_eq!(
        (spans[7].attributes.get("centagate.return_code"), spans[7].attributes.get("http.response.status_code")),
        (None, None)
    );
}

#[tokio::test]
async fn a_request_whose_caller_disconnected_is_an_error_without_a_status() {
    let (collector, gateway) = traced(Setup::new()).await;
    let gate = Gate::new();
    gateway.simulator.instruct(Instruction::once(Operation::CreateUser, Behaviour::Hold(gate.clone())));
    let mut connection = TcpStream::connect(gateway.address).await.unwrap();
    let body = alice().to_string();
    connection.write_all(&raw::post("/users", &raw::usual_headers(), body.as_bytes())).await.unwrap();
    gate.entered().await;
    connection.set_zero_linger().unwrap();
    drop(connection);
    // The gateway notices the disconnect, because the same thread serves another request before CENTAGATE answers.
    assert_eq!(gateway.get("/problems").await.status, 200);
    gate.open();
    let [server, client, _] = spans_of(gateway, &collector, 3).await.try_into().unwrap();
    assert_eq!((server.is_error, &server.attributes["error.type"]), (true, &json!("caller_gone")));
    assert_eq!(server.attributes.get("http.response.status_code"), None);
    assert_eq!((&*client.parent_id, client.is_error), (&*server.id, false));
}

#[tokio::test]
async fn a_request_without_a_valid_traceparent_starts_its_own_trace() {
    let collector = Collector::start().await;
    let (environment, _simulator) = Environment::with_simulator().await;
    let mut gateway = environment.set("GATEWAY__TELEMETRY__OTLP_ENDPOINT", &collector.url()).serve().await;
    let twice = format!("{TRACEPARENT}\r\ntraceparent: {TRACEPARENT}");
    let upper = TRACEPARENT.to_uppercase();
    let invalid = ["", "pl4nted", &upper, &twice, "00-00000000000000000000000000000000-00f067aa0ba902b7-01"];
    for (number, field) in invalid.into_iter().enumerate() {
        let headers = format!("X-Request-Id: {number}\r\ntraceparent: {field}\r\n");
        raw::exchange(gateway.address, &raw::post("/users", &headers, b"")).await;
    }
    raw::exchange(gateway.address, &raw::post("/users", "X-Request-Id: none\r\n", b"")).await;
    let unsampled = format!("X-Request-Id: unsampled\r\ntraceparent: 00-{TRACE_ID}-{PARENT_ID}-00\r\n");
    raw::exchange(gateway.address, &raw::post("/users", &unsampled, b"")).await;
    let line = gateway.wait_for_request("unsampled").await;
    assert_eq!(line["trace_id"], TRACE_ID, "the trace of the caller, who wants no spans: {line}");
    gateway.terminate();
    assert!(gateway.end().await.success());

    let spans = collector.wait_for_spans(invalid.len() + 1).await;
    for id in (0..invalid.len()).map(|number| number.to_string()).chain(["none".to_owned()]) {
        let line = gateway.wait_for_request(&id).await;
        let of_the_line: Vec<_> = spans.iter().filter(|span| line["trace_id"] == *span.trace_id).collect();
        assert!(matches!(of_the_line[..], [span] if span.parent_id.is_empty() && span.trace_id != TRACE_ID), "{line}");
    }
}
