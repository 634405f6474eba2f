//! Sessions that expire or are renewed under load cause no failure for callers.

use std::time::Duration;

use centagate_simulator::{Behaviour, Instruction, Operation};
use futures_util::future::join_all;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, sleep_until};

use crate::caller::Caller;
use crate::load::Load;
use crate::login_bench::LoginBench;
use crate::process::GatewayProcess;
use crate::reply::Reply;

/// The gateway logs in again only if CENTAGATE refuses a session that is older than this.
const TRUSTED_AGE: Duration = Duration::from_secs(30);

/// How long two processes share an admin. They end before the other tests' sessions are old enough, because a burst of
/// requests could delay their renewals.
const SHARED_FOR: Duration = Duration::from_secs(24);

/// Only one test at a time sends a burst of requests.
static BURST: Mutex<()> = Mutex::const_new(());

/// Tests that wait for half a minute. They run at the same time, so that they take half a minute in total.
#[tokio::test]
async fn sessions_under_load() {
    tokio::join!(
        a_session_that_expires_under_500_requests_causes_one_login_and_no_failure(Duration::ZERO),
        a_session_that_expires_under_500_requests_causes_one_login_and_no_failure(Duration::from_secs(2)),
        a_thousand_requests_refused_with_10001_cause_at_most_one_login(),
        two_processes_with_sessions_of_two_seconds_fail_no_request(),
        a_login_that_takes_longer_than_a_session_lives_delays_requests_and_fails_none(),
        a_failed_renewal_keeps_the_old_session_in_use_while_it_is_accepted(),
    );
}

/// Starts a gateway whose session has just become older than [`TRUSTED_AGE`], and a caller.
async fn with_an_old_session(bench: &LoginBench) -> (GatewayProcess, Caller) {
    let gateway = bench.serve_logged_in().await;
    let old_enough = Instant::now() + TRUSTED_AGE + Duration::from_millis(500);
    let caller = Caller::of(&gateway);
    assert_eq!(caller.create_user("first").await.status, 201);
    sleep_until(old_enough).await;
    assert_eq!(bench.attempts(), 1, "the session has not been renewed");
    (gateway, caller)
}

async fn a_session_that_expires_under_500_requests_causes_one_login_and_no_failure(login_takes: Duration) {
    // On a busy machine, the last requests wait long for the login and for the other requests.
    let bench = LoginBench::new().await.set("GATEWAY__SERVER__REQUEST_TIMEOUT_MS", "20000");
    let bench = bench.set("GATEWAY__SERVER__SHUTDOWN_MS", "20000");
    let (_gateway, caller) = with_an_old_session(&bench).await;
    let _guard = BURST.lock().await;
    bench.simulator.instruct(Instruction::always(Operation::LogIn, Behaviour::Delay(login_takes)));
    bench.simulator.expire_session();
    let started = Instant::now();
    let names: Vec<_> = (0..500).map(|number| format!("at-once-{number}")).collect();
    let replies = join_all(names.iter().map(|name| caller.create_user(name))).await;
    let failures: Vec<_> = replies.iter().filter(|reply| reply.status != 201).map(Reply::text).collect();
    assert_eq!(failures, [""; 0], "{} of 500 failed", failures.len());
    assert_eq!(bench.attempts(), 2, "exactly one login more");
    assert_eq!(bench.simulator.executions(), 501, "each was executed once");
    assert_eq!(caller.metric("gateway_session_lost_early_total").await, 1);
    let counted = caller.metric("gateway_session_refusals_total").await;
    let refused = bench.requests(Operation::CreateUser).len() - 501;
    assert_eq!(counted, refused as u64, "each refusal is counted");
    eprintln!("500 at the end of a session, login of {login_takes:?}: {:?}, {refused} refused", started.elapsed());
}

async fn a_thousand_requests_refused_with_10001_cause_at_most_one_login() {
    let bench = LoginBench::new().await;
    let (_gateway, caller) = with_an_old_session(&bench).await;
    let _guard = BURST.lock().await;
    bench.simulator.instruct(Instruction::always(Operation::CreateUser, Behaviour::code("10001")));
    let started = Instant::now();
    let senders = (0..20).map(|sender| {
        let caller = &caller;
        async move {
            for number in 0..50 {
                let reply = caller.create_user(&format!("denied-{sender}-{number}")).await;
                assert_eq!(reply.problem("centagate_denied")["outcome"], "notExecuted");
            }
        }
    });
    join_all(senders).await;
    assert_eq!(bench.attempts(), 2, "one login, because the session may have ended");
    let sent = bench.requests(Operation::CreateUser).len() - 1;
    // Requests in flight during the login are sent again. Later requests use a session that is still trusted.
    assert!((1001..=1020).contains(&sent), "{sent} requests for 1,000");
    assert!(started.elapsed() < TRUSTED_AGE, "otherwise a second login would be correct: {:?}", started.elapsed());
    eprintln!("1,000 refused for permission: {:?}, {sent} sent", started.elapsed());
}

