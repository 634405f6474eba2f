//! Every secret rotated once while callers send fifty requests a second: nobody notices.

use std::time::Duration;

use centagate_simulator::{Admin, Config, Login, Operation, Simulator, Tls, cen_token};
use tokio::time::{Instant, sleep};

use crate::caller::Caller;
use crate::callers;
use crate::certificates::{Authority, self_signed};
use crate::forwarder::Forwarder;
use crate::load::Load;
use crate::login_bench::{LoginBench, files, lines_at, requests};
use crate::process::{Environment, GatewayProcess, TEST_TIMEOUT};
use crate::secrets_directory::SecretsDirectory;

const POLL: Duration = Duration::from_secs(1);

/// A change is in use after two polls; the rest is for a machine that does other things as well.
const IN_USE: Duration = POLL.saturating_mul(2).saturating_add(Duration::from_millis(900));

const PER_SECOND: u32 = 50;

fn poll_ms() -> String {
    POLL.as_millis().to_string()
}

/// Waits until `is_so`; it must come within two polls of `since`.
async fn within_two_polls(since: Instant, what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    while !is_so().await {
        assert!(since.elapsed() < TEST_TIMEOUT, "{what} never came");
        sleep(Duration::from_millis(5)).await;
    }
    eprintln!("{what} after {:?}", since.elapsed());
    assert!(since.elapsed() <= IN_USE, "{what} after {:?}", since.elapsed());
}

/// The load goes on for a while, so that what has been taken away would be missed.
async fn go_on(load: &Load) {
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
async fn the_pair_of_a_given_session() {
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
    go_on(&load).await;

    simulator.add_session(&new.auth_token, &new.secret_code);
    secrets.swap(&pair(&new));
    let token = cen_token("admin", &new.auth_token, &new.secret_code);
    let signed_with_new = async || simulator.requests().last().unwrap().member("cenToken") == Some(&token);
    within_two_polls(Instant::now(), "the new pair", signed_with_new).await;
    simulator.set_session(&new.auth_token, &new.secret_code);
    go_on(&load).await;
    load.end().await.expect_no_failure("rotation of a given pair");
    expect_applied(&gateway, "secrets", 1).await;
    assert!(requests(&simulator, Operation::LogIn).is_empty());
}

#[tokio::test]
async fn the_password_the_integration_key_and_the_apps_secret_key() {
    let bench = LoginBench::new().await.set("GATEWAY__SECRETS__POLL_MS", &poll_ms());
    let gateway = bench.serve_logged_in().await;
    let load = Load::start(&Caller::of(&gateway), "login", 5, PER_SECOND);
    go_on(&load).await;

    let fresh = Login::fresh();
    bench.simulator.add_login(fresh.clone());
    bench.secrets.swap(&files(&fresh));
    within_two_polls(Instant::now(), "a login with the new set", async || bench.simulator.logins() == 2).await;
    gateway.wait_for_lines(2, |line| line.contains("logged in to CENTAGATE")).await;
    bench.simulator.set_login(fresh);
    let session = bench.simulator.newest_session().unwrap();
    bench.simulator.set_session(&session.auth_token, &session.secret_code);
    go_on(&load).await;
    load.end().await.expect_no_failure("rotation of login credentials");
    expect_applied(&gateway, "secrets", 1).await;
    assert_eq!(bench.attempts(), 2);
}

#[tokio::test]
async fn the_key_of_a_caller() {
    let (environment, _simulator) = Environment::with_simulator().await;
    let environment = environment.set("GATEWAY__SECRETS__POLL_MS", &poll_ms());
    let gateway = environment.serve().await;
    let caller = Caller::of(&gateway);
    let load = Load::start(&caller, "caller", 5, PER_SECOND);
    go_on(&load).await;

    let block = |key| callers::block("everything", key, &["users:create"], "");
    environment.write("callers.toml", block(callers::EVERYTHING) + &block("new-key"));
    let takes = async |key| caller.create_user_as(key, &format!("probe-{}", uuid::Uuid::now_v7())).await.status == 201;
    within_two_polls(Instant::now(), "the caller's second key", async || takes("new-key").await).await;
    load.change_key("new-key");
    go_on(&load).await;
    assert!(takes(callers::EVERYTHING).await, "the old key is good until its block goes");
    environment.write("callers.toml", block("new-key"));
    within_two_polls(Instant::now(), "the refusal of the old key", async || !takes(callers::EVERYTHING).await).await;
    caller.create_user_as(callers::EVERYTHING, "gone").await.problem("unauthenticated");
    go_on(&load).await;
    load.end().await.expect_no_failure("rotation of a caller's key");
    expect_applied(&gateway, "callers", 2).await;
}

/// Two servers that know the same session and prove themselves with different certificates, and a door in front of them.
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
async fn the_certificate_of_a_private_ca() {
    let (old_ca, new_ca) = (Authority::new("Old CA"), Authority::new("New CA"));
    let (old, new, forwarder, environment) = two_servers(old_ca.issue("localhost"), new_ca.issue("localhost")).await;
    let file = environment.write("ca.pem", old_ca.pem());
    let environment = environment.set("GATEWAY__CENTAGATE__CA_CERTIFICATE_FILE", &file);
    let gateway = environment.serve().await;
    let load = Load::start(&Caller::of(&gateway), "ca", 5, PER_SECOND);
    go_on(&load).await;

    let caller = Caller::of(&gateway);
    let applied = async || caller.metric("gateway_reloads_total{set=\"certificates\",result=\"applied\"}").await;
    environment.write("ca.pem", old_ca.pem() + &new_ca.pem());
    within_two_polls(Instant::now(), "both CAs", async || applied().await == 1).await;
    go_on(&load).await;
    forwarder.redirect_to(new.address());
    environment.write("ca.pem", new_ca.pem());
    within_two_polls(Instant::now(), "the new CA alone", async || applied().await == 2).await;
    go_on(&load).await;
    assert!(!new.requests().is_empty());
    old.stop().await;
    go_on(&load).await;
    load.end().await.expect_no_failure("rotation of a private CA");
    expect_applied(&gateway, "certificates", 2).await;
}

#[tokio::test]
async fn the_pinned_certificate() {
    let (old_tls, new_tls) = (self_signed("localhost"), self_signed("localhost"));
    let new_pem = new_tls.certificate_pem.clone();
    let (old, new, forwarder, environment) = two_servers(old_tls.clone(), new_tls).await;
    let file = environment.write("pinned.pem", old_tls.certificate_pem);
    let environment = environment.set("GATEWAY__CENTAGATE__PINNED_CERTIFICATE_FILE", &file);
    let gateway = environment.serve().await;
    Caller::of(&gateway).wait_for_readiness(200).await;
    let at_start = forwarder.connections();
    // One at a time: its one connection stands until the pin has changed. A new one would meet the wrong certificate, as
    // only one can be pinned.
    let load = Load::start(&Caller::of(&gateway), "pin", 1, PER_SECOND);
    go_on(&load).await;

    forwarder.redirect_to(new.address());
    environment.write("pinned.pem", new_pem);
    within_two_polls(Instant::now(), "connections by the new pin", async || !new.requests().is_empty()).await;
    old.stop().await;
    go_on(&load).await;
    load.end().await.expect_no_failure("rotation of a pinned certificate");
    expect_applied(&gateway, "certificates", 1).await;
    assert_eq!(forwarder.connections() - at_start, 2);
}
