//! The files in `deploy/monitoring/` agree with a running gateway and with `docs/operations.md`. The system tests check
//! that Prometheus accepts them and when alerts fire.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use centagate_simulator::{Admin, Config, Simulator};

use crate::certificates::Authority;
use crate::gateway::{Setup, alice};
use crate::markdown::Document;

fn read(file: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

/// Every metric name in `text`. Names of recording rules begin with `job:`.
fn names(text: &str) -> BTreeSet<&str> {
    let is_in_a_name = |character: char| character.is_ascii_alphanumeric() || "_:".contains(character);
    let words = text.split(|character| !is_in_a_name(character));
    words.filter(|word| word.starts_with("gateway_") || word.starts_with("process_")).collect()
}

/// The metric families of a running gateway, with their types.
async fn served() -> BTreeMap<String, String> {
    let ca = Authority::new("CA");
    let mut config = Config::new(Admin::with_fresh_session("admin"));
    config.tls = Some(ca.issue("localhost"));
    let Admin { username, auth_token, secret_code } = config.admin.clone();
    let simulator = Simulator::start(config).await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let ca_file = directory.path().join("ca.pem");
    std::fs::write(&ca_file, ca.pem()).unwrap();
    let gateway = Setup::new()
        .admin(&username, &auth_token, &secret_code)
        .upstream(format!("https://localhost:{}", simulator.address().port()))
        .set("centagate.ca_certificate_file", ca_file.to_str().unwrap())
        .start()
        .await;
    assert_eq!(gateway.create_user(&alice()).await.status, 201);
    let (_, metrics) = gateway.manage("/metrics").await;
    let types = metrics.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    types.map(|(name, kind)| (name.to_owned(), kind.to_owned())).collect()
}

/// The names of the samples of a family.
fn samples(name: &str, kind: &str) -> Vec<String> {
    let suffixes: &[_] = if kind == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
    suffixes.iter().map(|suffix| format!("{name}{suffix}")).collect()
}

#[tokio::test]
async fn alerts_and_dashboard_use_existing_metrics_and_the_dashboard_shows_all_of_them() {
    let (alerts, dashboard) = (read("deploy/monitoring/alerts.yml"), read("deploy/monitoring/dashboard.json"));
    let (watched, shown) = (names(&alerts), names(&dashboard));
    assert!(watched.len() > 10 && shown.len() > 30, "{watched:?} {shown:?}");
    let served = served().await;
    let samples_of_all: Vec<String> = served.iter().flat_map(|(name, kind)| samples(name, kind)).collect();
    for name in watched.union(&shown) {
        assert!(samples_of_all.iter().any(|sample| sample == name), "{name} is not served: {served:?}");
    }
    for (name, kind) in &served {
        assert!(samples(name, kind).iter().any(|sample| shown.contains(&**sample)), "the dashboard has no {name}");
    }
    let operations = read("docs/operations.md");
    for name in served.keys() {
        assert!(operations.contains(&format!("`{name}")), "docs/operations.md does not say what {name} is");
    }
}

#[test]
fn every_metric_in_the_operators_document_is_in_an_alert_or_the_dashboard() {
    let (alerts, dashboard) = (read("deploy/monitoring/alerts.yml"), read("deploy/monitoring/dashboard.json"));
    let operations = read("docs/operations.md");
    for name in names(&operations) {
        let families = [name.to_owned(), format!("{name}_bucket")];
        let known = families.iter().any(|name| names(&alerts).contains(&**name) || names(&dashboard).contains(&**name));
        assert!(known, "docs/operations.md names {name}");
    }
}

/// Each alert, with its part of the file up to the next alert.
fn alerts(rules: &str) -> Vec<(&str, &str)> {
    let rules = rules.split("- alert: ").skip(1);
    rules.map(|rule| rule.split_once('\n').expect("more than a name")).collect()
}

/// The URL of `docs/operations.md` in the rules.
const RUNBOOK: &str = "runbook_url: https://runbooks.example.com/centagate-gateway/operations.md#";

#[test]
fn every_alert_leads_to_a_section_of_the_operators_document() {
    let (rules, operations) = (read("deploy/monitoring/alerts.yml"), read("docs/operations.md"));
    let anchors = Document::named("docs/operations.md").anchors();
    assert!(alerts(&rules).len() > 10);
    for (alert, rule) in alerts(&rules) {
        let runbook = rule.lines().find_map(|line| line.trim().strip_prefix(RUNBOOK));
        let runbook = runbook.unwrap_or_else(|| panic!("{alert} has no runbook"));
        assert!(anchors.contains(runbook), "{alert} leads to #{runbook}, which is not among {anchors:?}");
        for severity in ["critical", "warning"] {
            let is_so = rule.contains(&format!("severity: {severity}\n"));
            let said = operations.contains(&format!("### {alert}\n\n*{severity}.*"));
            assert_eq!(is_so, said, "{alert}, {severity}");
        }
    }
}

#[test]
fn every_alert_is_tested_to_fire_and_not_to_fire() {
    let (rules, tests) = (read("deploy/monitoring/alerts.yml"), read("deploy/monitoring/alerts_test.yml"));
    for (alert, _) in alerts(&rules) {
        for (what, expected) in [("fires", "exp_alerts:\n"), ("does not fire", "exp_alerts: []\n")] {
            let case = format!("alertname: {alert}\n        {expected}");
            assert!(tests.contains(&case), "no test in which {alert} {what}");
        }
    }
}
