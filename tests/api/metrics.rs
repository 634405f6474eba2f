//! What `/metrics` counts, how it is spelled, and that it stays small.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use centagate_simulator::{Behaviour, Instruction};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::callers;
use crate::gateway::{Setup, TestGateway, alice, token, user};
use crate::process::{Environment, GatewayProcess, PATIENCE, sample};

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
        (r#"outcomes_total{operation="register_user",outcome="executed"}"#, 2),
        (r#"outcomes_total{operation="register_user",outcome="notExecuted"}"#, 1),
        (r#"outcomes_total{operation="register_user",outcome="unknown"}"#, 4),
        (r#"outcomes_total{operation="register_one_time_pin",outcome="notExecuted"}"#, 1),
    ] {
        assert_eq!(sample(&metrics, &format!("gateway_centagate_{name}")), count, "{name}\n{metrics}");
    }
    assert_eq!(sample(&metrics, "gateway_caller_requests_total{caller=\"everything\"}"), 10);
    assert_eq!(sample(&metrics, "gateway_panics_total"), 0);
    for word in ["pl4nted", "PL4NTED", "alice", "bob", "carol", "4711"] {
        assert!(!metrics.contains(word), "{word} stands in\n{metrics}");
    }
}

#[tokio::test]
async fn every_result_of_a_key_stands_at_0_from_the_start() {
    let (_, metrics) = Setup::new().start().await.manage("/metrics").await;
    let results = ["new", "replayed", "in_progress", "mismatch", "outcome_unknown", "passcode_expired", "unavailable"];
    for result in results {
        assert_eq!(sample(&metrics, &format!("gateway_idempotency_total{{result=\"{result}\"}}")), 0, "{metrics}");
    }
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

/// The series in a page of metrics: names with labels, without values.
fn series(metrics: &str) -> BTreeSet<String> {
    let samples = metrics.lines().filter(|line| !line.starts_with('#'));
    samples.map(|line| line.rsplit_once(' ').expect(line).0.to_owned()).collect()
}

async fn metrics_for(gateway: &TestGateway, accept: Option<&str>) -> (String, String) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut request = client.get(format!("http://{}/metrics", gateway.management));
    if let Some(accept) = accept {
        request = request.header("accept", accept);
    }
    let reply = request.send().await.unwrap();
    let content_type = reply.headers()["content-type"].to_str().unwrap().to_owned();
    (content_type, reply.text().await.unwrap())
}

#[tokio::test]
async fn prometheus_gets_openmetrics_and_everybody_else_the_text_format() {
    let gateway = TestGateway::start().await;
    gateway.create_user(&alice()).await;
    // As Prometheus 2.42 sends it.
    let prometheus = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
                      text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    let (content_type, openmetrics) = metrics_for(&gateway, Some(prometheus)).await;
    assert_eq!(content_type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
    for line in ["# TYPE gateway_http_requests counter\n", "# TYPE gateway_build info\n"] {
        assert!(openmetrics.contains(line), "{openmetrics}");
    }
    assert!(openmetrics.ends_with("\n# EOF\n"), "{openmetrics}");
    for accept in [None, Some("*/*"), Some("text/plain"), Some("text/html, */*;q=0.8")] {
        let (content_type, text) = metrics_for(&gateway, accept).await;
        assert_eq!(content_type, "text/plain; version=0.0.4; charset=utf-8", "{accept:?}");
        for line in [
            "# HELP gateway_http_requests_total Requests by route pattern",
            "# TYPE gateway_http_requests_total counter\n",
            "# TYPE gateway_http_request_duration_seconds histogram\n",
            "# TYPE gateway_build_info gauge\n",
        ] {
            assert_eq!(text.matches(line).count(), 1, "{line} in\n{text}");
        }
        assert!(!text.contains("# EOF") && !text.contains("# UNIT") && text.ends_with('\n'), "{text}");
        assert_eq!(series(&text), series(&openmetrics), "the same series in both");
    }
}

#[tokio::test]
async fn names_of_callers_are_counted_up_to_a_hundred_and_cannot_forge_a_sample() {
    let awkward = "a\"} 1 \\\\ 名前";
    let mut file = callers::block("other", "key-of-other", &["users:read"], "");
    file += &callers::block("awkward", "key-of-awkward", &["users:read"], "")
        .replace("\"awkward\"", &format!("'{awkward}'"));
    for number in 0..300 {
        file += &callers::block(&format!("caller-{number}"), &format!("key-{number}"), &["users:read"], "");
    }
    let gateway = Setup::new().callers(file).start().await;
    let look_up = async |key: &str| gateway.send(gateway.get_as(key, "/users/bob")).await.status;
    for key in ["key-of-awkward", "key-of-other"] {
        assert_eq!(look_up(key).await, 200);
    }
    for _ in 0..2 {
        let keys: Vec<String> = (0..300).map(|number| format!("key-{number}")).collect();
        let statuses = join_all(keys.iter().map(|key| look_up(key))).await;
        assert_eq!(statuses, [200; 300]);
    }
    assert_eq!(look_up("unknown").await, 401);
    let (_, metrics) = gateway.manage("/metrics").await;
    let counted: Vec<&str> =
        metrics.lines().filter(|line| line.starts_with("gateway_caller_requests_total{")).collect();
    assert_eq!(counted.len(), 101, "a hundred names and the rest: {counted:?}");
    let count = |labels: &str| sample(&metrics, &format!("gateway_caller_requests_total{{caller=\"{labels}\"}}"));
    // Of the hundred places one is taken by the awkward name; whoever is called `other` is counted with the rest.
    assert_eq!(count("other"), 1 + 2 * (300 - 99), "{counted:?}");
    assert_eq!(count("a\\\"} 1 \\\\\\\\ 名前"), 1, "{counted:?}");
    let total: u64 = counted.iter().map(|line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap()).sum();
    assert_eq!(total, 602, "who is not known is counted for nobody");
}

/// A round of requests whose paths, methods and codes nobody has seen before.
async fn round_of_novelties(gateway: &TestGateway, round: u32) {
    for number in 0..40 {
        let novelty = format!("{round}x{number}");
        for path in
            [format!("/{novelty}"), format!("/users/{novelty}"), format!("/users/{novelty}/otp-token?{novelty}")]
        {
            let method = Method::from_bytes(format!("M{novelty}").as_bytes()).unwrap();
            gateway.send(gateway.request(method, &path).header("x-request-id", &novelty)).await;
            gateway.get(&path).await;
        }
        let code = Behaviour::code((30_000 + 100 * round + number).to_string());
        gateway.simulator.instruct(Instruction::once(None, code));
        gateway.create_user(&user(&novelty)).await.problem("centagate_unexpected");
    }
}

#[tokio::test]
async fn what_callers_and_centagate_make_up_adds_no_series() {
    let gateway = Setup::new().set("rate_limit.burst", "1000").start().await;
    round_of_novelties(&gateway, 0).await;
    let before = series(&gateway.manage("/metrics").await.1);
    for round in 1..4 {
        round_of_novelties(&gateway, round).await;
    }
    assert_eq!(series(&gateway.manage("/metrics").await.1), before);
    assert!(before.len() < 250, "{}: {before:?}", before.len());
}

fn decimal(metrics: &str, name: &str) -> f64 {
    let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{name} is not there:\n{metrics}")).parse().expect("a number")
}

async fn open_files(gateway: &GatewayProcess) -> f64 {
    decimal(&gateway.manage("/metrics").await.1, "process_open_fds")
}

#[tokio::test]
async fn the_program_tells_which_it_is_and_what_it_uses() {
    let since_1970 = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
    let before = since_1970();
    let gateway = Environment::without_centagate().serve().await;
    let (_, metrics) = gateway.manage("/metrics").await;
    let build = format!("gateway_build_info{{version=\"{}\",revision=\"", env!("CARGO_PKG_VERSION"));
    assert!(metrics.contains(&build), "{metrics}");
    let started = decimal(&metrics, "process_start_time_seconds");
    assert!((before..=since_1970()).contains(&started), "{started}");
    assert!((0.001..60.0).contains(&decimal(&metrics, "process_cpu_seconds_total")), "{metrics}");
    let memory = decimal(&metrics, "process_resident_memory_bytes");
    assert!((1e6..1e9).contains(&memory), "{memory}");
    let open = open_files(&gateway).await;
    assert!((10.0..decimal(&metrics, "process_max_fds")).contains(&open), "{open}");
    let _connections = join_all((0..50).map(|_| TcpStream::connect(gateway.address))).await;
    let counted = timeout(PATIENCE, async {
        while open_files(&gateway).await < open + 50.0 {
            sleep(Duration::from_millis(10)).await; // between two looks
        }
    });
    counted.await.expect("connections are files");
}
