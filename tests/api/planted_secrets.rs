//! Planted secrets do not appear in any log line, metric, trace, audit line or error, in any operation.

use centagate_simulator::{Behaviour, Config, Simulator, cen_token};
use serde_json::{Value, json};

use crate::collector::Collector;
use crate::operations::{Operation, let_calls_succeed, let_next_call_meet, operations};
use crate::planted::{
    AUTH_TOKEN, CALLER_KEY, PASSCODE, SECRET_CODE, admin, environment, expect_clean, secrets, spellings,
    without_handed_over_secrets,
};
use crate::process::{GatewayProcess, json as line_as_json};
use crate::raw;
use crate::reply::Reply;

async fn start_simulator() -> Simulator {
    Simulator::start(Config::new(admin())).await.expect("a simulator")
}

/// Failed calls whose replies contain the secrets in every part.
fn indiscreet_behaviours() -> Vec<Behaviour> {
    let all = secrets().join(" ");
    let echo = json!({ "message": all, "object": all, "cenToken": all });
    let code = |code: Value| Behaviour::Code { code, message: all.clone() };
    vec![
        code(json!("10001")),
        code(json!("10002")),
        code(json!(10004)),
        code(json!("22025")),
        code(json!("99999")),
        code(json!(all)),
        code(json!(cen_token("admin", AUTH_TOKEN, SECRET_CODE))),
        code(json!([all])),
        Behaviour::Envelope(json!([all])),
        Behaviour::Envelope(echo.clone()),
        Behaviour::Envelope(json!({ "code": "10003", "message": echo, "object": echo })),
        Behaviour::reply(200, "text/html", all.clone()),
        Behaviour::reply(502, "text/html", all.clone()),
        Behaviour::reply(200, "application/json", format!("{{\"code\":\"0\",\"object\":\"{all}")),
        Behaviour::Reply {
            status: 307,
            content_type: None,
            headers: vec![("location".into(), format!("/{PASSCODE}/{}", cen_token("admin", AUTH_TOKEN, SECRET_CODE)))],
            body: all.clone().into_bytes(),
        },
        Behaviour::CutBeforeReply,
        Behaviour::CutWithoutExecuting,
    ]
}

/// A gateway, and the ids of the requests sent to it.
struct Session {
    gateway: GatewayProcess,
    sent: Vec<String>,
}

impl Session {
    async fn post(&mut self, path: &str, headers: &str, body: &str) -> Reply {
        self.send(|headers| raw::post(path, headers, body.as_bytes()), headers).await
    }

    async fn post_as_caller(&mut self, path: &str, body: &Value) -> Reply {
        self.post(path, &format!("Authorization: Bearer {CALLER_KEY}\r\n"), &body.to_string()).await
    }

    /// Sends the example request of an operation.
    async fn send_example(&mut self, operation: &Operation) -> Reply {
        let headers = format!("Authorization: Bearer {CALLER_KEY}\r\n");
        self.send(|headers| operation.raw_request(headers, "bob"), &headers).await
    }

    async fn send(&mut self, request: impl FnOnce(&str) -> Vec<u8>, headers: &str) -> Reply {
        let id = format!("request-{}", self.sent.len());
        let headers = format!("X-Request-Id: {id}\r\nContent-Type: application/json\r\n{headers}");
        self.sent.push(id);
        raw::exchange(self.gateway.address, &request(&headers)).await
    }

    /// Sends all kinds of requests. Only the reply with a passcode may contain secrets.
    async fn run(&mut self, simulator: &Simulator) {
        for operation in operations() {
            let_calls_succeed(simulator);
            let reply = self.send_example(operation).await;
            assert_eq!(reply.status, operation.success, "{}: {}", operation.id, reply.text());
            let mut text = reply.text();
            if operation.replies_with_secret {
                text = without_handed_over_secrets(&reply);
            }
            expect_clean(&format!("{:?}\n{text}", reply.headers), operation.id);
            for behaviour in indiscreet_behaviours() {
                let_next_call_meet(simulator, behaviour);
                let reply = self.send_example(operation).await;
                assert!(reply.status >= 400, "{}: {}", operation.id, reply.text());
                expect_clean(&format!("{:?}\n{}", reply.headers, reply.text()), operation.id);
            }
            let object = json!({ "other": secrets().join(" ") });
            let_next_call_meet(
                simulator,
                Behaviour::Envelope(json!({ "code": 0, "message": object, "object": object })),
            );
            let reply = self.send_example(operation).await;
            assert_eq!(reply.status, operation.success, "{}: {}", operation.id, reply.text());
            expect_clean(&format!("{:?}\n{}", reply.headers, reply.text()), operation.id);
        }
        self.run_refused_requests().await;
    }

