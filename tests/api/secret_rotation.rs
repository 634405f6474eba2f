//! Rotating a secret causes no failure while callers send fifty requests per second.

use std::time::Duration;

use centagate_simulator::{Admin, Config, Login, Operation, Simulator, Tls, cen_token};
use tokio::time::{Instant, sleep};

use crate::caller::Caller;
use crate::callers;
use crate::certificates::{Authority, self_signed};
use crate::environment::Environment;
use crate::forwarder::Forwarder;
use crate::load::Load;
use crate::login_bench::{LoginBench, files, lines_at, requests};
use crate::process::{GatewayProcess, TEST_TIMEOUT};
use crate::secrets_directory::SecretsDirectory;

const POLL: Duration = Duration::from_secs(1);

/// A change is applied after two polls. The rest is an allowance for a busy machine.
const IN_USE: Duration = POLL.saturating_mul(2).saturating_add(Duration::from_millis(900));

const PER_SECOND: u32 = 50;

fn poll_ms() -> String {
    POLL.as_millis().to_string()
}

/// Waits until `is_so`, at most two polls after `since`.
async fn within_two_polls(since: Instant, what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    while !is_so().await {
        assert!(since.elapsed() < TEST_TIMEOUT, "{what} never happened");
        sleep(Duration::from_millis(5)).await;
    }
    eprintln!("{what} after {:?}", since.elapsed());
    assert!(since.elapsed() <= IN_USE, "{what} after {:?}", since.elapsed());
}

/// Lets the load send 25 more requests, so that a missing old secret would cause failures.
async fn keep_sending(load: &Load) {
    let before = load.requests();
    let started = Instant::now();
    while load.requests() < before + 25 {
        assert!(started.elapsed() < TEST_TIMEOUT, "the load has stopped");
        sleep(Duration::from_millis(10)).await;
    }
}

async fn expect_applied(gateway: &GatewayProcess, set: &str, times: u64) {
    let caller = Caller::of(gateway);
    caller.wait_for_metric(&format!("gateway_reloads_total{{set=\"{set}\",result=\"applied\"}}"), times).await;
    assert_eq!(caller.metric(&format!("gateway_reload_broken{{set=\"{set}\"}}")).await, 0);
    assert_eq!(lines_at("ERROR", gateway), [serde_json::Value::Null; 0]);
    assert_eq!(lines_at("WARN", gateway), [serde_json::Value::Null; 0]);
}

fn pair(session: &Admin) -> [(&str, &str); 2] {
    [("centagate.admin.auth_token", &session.auth_token), ("centagate.admin.secret_code", &session.secret_code)]
}

#[tokio::test]
async fn rotating_a_configured_session_fails_no_request() {
    let (old, new) = (Admin::with_fresh_session("admin"), Admin::with_fresh_session("admin"));
    let simulator = Simulator::start(Config::new(old.clone())).await.unwrap();
    let environment = Environment::new(&simulator.base_url(), &old)
        .unset("GATEWAY__CENTAGATE__ADMIN__AUTH_TOKEN")
        .unset("GATEWAY__CENTAGATE__ADMIN__SECRET_CODE")
        .set("GATEWAY__SECRETS__POLL_MS", &poll_ms());
    let secrets = SecretsDirectory::new(&environment.directory.path().join("secrets"), &pair(&old));
    let environment = environment.set("GATEWAY_SECRETS_DIR", secrets.path());
    let gateway = environment.serve().await;
    let load = Load::start(&Caller::of(&gateway), "given", 5, PER_SECOND);
    keep_sending(&load).await;

    simulator.add_session(&new.auth_token, &new.secret_code);
    secrets.swap(&pair(&new));
    let token = cen_token("admin", &new.auth_token, &new.secret_code);
    let signed_with_new = async || simulator.requests().last().unwrap().member("cenToken") == Some(&token);
    within_two_polls(Instant::now(), "the new pair", signed_with_new).await;
    simulator.set_session(&new.auth_token, &new.secret_code);
    keep_sending(&load).await;
    load.end().await.expect_no_failure("rotation of a given pair");
    expect_applied(&gateway, "secrets", 1).await;
    assert!(requests(&simulator, Operation::LogIn).is_empty());
}

#[tokio::test]
async fn rotating_the_login_credentials_fails_no_request() {
    let bench = LoginBench::new().await.set("GATEWAY__SECRETS__POLL_MS", &poll_ms());
    let gateway = bench.serve_logged_in().await;
    let load = Load::start(&Caller::of(&gateway), "login", 5, PER_SECOND);
    keep_sending(&load).await;

    let fresh = Login::fresh();
    bench.simulator.add_login(fresh.clone());
    bench.secrets.swap(&files(&fresh));
    within_two_polls(Instant::now(), "a login with the new set", async || bench.simulator.logins() == 2).await;
    gateway.wait_for_lines(2, |line| line.contains("logged in to CENTAGATE")).await;
    bench.simulator.set_login(fresh);
    let session = bench.simulator.newest_session().unwrap();
    bench.simulator.set_session(&session.auth_token, &session.secret_code);
    keep_sending(&load).await;
    load.end().await.expect_no_failure("rotation of login credentials");
    expect_applied(&gateway, "secrets", 1).await;
    assert_eq!(bench.attempts(), 2);
}

