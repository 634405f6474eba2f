//! A login that gets no reply or an unreadable one is retried. The process is not ready before a login succeeds.

use std::time::Duration;

use centagate_simulator::{Admin, Behaviour, Config, Instruction, Login, Operation, Simulator};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::caller::Caller;
use crate::login_bench::{LoginBench, environment, lines_at};
use crate::process::GatewayProcess;
use crate::unserved_port::UnservedPort;

async fn expect_failure_reported(gateway: &GatewayProcess, caller: &Caller, cause: &str) {
    let line = gateway.wait_for_line(|line| line.contains("the login to CENTAGATE failed")).await;
    assert!(line.contains(cause), "{cause}: {line}");
    let (status, readiness) = caller.readiness().await;
    assert!(status == 503 && readiness.contains("last login failed") && readiness.contains(cause), "{readiness}");
    assert!(caller.metric("gateway_session_logins_total{result=\"failed\"}").await > 0);
    assert_eq!(
        lines_at("ERROR", gateway),
        [Value::Null; 0],
        "an outage is not logged as an error that the operator must fix"
    );
    let reply = caller.create_user("no-session").await;
    assert_eq!(reply.problem("centagate_unavailable")["outcome"], "notExecuted");
}

#[tokio::test]
async fn a_login_with_an_unreadable_reply_is_retried_until_it_succeeds() {
    let replies = [
        (Behaviour::reply(200, "text/html", "<html>Maintenance</html>"), "not a JSON object"),
        (Behaviour::reply(500, "text/html", "<html>Error</html>"), "HTTP status 500"),
        (Behaviour::reply(302, "text/html", ""), "HTTP status 302"),
        (Behaviour::CutBeforeReply, "connection lost"),
        (Behaviour::Envelope(json!({ "code": "0", "object": "" })), "no session in the reply"),
        (Behaviour::Envelope(json!({ "code": "0", "object": "{\"authToken\":" })), "no session in the reply"),
        (Behaviour::Envelope(json!({ "code": "0", "object": { "secretCode": "s" } })), "no session in the reply"),
        (Behaviour::Envelope(json!({ "object": "" })), "no integer code"),
    ];
    // All cases run at once, because each waits for its second login.
    join_all(replies.map(|(behaviour, cause)| async move {
        let bench = LoginBench::new().await;
        bench.simulator.instruct(Instruction::always(Operation::LogIn, behaviour));
        let gateway = bench.environment.serve().await;
        let caller = Caller::of(&gateway);
        expect_failure_reported(&gateway, &caller, cause).await;
        bench.simulator.clear_instructions();
        gateway.wait_for_line(|line| line.contains("logged in to CENTAGATE")).await;
        assert_eq!(caller.create_user("alice").await.status, 201, "{cause}");
        let (status, readiness) = caller.readiness().await;
        assert!(status == 200 && !readiness.contains("failed"), "{readiness}");
        assert!(bench.attempts() > 1, "{cause}");
    }))
    .await;
}

#[tokio::test]
async fn failed_logins_are_retried_with_growing_delays() {
    let bench = LoginBench::new().await;
    bench.simulator.instruct(Instruction::always(Operation::LogIn, Behaviour::reply(503, "text/html", "")));
    let started = std::time::Instant::now();
    let gateway = bench.environment.serve().await;
    let caller = Caller::of(&gateway);
    while bench.attempts() < 4 {
        // Seven seconds at most, and an allowance for a busy machine.
        assert!(started.elapsed() < Duration::from_secs(10), "{} logins", bench.attempts());
        caller.create_user("impatient").await.problem("centagate_unavailable");
        tokio::time::sleep(Duration::from_millis(50)).await; // poll interval
    }
    // Delays before the logins: none, then 0.5 to 1 s, 1 to 2 s, 2 to 4 s.
    assert!(started.elapsed() > Duration::from_millis(3500), "4 logins in {:?}", started.elapsed());
    assert_eq!(caller.readiness().await.0, 503, "the gateway has never worked");
}

#[tokio::test]
async fn a_gateway_starts_without_centagate_and_logs_in_when_it_is_available() {
    let admin = Admin { username: "admin".into(), auth_token: String::new(), secret_code: String::new() };
    let login = Login::fresh();
    let mut config = Config::new(admin.clone());
    config.login = Some(login.clone());
    let port = UnservedPort::refusing();
    let (environment, _secrets) = environment(&format!("http://{}", port.address), &admin, &login);
    let gateway = environment.serve().await;
    let caller = Caller::of(&gateway);
    expect_failure_reported(&gateway, &caller, "cannot connect").await;
    let simulator = Simulator::start_on(port.serve(), config).await.unwrap();
    gateway.wait_for_line(|line| line.contains("logged in to CENTAGATE")).await;
    assert_eq!(caller.create_user("alice").await.status, 201);
    assert_eq!(simulator.logins(), 1);
}
