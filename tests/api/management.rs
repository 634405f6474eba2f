//! The management listener: health and metrics, and nothing else.

use centagate_simulator::{Behaviour, Instruction};
use reqwest::Method;
use serde_json::json;

use crate::gateway::{Setup, TestGateway, alice, token, user};
use crate::process::sample;

#[tokio::test]
async fn a_gateway_is_alive_and_ready_from_the_start() {
    let gateway = TestGateway::start().await;
    assert_eq!(gateway.manage("/livez").await, (200, "alive\n".into()));
    assert_eq!(gateway.manage("/readyz").await, (200, "ready\n".into()));
    let (status, verbose) = gateway.manage("/readyz?verbose").await;
    assert_eq!((status, verbose.as_str()), (200, "ready\ndraining: no\nsession: live for 0 s\n"));
    assert_eq!(gateway.manage("/readyz?verbose=1").await.1, verbose);
    assert_eq!(gateway.manage("/readyz?verbosely").await.1, "ready\n");
}

#[tokio::test]
async fn each_listener_has_its_own_routes_alone() {
    let gateway = TestGateway::start().await;
    for path in ["/users", "/users/bob/otp-token", "/problems", "/openapi.json", "/docs", "/docs/", "/"] {
        assert_eq!(gateway.manage(path).await.0, 404, "{path}");
    }
    for path in ["/livez", "/readyz", "/metrics"] {
        gateway.get(path).await.problem("not_found");
    }
}

#[tokio::test]
async fn health_takes_get_and_head_alone() {
    let gateway = TestGateway::start().await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for path in ["/livez", "/readyz", "/metrics"] {
        let url = format!("http://{}{path}", gateway.management);
        let head = client.head(&url).send().await.unwrap();
        assert_eq!(head.status().as_u16(), 200, "{path}");
        let post = client.request(Method::POST, &url).send().await.unwrap();
        assert_eq!(post.status().as_u16(), 405, "{path}");
    }
}

#[tokio::test]
async fn metrics_count_requests_by_pattern_and_calls_by_code() {
    let gateway = TestGateway::start().await;
    let simulator = &gateway.simulator;
    for name in ["alice", "carol"] {
        assert_eq!(gateway.create_user(&user(name)).await.status, 201);
    }
    gateway.create_user(&alice()).await.problem("username_taken");
    gateway.create_user(&json!({})).await.problem("invalid_request");
    assert_eq!(gateway.register_otp_token("bob", &token()).await.status, 201);
    gateway.register_otp_token("pl4nted-id", &token()).await.problem("user_not_found");
    for behaviour in [
        Behaviour::code("4711"),
        Behaviour::code("-5"),
        Behaviour::reply(200, "text/html", "<html>"),
        Behaviour::CutWithoutExecuting,
    ] {
        simulator.instruct(Instruction::once(None, behaviour));
        gateway.create_user(&user("dora")).await.problem("centagate_unexpected");
    }
    gateway.get("/pl4nted-path").await.problem("not_found");
    gateway.get("/users").await.problem("method_not_allowed");
    let brew = gateway.request(Method::from_bytes(b"PL4NTED").unwrap(), "/users");
    gateway.send(brew).await.problem("method_not_allowed");
    assert_eq!(gateway.get("/problems").await.status, 200);
    assert_eq!(gateway.get("/docs/index.html").await.status, 200);

    let (_, metrics) = gateway.manage("/metrics").await;
    for (name, count) in [
        (r#"requests_total{route="/users",method="POST",status="201"}"#, 2),
        (r#"requests_total{route="/users",method="POST",status="409"}"#, 1),
        (r#"requests_total{route="/users",method="POST",status="422"}"#, 1),
        (r#"requests_total{route="/users",method="POST",status="502"}"#, 4),
        (r#"requests_total{route="/users",method="GET",status="405"}"#, 1),
        (r#"requests_total{route="/users",method="other",status="405"}"#, 1),
        (r#"requests_total{route="/users/{id}/otp-token",method="POST",status="201"}"#, 1),
        (r#"requests_total{route="/users/{id}/otp-token",method="POST",status="404"}"#, 1),
        (r#"requests_total{route="unmatched",method="GET",status="404"}"#, 1),
        (r#"requests_total{route="/problems",method="GET",status="200"}"#, 1),
        (r#"requests_total{route="/docs/{file}",method="GET",status="200"}"#, 1),
        (r#"request_duration_seconds_count{route="/users"}"#, 10),
        (r#"request_duration_seconds_count{route="/users/{id}/otp-token"}"#, 2),
    ] {
        assert_eq!(sample(&metrics, &format!("gateway_http_{name}")), count, "{name}\n{metrics}");
    }
    for (name, count) in [
        (r#"calls_total{operation="register_user",code="0"}"#, 2),
        (r#"calls_total{operation="register_user",code="22025"}"#, 1),
        (r#"calls_total{operation="register_user",code="other"}"#, 2),
        (r#"calls_total{operation="register_user",code="unreadable"}"#, 1),
        (r#"calls_total{operation="register_user",code="connection_lost"}"#, 1),
        (r#"calls_total{operation="register_one_time_pin",code="0"}"#, 1),
        (r#"calls_total{operation="register_one_time_pin",code="22002"}"#, 1),
        (r#"call_duration_seconds_count{operation="register_user"}"#, 7),
    ] {
        assert_eq!(sample(&metrics, &format!("gateway_centagate_{name}")), count, "{name}\n{metrics}");
    }
    assert_eq!(sample(&metrics, "gateway_panics_total"), 0);
    assert!(metrics.ends_with("# EOF\n"), "OpenMetrics text is complete");
    for word in ["pl4nted", "PL4NTED", "alice", "bob", "carol", "4711"] {
        assert!(!metrics.contains(word), "{word} stands in\n{metrics}");
    }
}

#[tokio::test]
async fn metrics_say_that_they_are_openmetrics() {
    let gateway = TestGateway::start().await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let reply = client.get(format!("http://{}/metrics", gateway.management)).send().await.unwrap();
    let content_type = reply.headers()["content-type"].to_str().unwrap();
    assert!(content_type.starts_with("application/openmetrics-text"), "{content_type}");
}

#[tokio::test]
async fn patterns_are_the_same_wherever_the_routes_are_mounted() {
    let gateway = Setup::new().set("server.public_url", "https://example.com/a/b").start().await;
    assert_eq!(gateway.send(gateway.post("/a/b/users", &alice())).await.status, 201);
    gateway.send(gateway.post("/users", &alice())).await.problem("not_found");
    let (_, metrics) = gateway.manage("/metrics").await;
    for labels in [r#"route="/users",method="POST",status="201""#, r#"route="unmatched",method="POST",status="404""#] {
        assert_eq!(sample(&metrics, &format!("gateway_http_requests_total{{{labels}}}")), 1, "{metrics}");
    }
}