async fn two_processes_with_sessions_of_two_seconds_fail_no_request() {
    // Both processes use the same admin, because the simulator allows several sessions per admin.
    let bench = LoginBench::with_sessions_of(2).await;
    let gateways = [bench.serve_logged_in().await, bench.serve_logged_in().await];
    let loads: Vec<_> = gateways
        .iter()
        .enumerate()
        .map(|(number, gateway)| {
            let caller = Caller::of(gateway);
            let load = Load::start(&caller, &format!("process-{number}"), 2, 10);
            (caller, load)
        })
        .collect();
    sleep(SHARED_FOR).await;
    for (caller, load) in loads {
        let tally = load.end().await;
        tally.expect_no_failure("sessions of 2 s");
        assert!(tally.requests > 200, "{}", tally.requests);
        let logins = caller.metric("gateway_session_logins_total{result=\"granted\"}").await;
        assert!((12..=19).contains(&logins), "{logins} logins, at least 12 expected");
        assert_eq!(caller.metric("gateway_session_lost_early_total").await, 0);
        eprintln!("{logins} logins in {SHARED_FOR:?}");
    }
}

async fn a_login_that_takes_longer_than_a_session_lives_delays_requests_and_fails_none() {
    let bench = LoginBench::with_sessions_of(2).await;
    bench.simulator.instruct(Instruction::always(Operation::LogIn, Behaviour::Delay(Duration::from_secs(2))));
    let gateway = bench.environment.serve().await;
    let caller = Caller::of(&gateway);
    let load = Load::start(&caller, "through-the-gap", 20, 40);
    gateway.wait_for_lines(4, |line| line.contains("logged in to CENTAGATE")).await;
    let tally = load.end().await;
    tally.expect_no_failure("sessions of 2 s whose login takes 2 s");
    assert!(tally.requests > 80, "{}", tally.requests);
    assert!(tally.slowest < Duration::from_secs(4), "{:?}", tally.slowest);
    let granted = caller.metric("gateway_session_logins_total{result=\"granted\"}").await;
    assert!((4..=5).contains(&granted), "{granted}");
    let refused = bench.requests(Operation::CreateUser).iter().filter(|request| !request.executed).count();
    assert!(refused > 0, "sessions expired under load");
    assert!(bench.simulator.executions() == tally.requests, "each was executed once");
}

#[tokio::test]
async fn a_refusal_of_a_new_session_causes_no_login() {
    let bench = LoginBench::new().await;
    let gateway = bench.serve_logged_in().await;
    let caller = Caller::of(&gateway);
    for code in ["10001", "23016", "23018", "20002", "10002"] {
        bench.simulator.instruct(Instruction::once(Operation::CreateUser, Behaviour::code(code)));
        let problem = caller.create_user(code).await.json();
        assert_eq!(problem["upstreamCode"].to_string(), code, "{problem}");
    }
    assert_eq!(bench.attempts(), 1);
    assert_eq!(bench.requests(Operation::CreateUser).len(), 5, "no request was sent twice");
}

async fn a_failed_renewal_keeps_the_old_session_in_use_while_it_is_accepted() {
    let bench = LoginBench::with_sessions_of(3).await;
    let gateway = bench.serve_logged_in().await;
    let caller = Caller::of(&gateway);
    bench.simulator.instruct(Instruction::always(Operation::LogIn, Behaviour::code("23020")));
    gateway.wait_for_line(|line| line.contains("refused the login")).await;
    assert_eq!(caller.create_user("meanwhile").await.status, 201);
    let (status, readiness) = caller.readiness().await;
    assert!(status == 200 && !readiness.contains("live") && readiness.contains("address_not_trusted"), "{readiness}");
    bench.simulator.expire_session();
    let problem = caller.create_user("after-its-end").await.problem("centagate_denied");
    assert_eq!(problem["outcome"], "notExecuted");
    assert_eq!(caller.readiness().await.0, 200, "the gateway has had a session");
    bench.simulator.clear_instructions();
    gateway.wait_for_lines(2, |line| line.contains("logged in to CENTAGATE")).await;
    assert_eq!(caller.create_user("again").await.status, 201);
}
