//! The log filter can be changed in the configuration files without a restart.

use std::path::Path;

use serde_json::Value;

use crate::caller::Caller;
use crate::environment::Environment;
use crate::identity_provider::{SigningKey, jwk_set};
use crate::login_bench::lines_at;
use crate::process::{GatewayProcess, json as line_as_json};

/// Planted in an invalid filter. No output may repeat it.
const PLANTED: &str = "pl4nted-filter";

/// An environment whose configuration can be changed.
fn with_files(environment: Environment) -> Environment {
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/base.toml");
    environment.write("config/base.toml", std::fs::read(base).unwrap());
    let file = environment.write("config/production.toml", "");
    let directory = Path::new(&file).parent().unwrap().display().to_string();
    environment.set("GATEWAY_CONFIG_DIR", &directory).set("GATEWAY__SECRETS__POLL_MS", "50")
}

/// Writes `filter` into the configuration file above the defaults.
fn write_filter(environment: &Environment, filter: &str) {
    environment.write("config/production.toml", format!("[telemetry]\nlog_filter = \"{filter}\"\n"));
}

async fn expect_reloads(gateway: &GatewayProcess, result: &str, times: u64) {
    let name = format!("gateway_reloads_total{{set=\"log_filter\",result=\"{result}\"}}");
    Caller::of(gateway).wait_for_metric(&name, times).await;
    let broken = Caller::of(gateway).metric("gateway_reload_broken{set=\"log_filter\"}").await;
    assert_eq!(broken, u64::from(result == "refused"));
}

/// Sends a request whose token is refused. It is logged at DEBUG and in the request's line.
async fn refuse(gateway: &GatewayProcess, id: &str) {
    assert_eq!(Caller::of(gateway).create_user_as("a.b.c", id).await.status, 401);
}

/// The levels of the lines about a request.
fn levels(gateway: &GatewayProcess, id: &str) -> Vec<Value> {
    let lines = gateway.lines().into_iter().map(|line| line_as_json(&line));
    lines.filter(|line| line["request_id"] == id).map(|line| line["level"].clone()).collect()
}

fn with_tokens(environment: Environment) -> Environment {
    let keys = environment.write("jwks.json", jwk_set(&[SigningKey::eddsa().jwk("key")]));
    environment
        .set("GATEWAY__JWT__ISSUER", "https://id.example.com")
        .set("GATEWAY__JWT__AUDIENCE", "gateway")
        .set("GATEWAY__JWT__JWKS_FILE", &keys)
}

#[tokio::test]
async fn a_changed_log_filter_is_applied_without_a_restart() {
    let (environment, _simulator) = Environment::with_simulator().await;
    let environment = with_files(with_tokens(environment));
    let mut gateway = environment.serve().await;
    refuse(&gateway, "at-info").await;

    write_filter(&environment, "trace");
    expect_reloads(&gateway, "applied", 1).await;
    refuse(&gateway, "at-trace").await;

    write_filter(&environment, "info,centagate_gateway::api=warn");
    expect_reloads(&gateway, "applied", 2).await;
    refuse(&gateway, "at-warn").await;

    environment.write("config/production.toml", "");
    expect_reloads(&gateway, "applied", 3).await;
    refuse(&gateway, "by-default").await;
    gateway.wait_for_request("by-default").await;

    gateway.terminate();
    assert!(gateway.end().await.success());
    assert_eq!(levels(&gateway, "at-info"), ["INFO"]);
    assert_eq!(levels(&gateway, "at-trace"), ["INFO"]);
    assert_eq!(levels(&gateway, "at-warn"), [""; 0]);
    assert_eq!(levels(&gateway, "by-default"), ["INFO"]);
    // Other crates must not log below INFO, because their lines may contain data.
    for line in [lines_at("DEBUG", &gateway), lines_at("TRACE", &gateway)].concat() {
        assert!(line["target"].as_str().unwrap().starts_with("centagate_gateway"), "{line}");
    }
}

#[tokio::test]
async fn an_invalid_log_filter_changes_nothing_until_it_is_repaired() {
    let (environment, _simulator) = Environment::with_simulator().await;
    let environment = with_files(environment);
    let gateway = environment.serve().await;
    for (times, content, words) in [
        (
            1,
            format!("[telemetry]\nlog_filter = \"{PLANTED}\"\n"),
            "telemetry.log_filter (GATEWAY__TELEMETRY__LOG_FILTER)",
        ),
        (2, format!("[telemetry]\nlog_filter = \"info\n{PLANTED}\n"), "production.toml: is not valid TOML at line"),
        (3, format!("[telemetry]\nlog_filters = \"{PLANTED}\"\n"), "telemetry.log_filters is not a known key"),
    ] {
        environment.write("config/production.toml", content);
        expect_reloads(&gateway, "refused", times).await;
        let line = gateway.wait_for_lines(usize::try_from(times).unwrap(), |line| line.contains("\"ERROR\"")).await;
        let line = line_as_json(line.last().unwrap());
        assert_eq!(line["set"], "log_filter", "{line}");
        assert!(line["message"].as_str().unwrap().contains(words), "{words} in {line}");
        let id = format!("after-{times}");
        assert_eq!(Caller::of(&gateway).create_user(&id).await.status, 201);
        gateway.wait_for_request(&id).await;
        write_filter(&environment, "info");
        expect_reloads(&gateway, "applied", times).await;
    }
    assert!(!gateway.lines().concat().contains(PLANTED));
}

#[tokio::test]
async fn a_log_filter_from_the_environment_overrides_the_files() {
    let (environment, _simulator) = Environment::with_simulator().await;
    let environment = with_files(environment).set("GATEWAY__TELEMETRY__LOG_FILTER", "info");
    let gateway = environment.serve().await;
    write_filter(&environment, "off");
    expect_reloads(&gateway, "applied", 1).await;
    assert_eq!(Caller::of(&gateway).create_user("told").await.status, 201);
    gateway.wait_for_request("told").await;
}
