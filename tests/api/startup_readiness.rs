//! A process that has never worked is not ready. So a rollout of a broken version stops while the old process still
//! serves.

use std::time::Duration;

use centagate_simulator::{Admin, Behaviour, Config, Instruction, Operation, Simulator};
use tokio::time::sleep;

use crate::caller::Caller;
use crate::certificates::Authority;
use crate::environment::Environment;
use crate::login_bench::{LoginBench, files};
use crate::process::GatewayProcess;
use crate::unserved_port::UnservedPort;

/// How long a simulated rollout waits for the new process.
const PROGRESS_DEADLINE: Duration = Duration::from_millis(1500);

/// Simulates a rollout with `maxUnavailable: 0`: stops `old` only when `new` is ready. Returns whether it became ready.
async fn roll_out(old: &GatewayProcess, new: &Caller) -> bool {
    let deadline = tokio::time::Instant::now() + PROGRESS_DEADLINE;
    while tokio::time::Instant::now() < deadline {
        if new.page("/readyz").await.0 == 200 {
            old.terminate();
            return true;
        }
        sleep(Duration::from_millis(50)).await; // pause between two probes
    }
    false
}

/// Rolls out `new`, which is broken, and checks the reason on its readiness page. The old process still serves.
async fn expect_stopped(new: &GatewayProcess, line: &str, reason: &str) {
    let (environment, _simulator) = Environment::with_simulator().await;
    let old = environment.serve().await;
    Caller::of(&old).wait_for_readiness(200).await;
    let caller = Caller::of(new);
    assert!(!roll_out(&old, &caller).await, "{reason}: the new process became ready");
    let (status, text) = caller.readiness().await;
    assert_eq!(status, 503, "{reason}: {text}");
    assert!(text.starts_with("not ready\n"), "{reason}: {text}");
    assert!(text.lines().any(|it| it.starts_with(line) && it.contains(reason)), "{line}{reason}: {text}");
    assert_eq!(caller.page("/livez").await.0, 200, "{reason}: a restart would not help");
    assert_eq!(Caller::of(&old).create_user("served").await.status, 201, "{reason}: the old process still serves");
}

#[tokio::test]
async fn a_new_process_that_works_replaces_the_old_one() {
    let (environment, _simulator) = Environment::with_simulator().await;
    let mut old = environment.serve().await;
    let new = environment.serve().await;
    assert!(roll_out(&old, &Caller::of(&new)).await, "{:?}", Caller::of(&new).readiness().await);
    assert!(old.end().await.success());
}

#[tokio::test]
async fn a_refused_login_stops_a_rollout() {
    let bench = LoginBench::new().await;
    let mut wrong = bench.login.clone();
    wrong.password = "wrong".into();
    bench.secrets.swap(&files(&wrong));
    let gateway = bench.environment.serve().await;
    expect_stopped(&gateway, "session: none; last login refused: ", "wrong_credentials").await;
    expect_stopped(&gateway, "CENTAGATE: answered code ", "23001").await;
    expect_stopped(&gateway, "startup: waiting for ", "a session").await;
}

#[tokio::test]
async fn a_login_that_fails_stops_a_rollout() {
    let bench = LoginBench::new().await;
    bench.simulator.instruct(Instruction::always(Operation::LogIn, Behaviour::reply(502, "text/html", "")));
    let gateway = bench.environment.serve().await;
    expect_stopped(&gateway, "session: none; last login failed: ", "HTTP status 502").await;
}

#[tokio::test]
async fn an_unreachable_centagate_stops_a_rollout_until_it_is_reached() {
    let admin = Admin::with_fresh_session("admin");
    let port = UnservedPort::refusing();
    let environment = Environment::new(&format!("http://{}", port.address), &admin);
    let gateway = environment.serve().await;
    expect_stopped(&gateway, "CENTAGATE: no answer ", "cannot connect").await;
    expect_stopped(&gateway, "startup: waiting for ", "a connection to CENTAGATE").await;
    let _simulator = Simulator::start_on(port.serve(), Config::new(admin)).await.unwrap();
    Caller::of(&gateway).wait_for_readiness(200).await;
}

#[tokio::test]
async fn an_untrusted_centagate_stops_a_rollout() {
    let admin = Admin::with_fresh_session("admin");
    let mut config = Config::new(admin.clone());
    config.tls = Some(Authority::new("CA").issue("localhost"));
    let simulator = Simulator::start(config).await.unwrap();
    let base_url = format!("https://localhost:{}", simulator.address().port());
    let gateway = Environment::new(&base_url, &admin).serve().await;
    expect_stopped(&gateway, "CENTAGATE: no answer ", "centagate.ca_certificate_file").await;
    assert!(simulator.requests().is_empty(), "CENTAGATE received nothing");
}

#[tokio::test]
async fn an_unreachable_redis_stops_a_rollout() {
    let (environment, _simulator) = Environment::with_simulator().await;
    let port = UnservedPort::refusing();
    let gateway = environment
        .set("GATEWAY__IDEMPOTENCY__STORE", "redis")
        .set("GATEWAY__REDIS__URL", &format!("redis://{}", port.address))
        .set("GATEWAY__STORE__SEAL_KEYS", &"a".repeat(64))
        .serve()
        .await;
    expect_stopped(&gateway, "idempotency store check: ", "the store has not replied").await;
    expect_stopped(&gateway, "startup: waiting for ", "the idempotency store").await;
}

#[tokio::test]
async fn after_the_grace_period_a_process_that_has_never_worked_is_ready() {
    let environment = Environment::without_centagate().set("GATEWAY__SERVER__STARTUP_GRACE_MS", "300");
    let gateway = environment.serve().await;
    Caller::of(&gateway).wait_for_readiness(200).await;
    let (_, text) = Caller::of(&gateway).readiness().await;
    let line = "\nstartup: server.startup_grace_ms is over, still waiting for a connection to CENTAGATE\n";
    assert!(text.starts_with("ready\n") && text.contains(line), "{text}");
}

#[tokio::test]
async fn a_process_that_has_worked_stays_ready_without_centagate() {
    let (environment, simulator) = Environment::with_simulator().await;
    let gateway = environment.serve().await;
    Caller::of(&gateway).wait_for_readiness(200).await;
    drop(simulator);
    let caller = Caller::of(&gateway);
    caller.create_user("alice").await.problem("centagate_unavailable");
    let (status, text) = caller.readiness().await;
    assert_eq!(status, 200, "{text}");
    assert!(text.lines().any(|line| line.starts_with("CENTAGATE: no answer ")), "{text}");
}

#[tokio::test]
async fn a_session_that_centagate_refuses_is_not_reported_as_live() {
    let (environment, simulator) = Environment::with_simulator().await;
    let gateway = environment.serve().await;
    let caller = Caller::of(&gateway);
    assert_eq!(caller.create_user("alice").await.status, 201);
    assert!(caller.readiness().await.1.contains("session: live for "));
    simulator.instruct(Instruction::once(Operation::CreateUser, Behaviour::code("10001")));
    caller.create_user("bert").await.problem("centagate_denied");
    let (status, text) = caller.readiness().await;
    assert!(!text.contains("live") && text.contains("CENTAGATE refused the last call with code 10001\n"), "{text}");
    assert!(text.contains("\nCENTAGATE: answered code 10001 "), "{text}");
    assert_eq!(status, 200, "the gateway has worked before: {text}");
    assert_eq!(caller.create_user("carla").await.status, 201);
    assert!(caller.readiness().await.1.contains("session: live for "));
}
