//! Every documented refusal of a login: the operator's log line, the callers' replies, and recovery.

use std::time::Duration;

use centagate_simulator::{Behaviour, Instruction, Login, Obstacle, Operation};
use serde_json::Value;

use crate::caller::Caller;
use crate::login_bench::{LoginBench, files, lines_at};
use crate::process::{GatewayProcess, sample};

/// A refusal and its expected description.
struct Refusal {
    label: &'static str,
    code: &'static str,
    /// Words that describe the fix.
    fix: &'static [&'static str],
    /// Whether the credentials themselves were refused. A retry could then lock the account.
    may_lock: bool,
}

async fn expect_unavailable(caller: &Caller, username: &str) {
    let reply = caller.create_user(username).await;
    let problem = reply.problem("centagate_unavailable");
    assert_eq!((reply.status, &problem["outcome"]), (503, &Value::from("notExecuted")));
    let seconds: u64 = reply.header("retry-after").expect("Retry-After").parse().expect("seconds");
    assert!((1..=60).contains(&seconds), "{seconds}");
}

/// Starts a gateway whose login is refused, checks every effect, repairs the cause and checks the recovery.
async fn expect(bench: LoginBench, refusal: Refusal) {
    let label = refusal.label;
    let gateway = bench.environment.serve().await;
    gateway.wait_for_line(|line| line.contains("refused the login")).await;
    let caller = Caller::of(&gateway);
    for number in 0..5 {
        expect_unavailable(&caller, &format!("refused-{number}")).await;
    }
    expect_reported(&gateway, &caller, &refusal).await;
    if refusal.may_lock {
        assert_eq!(bench.attempts(), 1, "{label}: no further login");
    }
    assert!(bench.requests(Operation::CreateUser).is_empty(), "{label}: no user was created");

    let fresh = Login::fresh();
    bench.simulator.clear_instructions();
    bench.simulator.set_obstacle(None);
    bench.simulator.set_clock_skew_seconds(0);
    bench.simulator.set_login(fresh.clone());
    bench.secrets.swap(&files(&fresh));
    caller.wait_for_readiness(200).await;
    gateway.wait_for_line(|line| line.contains("logged in to CENTAGATE")).await;
    let reply = caller.create_user("mended").await;
    assert_eq!(reply.status, 201, "{label}: {}", reply.text());
    assert_eq!(caller.metric("gateway_session_login_refused").await, 0, "{label}");
    let readiness = caller.readiness().await.1;
    assert!(!readiness.contains(label), "{label}: {readiness}");
    if refusal.may_lock {
        assert_eq!(bench.attempts(), 2, "{label}: one login with the new files");
        assert_eq!(lines_at("ERROR", &gateway).len(), 1, "{label}");
    }
}

/// Checks the count of logins, the ERROR line, and the reason on the readiness page.
async fn expect_reported(gateway: &GatewayProcess, caller: &Caller, refusal: &Refusal) {
    let label = refusal.label;
    let (_, metrics) = caller.page("/metrics").await;
    let counted = sample(&metrics, &format!("gateway_session_logins_total{{result=\"{label}\"}}"));
    assert!(counted == 1 || !refusal.may_lock && counted > 0, "{label}: {counted}\n{metrics}");
    assert_eq!(sample(&metrics, "gateway_session_login_refused"), 1, "{label}");
    let errors = lines_at("ERROR", gateway);
    assert_eq!(errors.len(), 1, "{label}: {errors:?}");
    assert_eq!(errors[0]["message"], "CENTAGATE refused the login", "{label}: a constant text");
    let lines = gateway.lines().iter().filter(|line| line.contains("refused the login")).count();
    assert!(lines as u64 >= counted, "{label}: the other refusals are at INFO: {lines}");
    let text = errors[0]["cause"].as_str().expect("a cause");
    assert!(text.contains(&format!("code {}", refusal.code)), "{label}: {text}");
    for word in refusal.fix {
        assert!(text.contains(word), "{label}: {word} in {text}");
    }
    assert_eq!(errors[0]["reason"], label);
    assert!(errors[0]["retry_ms"].is_u64(), "{label}: {}", errors[0]);
    let (status, readiness) = caller.readiness().await;
    assert_eq!(status, 503, "{label}: {readiness}");
    assert!(readiness.contains(label) && readiness.contains(refusal.fix[0]), "{label}: {readiness}");
    assert_eq!(caller.page("/livez").await.0, 200, "{label}: alive");
}

async fn bench() -> LoginBench {
    LoginBench::new().await
}

/// The gateway's files differ from the credentials that CENTAGATE accepts.
async fn bench_with_wrong_login(change: impl FnOnce(&mut Login)) -> LoginBench {
    let bench = bench().await;
    let mut login = bench.login.clone();
    change(&mut login);
    bench.secrets.swap(&files(&login));
    bench
}

async fn bench_with_obstacle(obstacle: Obstacle) -> LoginBench {
    let bench = bench().await;
    bench.simulator.set_obstacle(obstacle);
    bench
}

#[tokio::test]
async fn a_wrong_password_is_sent_only_once() {
    let bench = bench_with_wrong_login(|login| login.password = "wrong".into()).await;
    let refusal = Refusal {
        label: "wrong_credentials",
        code: "23001",
        fix: &["centagate.admin.password", "centagate.admin.username"],
        may_lock: true,
    };
    expect(bench, refusal).await;
}