    /// Sends secrets in wrong places. The gateway must not repeat them either.
    async fn run_refused_requests(&mut self) {
        for headers in [
            format!("Authorization: Basic {CALLER_KEY}\r\n"),
            format!("Authorization: {CALLER_KEY}\r\n"),
            format!("Authorization: Bearer {CALLER_KEY}, {AUTH_TOKEN}\r\n"),
            format!("Authorization: Bearer {CALLER_KEY}\r\nAuthorization: Bearer {AUTH_TOKEN}\r\n"),
            format!("Cookie: {AUTH_TOKEN}\r\nX-Api-Key: {CALLER_KEY}\r\n"),
        ] {
            let reply = self.post("/users", &headers, "{}").await;
            assert_eq!(reply.status, 401);
            expect_clean(&reply.text(), "a 401");
        }
        let all = secrets().join(" ");
        let body = json!({ "username": [all], "firstName": format!("{all}\n"), "email": all, "role": all });
        let reply = self.post_as_caller("/users", &body).await;
        assert_eq!(reply.status, 422);
        expect_clean(&reply.text(), "a 422");
        let authorization = format!("Authorization: Bearer {CALLER_KEY}\r\n");
        expect_clean(&self.post("/users", &authorization, &all).await.text(), "a 400");
        let nowhere = format!("/{PASSCODE}?key={PASSCODE}");
        expect_clean(&self.post(&nowhere, &authorization, "").await.text(), "a 404");
        let path = format!("/users/{PASSCODE}%00/otp-token?passcode={PASSCODE}");
        expect_clean(&self.post(&path, &authorization, "{}").await.text(), "a 422");
    }
}

#[test]
fn the_search_finds_a_secret_in_every_encoding() {
    for secret in secrets() {
        for spelling in spellings(&secret) {
            let text = format!("some {spelling} text");
            assert!(std::panic::catch_unwind(|| expect_clean(&text, "a test")).is_err(), "{spelling}");
        }
    }
    expect_clean("some text", "a test");
}

#[tokio::test]
async fn secrets_appear_in_no_log_line_metric_trace_audit_line_or_error() {
    for format in ["json", "pretty"] {
        let (simulator, collector) = (start_simulator().await, Collector::start().await);
        let environment = environment(&simulator.base_url(), format);
        let gateway = environment.set("GATEWAY__TELEMETRY__OTLP_ENDPOINT", &collector.url()).serve().await;
        let mut session = Session { gateway, sent: Vec::new() };
        session.run(&simulator).await;
        let Session { mut gateway, sent } = session;
        let (_, metrics) = gateway.manage("/metrics").await;
        expect_clean(&metrics, "the metrics");
        gateway.terminate();
        assert!(gateway.end().await.success());
        expect_clean(&gateway.lines().join("\n"), "the log");
        expect_clean(&gateway.audit_trail().text(), "the audit trail");
        let exports =
            collector.arrivals().into_iter().map(|arrival| arrival.head + &String::from_utf8_lossy(&arrival.body));
        expect_clean(&exports.collect::<String>(), "the traces");
        assert!(collector.spans().len() > sent.len());
        assert_eq!(gateway.stderr_lines(), [""; 0]);
        for id in sent {
            let lines = gateway.lines();
            let about: Vec<_> = lines
                .iter()
                .filter(|line| match format {
                    "json" => line_as_json(line)["request_id"] == id,
                    _ => line.contains(&format!("request_id=\"{id}\"")),
                })
                .collect();
            assert_eq!(about.len(), 1, "one line for {id}: {about:?}");
        }
    }
}

#[test]
fn secrets_do_not_appear_in_reports_about_the_configuration() {
    let proxy = format!("http://{PASSCODE}:{PASSCODE}@127.0.0.1:1");
    let proxied = format!("not a proxy {AUTH_TOKEN}");
    for (name, value) in [
        ("GATEWAY__CENTAGATE__PROXY_URL", &*proxy),
        ("GATEWAY__CENTAGATE__PROXY_URL", &proxied),
        ("GATEWAY__SERVER__PORT", AUTH_TOKEN),
        ("GATEWAY__SERVER__WORKERS", SECRET_CODE),
        ("GATEWAY__DOCS__ENABLED", PASSCODE),
        ("GATEWAY__TELEMETRY__LOG_FORMAT", CALLER_KEY),
        ("GATEWAY__CENTAGATE__BASE_URL", &proxy),
        ("GATEWAY__SERVER__PUBLIC_URL", &proxy),
        ("GATEWAY__CENTAGATE__ADMIN__PASSWORD", SECRET_CODE),
        ("GATEWAY__CENTAGATE__ADMIN__USERNAME", ".."),
        ("GATEWAY__CENTAGATE__ADMIN__SECRET_CODE", "pl4nted s3cret c0de;<&>/ü\n"),
        ("GATEWAY__CENTAGATE__ADMIN__AUTH_TOKEN", ""),
    ] {
        let environment = environment("http://127.0.0.1:1", "json").set(name, value);
        let run = environment.run(&["check-config"]);
        expect_clean(&format!("{run:?}{}{}", run.stdout, run.stderr), name);
        if run.status == Some(78) {
            let run = environment.run(&["serve"]);
            expect_clean(&format!("{run:?}{}{}", run.stdout, run.stderr), name);
        }
    }
}
