//! The rules and the dashboard in `deploy/monitoring/`, and the gateway's metrics, checked by Prometheus and
//! `promtool`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use centagate_simulator::{Admin, Config, Simulator};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Child;
use tokio::time::{sleep, timeout};

use crate::gateway::{Gateway, user};
use crate::manifests::Manifests;
use crate::own_address::own_address;
use crate::program::Program;

const PROMTOOL: Program = Program { name: "promtool", package: "prometheus" };
const PROMETHEUS: Program = Program { name: "prometheus", package: "prometheus" };
const DEADLINE: Duration = Duration::from_secs(60);

/// The `Accept` header of curl.
const ANYTHING: &str = "*/*";
const OPENMETRICS: &str = "application/openmetrics-text;version=1.0.0";

fn monitoring(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/monitoring").join(file)
}

/// Writes `content` as JSON, which is also YAML, and returns its path.
fn write(directory: &TempDir, name: &str, content: &str) -> String {
    let path = directory.path().join(name);
    std::fs::write(&path, content).expect("a file");
    path.to_str().expect("a path in UTF-8").to_owned()
}

/// A gateway that has registered one user and refused to register it again.
async fn gateway() -> (Gateway, Simulator) {
    let admin = Admin::with_fresh_session("admin");
    let simulator = Simulator::start(Config::new(admin.clone())).await.expect("a simulator");
    let gateway = Gateway::start(&simulator, &admin);
    for status in [201, 409] {
        assert_eq!(gateway.post("/users", &user("alice")).await, status);
    }
    (gateway, simulator)
}

#[tokio::test]
async fn each_alert_fires_exactly_when_its_unit_tests_expect_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let rules = monitoring("alerts.yml").display().to_string();
    PROMTOOL.run(&["check", "rules", "--lint=all", "--lint-fatal", &rules], directory.path()).await;
    let tests = monitoring("alerts_test.yml").display().to_string();
    PROMTOOL.run(&["test", "rules", &tests], directory.path()).await;
}

#[tokio::test]
async fn the_prometheus_operator_selects_the_monitor_and_the_alerts() {
    let alerts = std::fs::read_to_string(monitoring("alerts.yml")).expect("the alerts");
    let alerts: Value = yaml_serde::from_str(&alerts).expect("YAML");
    let production = Manifests::of("production").await;
    let rule = production.one("PrometheusRule", "centagate-gateway");
    assert_eq!(rule["spec"], alerts, "run deploy/monitoring/prometheus-rule");
    for object in [rule, production.one("ServiceMonitor", "centagate-gateway")] {
        assert_eq!(object["metadata"]["labels"]["release"], "kube-prometheus-stack");
    }
    let generated = std::process::Command::new(monitoring("prometheus-rule")).output();
    let generated = String::from_utf8(generated.expect("the script runs").stdout).expect("UTF-8");
    let file = monitoring("../kubernetes/base/prometheus-rule.yaml");
    let file = std::fs::read_to_string(file).expect("the object");
    assert!(generated == file, "run deploy/monitoring/prometheus-rule");
}

#[tokio::test]
async fn the_metrics_follow_the_conventions() {
    let directory = tempfile::tempdir().expect("a directory");
    let (gateway, _simulator) = gateway().await;
    let page = write(&directory, "metrics", &gateway.metrics(ANYTHING).await);
    PROMTOOL.run_on(&page, &["check", "metrics"], directory.path()).await;
    gateway.stop().await;
}

