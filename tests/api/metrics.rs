//! `/metrics`: the counters, the formats, and a bounded number of series.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use centagate_simulator::{Behaviour, Instruction};
use futures_util::future::join_all;
use reqwest::Method;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::callers;
use crate::environment::Environment;
use crate::gateway::{Setup, TestGateway, alice};
use crate::operations::{Operation, let_next_call_meet, operations, success};
use crate::process::{GatewayProcess, TEST_TIMEOUT, sample};

/// The value of a sample with these labels.
fn count(metrics: &str, name: &str, labels: &str) -> u64 {
    sample(metrics, &format!("gateway_{name}{{{labels}}}"))
}

#[tokio::test]
async fn every_operation_is_counted_by_route_and_by_call() {
    let gateway = Setup::new().without_rate_limit().start().await;
    for operation in operations() {
        let Operation { label, method, path, success: status, .. } = operation;
        let before = gateway.manage("/metrics").await.1;
        for behaviour in [
            Behaviour::Envelope(success()),
            Behaviour::Envelope(success()),
            Behaviour::code("10002"),
            Behaviour::code("4711"),
            Behaviour::code("-5"),
            Behaviour::reply(200, "text/html", "<html>"),
            Behaviour::CutWithoutExecuting,
        ] {
            let_next_call_meet(&gateway.simulator, behaviour);
            gateway.send_example(operation, "pl4nted-id").await;
        }
        gateway.send(gateway.example_as("unknown", operation, "pl4nted-id")).await.problem("unauthenticated");
        gateway.send_example(operation, "admin").await.problem("forbidden");
        let after = gateway.manage("/metrics").await.1;
        let added = |name: &str, labels: &str| count(&after, name, labels) - count(&before, name, labels);
        for (status, requests) in [(*status, 2), (422, 1), (502, 4), (401, 1), (403, 1)] {
            let labels = format!(r#"route="{path}",method="{method}",status="{status}""#);
            assert_eq!(added("http_requests_total", &labels), requests, "{labels}\n{after}");
        }
        for (class, requests) in [("2xx", 2), ("4xx", 3), ("5xx", 4)] {
            let labels = format!(r#"route="{path}",status_class="{class}""#);
            assert_eq!(added("http_request_duration_seconds_count", &labels), requests, "{labels}\n{after}");
        }
        for (code, calls) in [("0", 2), ("10002", 1), ("other", 2), ("unreadable", 1), ("connection_lost", 1)] {
            let labels = format!(r#"operation="{label}",code="{code}""#);
            assert_eq!(added("centagate_calls_total", &labels), calls, "{labels}\n{after}");
        }
        for (outcome, calls) in [("executed", 2), ("notExecuted", 1), ("unknown", 4)] {
            let labels = format!(r#"operation="{label}",outcome="{outcome}""#);
            assert_eq!(added("centagate_outcomes_total", &labels), calls, "{labels}\n{after}");
        }
        let labels = format!(r#"operation="{label}""#);
        assert_eq!(added("centagate_call_duration_seconds_count", &labels), 7, "{labels}\n{after}");
        assert_eq!(added("caller_requests_total", r#"caller="everything""#), 8, "{after}");
        for word in ["pl4nted", "\"4711\"", "-5\""] {
            assert!(!after.contains(word), "{word} appears in\n{after}");
        }
    }
    assert_eq!(sample(&gateway.manage("/metrics").await.1, "gateway_panics_total"), 0);
}

#[tokio::test]
async fn requests_without_an_operation_are_counted_by_route() {
    let gateway = TestGateway::start().await;
    gateway.get("/pl4nted-path").await.problem("not_found");
    gateway.get("/users").await.problem("method_not_allowed");
    let brew = gateway.request(Method::from_bytes(b"PL4NTED").unwrap(), "/users");
    gateway.send(brew).await.problem("method_not_allowed");
    assert_eq!(gateway.get("/problems").await.status, 200);
    assert_eq!(gateway.get("/docs/index.html").await.status, 200);
    let (_, metrics) = gateway.manage("/metrics").await;
    for labels in [
        r#"route="/users",method="GET",status="405""#,
        r#"route="/users",method="other",status="405""#,
        r#"route="unmatched",method="GET",status="404""#,
        r#"route="/problems",method="GET",status="200""#,
        r#"route="/docs/{file}",method="GET",status="200""#,
    ] {
        assert_eq!(count(&metrics, "http_requests_total", labels), 1, "{labels}\n{metrics}");
    }
    assert!(!metrics.contains("pl4nted") && !metrics.contains("PL4NTED"), "{metrics}");
}

#[tokio::test]
async fn every_idempotency_result_is_exported_as_0_at_the_start() {
    let (_, metrics) = Setup::new().start().await.manage("/metrics").await;
    let results = ["new", "replayed", "in_progress", "mismatch", "outcome_unknown", "passcode_expired", "unavailable"];
    for result in results {
        assert_eq!(sample(&metrics, &format!("gateway_idempotency_total{{result=\"{result}\"}}")), 0, "{metrics}");
    }
}

#[tokio::test]
async fn route_labels_do_not_contain_the_base_path() {
    let gateway = Setup::new().set("server.public_url", "https://example.com/a/b").start().await;
    assert_eq!(gateway.send(gateway.post("/a/b/users", &alice())).await.status, 201);
    gateway.send(gateway.post("/users", &alice())).await.problem("not_found");
    let (_, metrics) = gateway.manage("/metrics").await;
    for labels in [r#"route="/users",method="POST",status="201""#, r#"route="unmatched",method="POST",status="404""#] {
        assert_eq!(sample(&metrics, &format!("gateway_http_requests_total{{{labels}}}")), 1, "{metrics}");
    }
}

/// The names of the series on a metrics page, with labels and without values.
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
async fn a_client_gets_openmetrics_if_it_accepts_it_and_the_text_format_otherwise() {
    let gateway = TestGateway::start().await;
    gateway.create_user(&alice()).await;
    // The `Accept` header of Prometheus 2.42.
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
        assert_eq!(series(&text), series(&openmetrics), "both formats have the same series");
    }
}

#[tokio::test]
async fn at_most_a_hundred_callers_have_their_own_series_and_names_are_escaped() {
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
    assert_eq!(counted.len(), 101, "100 names and `other`: {counted:?}");
    let count = |labels: &str| sample(&metrics, &format!("gateway_caller_requests_total{{caller=\"{labels}\"}}"));
    // The awkward name has one of the 100 series. A caller named `other` is counted together with all callers without a
    // series.
    assert_eq!(count("other"), 1 + 2 * (300 - 99), "{counted:?}");
    assert_eq!(count("a\\\"} 1 \\\\\\\\ 名前"), 1, "{counted:?}");
    let total: u64 = counted.iter().map(|line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap()).sum();
    assert_eq!(total, 602, "requests without a known caller are not counted");
}

/// Sends requests with new paths and methods, and calls that get new codes.
async fn send_unexpected(gateway: &TestGateway, round: u32) {
    for number in 0..40 {
        let word = format!("{round}x{number}");
        for path in [format!("/{word}"), format!("/users/{word}"), format!("/users/{word}/otp-token?{word}")] {
            let method = Method::from_bytes(format!("M{word}").as_bytes()).unwrap();
            gateway.send(gateway.request(method, &path).header("x-request-id", &word)).await;
            gateway.get(&path).await;
        }
        let code = Behaviour::code((30_000 + 100 * round + number).to_string());
        gateway.simulator.instruct(Instruction::once(None, code));
        let operation = &operations()[number as usize % operations().len()];
        gateway.send_example(operation, &word).await.problem("centagate_unexpected");
    }
}

#[tokio::test]
async fn unexpected_paths_methods_and_codes_add_no_series() {
    let gateway = Setup::new().without_rate_limit().start().await;
    send_unexpected(&gateway, 0).await;
    let before = series(&gateway.manage("/metrics").await.1);
    for round in 1..4 {
        send_unexpected(&gateway, round).await;
    }
    assert_eq!(series(&gateway.manage("/metrics").await.1), before);
    assert!(before.len() < 220 + 40 * operations().len(), "{}: {before:?}", before.len());
}

fn decimal(metrics: &str, name: &str) -> f64 {
    let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{name} is missing:\n{metrics}")).parse().expect("a number")
}

async fn open_files(gateway: &GatewayProcess) -> f64 {
    decimal(&gateway.manage("/metrics").await.1, "process_open_fds")
}

#[tokio::test]
async fn build_and_process_metrics_are_exported() {
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
    let counted = timeout(TEST_TIMEOUT, async {
        while open_files(&gateway).await < open + 50.0 {
            sleep(Duration::from_millis(10)).await; // between two polls
        }
    });
    counted.await.expect("connections count as open files");
}