#[tokio::test]
async fn a_locked_account_gets_no_further_login() {
    let bench = bench().await;
    bench.simulator.instruct(Instruction::always(Operation::LogIn, Behaviour::code("22033")));
    let fix = &["unlock the admin", "centagate.admin.password"];
    expect(bench, Refusal { label: "account_locked", code: "22033", fix, may_lock: true }).await;
}

#[tokio::test]
async fn a_group_without_access_to_the_app_is_reported() {
    let bench = bench_with_obstacle(Obstacle::GroupNotAllowed).await;
    let fix = &["allow the admin's group to use the app"];
    expect(bench, Refusal { label: "group_not_allowed", code: "23021", fix, may_lock: true }).await;
}

#[tokio::test]
async fn an_unknown_app_is_reported_with_the_integration_key() {
    let bench = bench_with_wrong_login(|login| login.integration_key = "0".repeat(64)).await;
    let fix = &["centagate.admin.integration_key"];
    expect(bench, Refusal { label: "app_not_found", code: "23024", fix, may_lock: true }).await;
}

#[tokio::test]
async fn a_pending_second_factor_opens_no_session() {
    let bench = bench_with_obstacle(Obstacle::SecondFactor { auth_methods: "OTP,PKI".into() }).await;
    let fix = &["two-factor authentication is disabled"];
    expect(bench, Refusal { label: "second_factor_pending", code: "0", fix, may_lock: true }).await;
}

#[tokio::test]
async fn an_expired_or_system_generated_password_is_reported() {
    let fix = &["change it", "expired"];
    let bench = bench_with_obstacle(Obstacle::PasswordExpired).await;
    expect(bench, Refusal { label: "password_expired", code: "0", fix, may_lock: true }).await;
    let fix = &["change it", "system-generated"];
    let bench = bench_with_obstacle(Obstacle::SystemPassword).await;
    expect(bench, Refusal { label: "system_password", code: "0", fix, may_lock: true }).await;
}

#[tokio::test]
async fn a_wrong_signature_is_reported_with_the_apps_secret_key() {
    let bench = bench_with_wrong_login(|login| login.app_secret_key = "wrong".into()).await;
    let fix = &["centagate.admin.app_secret_key"];
    expect(bench, Refusal { label: "wrong_signature", code: "23022", fix, may_lock: false }).await;
}

#[tokio::test]
async fn an_untrusted_address_is_reported_with_the_apps_trusted_list() {
    let bench = bench_with_obstacle(Obstacle::UntrustedAddress).await;
    let fix = &["trusted IP list"];
    expect(bench, Refusal { label: "address_not_trusted", code: "23020", fix, may_lock: false }).await;
}

#[tokio::test]
async fn a_clock_difference_is_reported_in_seconds() {
    for (skew, direction) in [(3600, "ahead"), (-7200_i64, "behind")] {
        let bench = bench().await;
        bench.simulator.set_clock_skew_seconds(skew);
        let gateway = bench.environment.serve().await;
        let line = gateway.wait_for_line(|line| line.contains("refused the login")).await;
        // Truncation to whole seconds may make the difference one second smaller.
        let near = (skew.abs() - 2)..=(skew.abs() + 1);
        let named = near.clone().any(|seconds| line.contains(&format!("clock is {seconds}s {direction}")));
        assert!(named, "{near:?} {direction}: {line}");
        let readiness = Caller::of(&gateway).readiness().await.1;
        assert!(readiness.contains(direction), "{readiness}");
    }
    let bench = bench().await;
    bench.simulator.set_clock_skew_seconds(301);
    let fix = &["clock", "NTP"];
    expect(bench, Refusal { label: "clock_skew", code: "23023", fix, may_lock: false }).await;
}

#[tokio::test]
async fn any_other_code_is_reported_and_the_login_is_retried() {
    let bench = bench().await;
    bench.simulator.instruct(Instruction::always(Operation::LogIn, Behaviour::code("23017")));
    expect(bench, Refusal { label: "other", code: "23017", fix: &["return codes"], may_lock: false }).await;
}

#[tokio::test]
async fn refused_credentials_are_retried_only_after_the_configured_time() {
    let bench = bench_with_wrong_login(|login| login.password = "set too early".into()).await;
    let bench = bench.set("GATEWAY__SESSION__REFUSED_RETRY_SECONDS", "3");
    let started = std::time::Instant::now();
    let gateway = bench.environment.serve().await;
    gateway.wait_for_line(|line| line.contains("refused the login")).await;
    let caller = Caller::of(&gateway);
    while started.elapsed() < Duration::from_secs(1) {
        expect_unavailable(&caller, "early").await;
        tokio::time::sleep(Duration::from_millis(20)).await; // pause between requests
    }
    assert_eq!((bench.attempts(), bench.simulator.wrong_passwords()), (1, 1));
    bench.simulator.set_login(Login { password: "set too early".into(), ..bench.login.clone() });
    caller.wait_for_readiness(200).await;
    assert!(started.elapsed() > Duration::from_secs(3), "{:?}", started.elapsed());
    assert_eq!((bench.attempts(), bench.simulator.logins()), (2, 1));
    assert_eq!(caller.create_user("late").await.status, 201);
}