#[tokio::test]
async fn rotating_a_callers_key_fails_no_request() {
    let (environment, _simulator) = Environment::with_simulator().await;
    let environment = environment.set("GATEWAY__SECRETS__POLL_MS", &poll_ms());
    let gateway = environment.serve().await;
    let caller = Caller::of(&gateway);
    let load = Load::start(&caller, "caller", 5, PER_SECOND);
    keep_sending(&load).await;

    let block = |key| callers::block("everything", key, &["users:create"], "");
    environment.write("callers.toml", block(callers::EVERYTHING) + &block("new-key"));
    let takes = async |key| caller.create_user_as(key, &format!("probe-{}", uuid::Uuid::now_v7())).await.status == 201;
    within_two_polls(Instant::now(), "the caller's second key", async || takes("new-key").await).await;
    load.change_key("new-key");
    keep_sending(&load).await;
    assert!(takes(callers::EVERYTHING).await, "the old key works until its block is removed");
    environment.write("callers.toml", block("new-key"));
    within_two_polls(Instant::now(), "the refusal of the old key", async || !takes(callers::EVERYTHING).await).await;
    caller.create_user_as(callers::EVERYTHING, "gone").await.problem("unauthenticated");
    keep_sending(&load).await;
    load.end().await.expect_no_failure("rotation of a caller's key");
    expect_applied(&gateway, "callers", 2).await;
}

/// Two servers with the same session and different certificates, and a forwarder in front of them.
async fn two_servers(old: Tls, new: Tls) -> (Simulator, Simulator, Forwarder, Environment) {
    let admin = Admin::with_fresh_session("admin");
    let mut config = Config::new(admin.clone());
    config.tls = Some(old);
    let old = Simulator::start(config.clone()).await.unwrap();
    config.tls = Some(new);
    let new = Simulator::start(config).await.unwrap();
    let forwarder = Forwarder::to(old.address()).await;
    let base_url = format!("https://localhost:{}", forwarder.address.port());
    let environment = Environment::new(&base_url, &admin).set("GATEWAY__SECRETS__POLL_MS", &poll_ms());
    (old, new, forwarder, environment)
}

#[tokio::test]
async fn rotating_a_private_ca_fails_no_request() {
    let (old_ca, new_ca) = (Authority::new("Old CA"), Authority::new("New CA"));
    let (old, new, forwarder, environment) = two_servers(old_ca.issue("localhost"), new_ca.issue("localhost")).await;
    let file = environment.write("ca.pem", old_ca.pem());
    let environment = environment.set("GATEWAY__CENTAGATE__CA_CERTIFICATE_FILE", &file);
    let gateway = environment.serve().await;
    let load = Load::start(&Caller::of(&gateway), "ca", 5, PER_SECOND);
    keep_sending(&load).await;

    let caller = Caller::of(&gateway);
    let applied = async || caller.metric("gateway_reloads_total{set=\"certificates\",result=\"applied\"}").await;
    environment.write("ca.pem", old_ca.pem() + &new_ca.pem());
    within_two_polls(Instant::now(), "both CAs", async || applied().await == 1).await;
    keep_sending(&load).await;
    forwarder.redirect_to(new.address());
    environment.write("ca.pem", new_ca.pem());
    within_two_polls(Instant::now(), "the new CA alone", async || applied().await == 2).await;
    keep_sending(&load).await;
    assert!(!new.requests().is_empty());
    old.stop().await;
    keep_sending(&load).await;
    load.end().await.expect_no_failure("rotation of a private CA");
    expect_applied(&gateway, "certificates", 2).await;
}

#[tokio::test]
async fn rotating_the_pinned_certificate_fails_no_request() {
    let (old_tls, new_tls) = (self_signed("localhost"), self_signed("localhost"));
    let new_pem = new_tls.certificate_pem.clone();
    let (old, new, forwarder, environment) = two_servers(old_tls.clone(), new_tls).await;
    let file = environment.write("pinned.pem", old_tls.certificate_pem);
    let environment = environment.set("GATEWAY__CENTAGATE__PINNED_CERTIFICATE_FILE", &file);
    let gateway = environment.serve().await;
    Caller::of(&gateway).wait_for_readiness(200).await;
    let at_start = forwarder.connections();
    // Only one connection, which stays open until the pin has changed. A new connection would get the wrong
    // certificate, because only one certificate can be pinned.
    let load = Load::start(&Caller::of(&gateway), "pin", 1, PER_SECOND);
    keep_sending(&load).await;

    forwarder.redirect_to(new.address());
    environment.write("pinned.pem", new_pem);
    within_two_polls(Instant::now(), "connections by the new pin", async || !new.requests().is_empty()).await;
    old.stop().await;
    keep_sending(&load).await;
    load.end().await.expect_no_failure("rotation of a pinned certificate");
    expect_applied(&gateway, "certificates", 1).await;
    assert_eq!(forwarder.connections() - at_start, 2);
}
