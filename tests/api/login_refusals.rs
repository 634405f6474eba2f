//! Every documented refusal of a login: what the operator is told, what callers meet, and how it ends.

use std::time::Duration;

use centagate_simulator::{Behaviour, Instruction, Login, Obstacle, Operation};
use serde_json::Value;

use crate::caller::Caller;
use crate::login_bench::{LoginBench, files, lines_at};
use crate::process::{GatewayProcess, sample};

/// A refusal and what has to be said about it.
struct Refusal {
    label: &'static str,
    code: &'static str,
    /// Words that say what to mend.
    fix: &'static [&'static str],
    /// Whether it concerns the credentials themselves, so that trying again could lock the account.
    holds: bool,
}

async fn expect_unavailable(caller: &Caller, username: &str) {
    let reply = caller.create_user(username).await;
    let problem = reply.problem("centagate_unavailable");
    assert_eq!((reply.status, &problem["outcome"]), (503, &Value::from("notExecuted")));
    let seconds: u64 = reply.header("retry-after").expect("Retry-After").parse().expect("seconds");
    assert!((1..=60).contains(&seconds), "{seconds}");
}

/// Starts a gateway that is refused, checks all that there is to see, mends it and sees it work.
async fn expect(bench: LoginBench, refusal: Refusal) {
    let label = refusal.label;
    let gateway = bench.environment.serve().await;
    gateway.wait_for_line(|line| line.contains("refused the login")).await;
    let caller = Caller::of(&gateway);
    for number in 0..5 {
        expect_unavailable(&caller, &format!("refused-{number}")).await;
    }
    expect_told(&gateway, &caller, &refusal).await;
    if refusal.holds {
        assert_eq!(bench.attempts(), 1, "{label}: no further login");
    }
    assert!(bench.requests(Operation::CreateUser).is_empty(), "{label}: nothing was sent");

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
    if refusal.holds {
        assert_eq!(bench.attempts(), 2, "{label}: one login with the new files");
        assert_eq!(lines_at("ERROR", &gateway).len(), 1, "{label}");
    }
}