/// The values of all members called `name`, at any depth.
fn members<'a>(value: &'a Value, name: &str) -> Vec<&'a Value> {
    match value {
        Value::Array(items) => items.iter().flat_map(|item| members(item, name)).collect(),
        Value::Object(object) => {
            object.get(name).into_iter().chain(object.values().flat_map(|value| members(value, name))).collect()
        }
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn promtool_accepts_every_query_of_the_dashboard() {
    let directory = tempfile::tempdir().expect("a directory");
    let dashboard = std::fs::read_to_string(monitoring("dashboard.json")).expect("the dashboard");
    let dashboard: Value = serde_json::from_str(&dashboard).expect("JSON");
    let queries: Vec<_> = members(&dashboard, "expr")
        .into_iter()
        .map(|query| query.as_str().expect("a text").replace("$__rate_interval", "5m"))
        .collect();
    assert!(queries.len() > 30, "{queries:?}");
    let rule = |(number, query)| json!({ "record": format!("query:{number}"), "expr": query });
    let rules: Vec<_> = queries.iter().enumerate().map(rule).collect();
    let rules = json!({ "groups": [{ "name": "dashboard", "rules": rules }] });
    let rules = write(&directory, "rules.json", &rules.to_string());
    PROMTOOL.run(&["check", "rules", &rules], directory.path()).await;
}

/// A Prometheus that scrapes a gateway every second. Dropping it stops it.
struct Prometheus {
    url: String,
    _running: Child,
    _directory: TempDir,
}

impl Prometheus {
    fn of(gateway: &Gateway) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let config = json!({
            "global": { "scrape_interval": "1s", "evaluation_interval": "1s" },
            "rule_files": [monitoring("alerts.yml")],
            "scrape_configs": [{ "job_name": "gateway", "static_configs": [{ "targets": [gateway.management_host()] }] }],
        });
        let config = write(&directory, "prometheus.json", &config.to_string());
        let address = own_address();
        let arguments = [
            format!("--config.file={config}"),
            format!("--storage.tsdb.path={}", directory.path().join("data").display()),
            format!("--web.listen-address={address}"),
        ];
        let running = PROMETHEUS.start(&arguments.each_ref().map(String::as_str), directory.path());
        Self { url: format!("http://{address}/api/v1"), _running: running, _directory: directory }
    }

    /// Sends a query to Prometheus. Returns the data, or `None` if there is no reply.
    async fn ask(&self, request: &str) -> Option<Value> {
        let client = reqwest::Client::builder().no_proxy().timeout(DEADLINE).build().expect("a client");
        let reply = client.get(format!("{}/{request}", self.url)).send().await.ok()?;
        serde_json::from_slice::<Value>(&reply.bytes().await.ok()?).ok().map(|mut reply| reply["data"].take())
    }

    /// Repeats a query until `wanted` accepts the data.
    async fn ask_until(&self, request: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let answered = timeout(DEADLINE, async {
            loop {
                match self.ask(request).await {
                    Some(answer) if wanted(&answer) => return answer,
                    _ => sleep(Duration::from_millis(100)).await, // poll interval
                }
            }
        });
        if let Ok(answer) = answered.await {
            return answer;
        }
        panic!("not within DEADLINE; the last answer is {:?}", self.ask(request).await)
    }
}

#[tokio::test]
async fn prometheus_reads_every_sample_and_rule_and_a_healthy_gateway_fires_no_alert() {
    let (gateway, _simulator) = gateway().await;
    let prometheus = Prometheus::of(&gateway);
    let up = "query?query=up%7Bjob%3D%22gateway%22%7D";
    prometheus.ask_until(up, |answer| answer["result"][0]["value"][1] == "1").await;
    let samples = gateway.metrics(OPENMETRICS).await.lines().filter(|line| !line.starts_with('#')).count().to_string();
    let count = "query?query=count(%7B__name__%3D~%22gateway_.%2B%7Cprocess_.%2B%22%7D)";
    prometheus.ask_until(count, |answer| answer["result"][0]["value"][1] == samples).await;
    let evaluated = |rules: &Value| members(rules, "health").iter().all(|health| **health != "unknown");
    let rules = prometheus.ask_until("rules", evaluated).await;
    let health = members(&rules, "health");
    assert!(health.len() > 20 && health.iter().all(|health| **health == "ok"), "{rules}");
    // Prometheus may have missed the gateway until its first scrape.
    prometheus.ask_until("alerts", |answer| answer["alerts"] == json!([])).await;
    gateway.stop().await;
}