/// One count for each login, one ERROR line per minute, and the reason on show.
async fn expect_told(gateway: &GatewayProcess, caller: &Caller, refusal: &Refusal) {
    let label = refusal.label;
    let (_, metrics) = caller.page("/metrics").await;
    let counted = sample(&metrics, &format!("gateway_session_logins_total{{result=\"{label}\"}}"));
    assert!(counted == 1 || !refusal.holds && counted > 0, "{label}: {counted}\n{metrics}");
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

/// The gateway's files hold something else than CENTAGATE takes.
async fn bench_with(change: impl FnOnce(&mut Login)) -> LoginBench {
    let bench = bench().await;
    let mut login = bench.login.clone();
    change(&mut login);
    bench.secrets.swap(&files(&login));
    bench
}

async fn bench_behind(obstacle: Obstacle) -> LoginBench {
    let bench = bench().await;
    bench.simulator.set_obstacle(obstacle);
    bench
}

#[tokio::test]
async fn a_wrong_password_is_refused_once() {
    let bench = bench_with(|login| login.password = "wrong".into()).await;
    let refusal = Refusal {
        label: "wrong_credentials",
        code: "23001",
        fix: &["centagate.admin.password", "centagate.admin.username"],
        holds: true,
    };
    expect(bench, refusal).await;
}

#[tokio::test]
async fn a_locked_account_is_left_alone() {
    let bench = bench().await;
    bench.simulator.instruct(Instruction::always(Operation::LogIn, Behaviour::code("22033")));
    let fix = &["unlock the admin", "centagate.admin.password"];
    expect(bench, Refusal { label: "account_locked", code: "22033", fix, holds: true }).await;
}

#[tokio::test]
async fn a_group_that_may_not_use_the_app_is_named() {
    let bench = bench_behind(Obstacle::GroupNotAllowed).await;
    let fix = &["allow the admin's group to use the app"];
    expect(bench, Refusal { label: "group_not_allowed", code: "23021", fix, holds: true }).await;
}

#[tokio::test]
async fn an_unknown_app_points_to_the_integration_key() {
    let bench = bench_with(|login| login.integration_key = "0".repeat(64)).await;
    let fix = &["centagate.admin.integration_key"];
    expect(bench, Refusal { label: "app_not_found", code: "23024", fix, holds: true }).await;
}

#[tokio::test]
async fn a_second_factor_is_not_taken_for_a_session() {
    let bench = bench_behind(Obstacle::SecondFactor { auth_methods: "OTP,PKI".into() }).await;
    let fix = &["two-factor authentication is disabled"];
    expect(bench, Refusal { label: "second_factor_pending", code: "0", fix, holds: true }).await;
}

#[tokio::test]
async fn an_expired_password_and_one_of_the_systems_must_be_changed() {
    let fix = &["change it", "expired"];
    let bench = bench_behind(Obstacle::PasswordExpired).await;
    expect(bench, Refusal { label: "password_expired", code: "0", fix, holds: true }).await;
    let fix = &["change it", "system-generated"];
    let bench = bench_behind(Obstacle::SystemPassword).await;
    expect(bench, Refusal { label: "system_password", code: "0", fix, holds: true }).await;
}

#[tokio::test]
async fn a_wrong_signature_points_to_the_apps_secret_key() {
    let bench = bench_with(|login| login.app_secret_key = "wrong".into()).await;
    let fix = &["centagate.admin.app_secret_key"];
    expect(bench, Refusal { label: "wrong_signature", code: "23022", fix, holds: false }).await;
}

#[tokio::test]
async fn an_address_that_is_not_trusted_points_to_the_apps_list() {
    let bench = bench_behind(Obstacle::UntrustedAddress).await;
    let fix = &["trusted IP list"];
    expect(bench, Refusal { label: "address_not_trusted", code: "23020", fix, holds: false }).await;
}

#[tokio::test]
async fn clocks_that_differ_are_named_with_the_difference() {
    for (skew, direction) in [(3600, "ahead"), (-7200_i64, "behind")] {
        let bench = bench().await;
        bench.simulator.set_clock_skew_seconds(skew);
        let gateway = bench.environment.serve().await;
        let line = gateway.wait_for_line(|line| line.contains("refused the login")).await;
        // Cutting to whole seconds may take one away.
        let near = (skew.abs() - 2)..=(skew.abs() + 1);
        let named = near.clone().any(|seconds| line.contains(&format!("clock is {seconds}s {direction}")));
        assert!(named, "{near:?} {direction}: {line}");
        let readiness = Caller::of(&gateway).readiness().await.1;
        assert!(readiness.contains(direction), "{readiness}");
    }
    let bench = bench().await;
    bench.simulator.set_clock_skew_seconds(301);
    let fix = &["clock", "NTP"];
    expect(bench, Refusal { label: "clock_skew", code: "23023", fix, holds: false }).await;
}

#[tokio::test]
async fn any_other_code_is_told_with_its_number_and_tried_again() {
    let bench = bench().await;
    bench.simulator.instruct(Instruction::always(Operation::LogIn, Behaviour::code("23017")));
    expect(bench, Refusal { label: "other", code: "23017", fix: &["return codes"], holds: false }).await;
}

#[tokio::test]
async fn refused_credentials_are_tried_again_after_the_configured_time_and_no_sooner() {
    let bench = bench_with(|login| login.password = "set too early".into()).await;
    let bench = bench.set("GATEWAY__SESSION__REFUSED_RETRY_SECONDS", "3");
    let started = std::time::Instant::now();
    let gateway = bench.environment.serve().await;
    gateway.wait_for_line(|line| line.contains("refused the login")).await;
    let caller = Caller::of(&gateway);
    while started.elapsed() < Duration::from_secs(1) {
        expect_unavailable(&caller, "early").await;
        tokio::time::sleep(Duration::from_millis(20)).await; // between two tries
    }
    assert_eq!((bench.attempts(), bench.simulator.wrong_passwords()), (1, 1));
    bench.simulator.set_login(Login { password: "set too early".into(), ..bench.login.clone() });
    caller.wait_for_readiness(200).await;
    assert!(started.elapsed() > Duration::from_secs(3), "{:?}", started.elapsed());
    assert_eq!((bench.attempts(), bench.simulator.logins()), (2, 1));
    assert_eq!(caller.create_user("late").await.status, 201);
}
