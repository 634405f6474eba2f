//! A login that gets no answer, or none that can be read. It is tried again, and the process is not ready before it works.

use std::time::Duration;

use centagate_simulator::{Admin, Behaviour, Config, Instruction, Login, Operation, Simulator};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::caller::Caller;
use crate::login_bench::{LoginBench, environment, lines_at};
use crate::process::GatewayProcess;
use crate::unserved_port::UnservedPort;

async fn expect_failure_told(gateway: &GatewayProcess, caller: &Caller, cause: &str) {
    let line = gateway.wait_for_line(|line| line.contains("the login to CENTAGATE failed")).await;
    assert!(line.contains(cause), "{cause}: {line}");
    let (status, readiness) = caller.readiness().await;
    assert!(status == 503 && readiness.contains("last login failed") && readiness.contains(cause), "{readiness}");
    assert!(caller.metric("gateway_session_logins_total{result=\"failed\"}").await > 0);
    assert_eq!(lines_at("ERROR", gateway), [Value::Null; 0], "an outage is not the operator's to mend here");
    let reply = caller.create_user("no-session").await;
    assert_eq!(reply.problem("centagate_unavailable")["outcome"], "notExecuted");
}

#[tokio::test]
async fn a_login_whose_answer_cannot_be_read_is_tried_again_until_the_process_is_ready() {
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
    // All at once: each waits for its second try.
    join_all(replies.map(|(behaviour, cause)| async move {
        let bench = LoginBench::new().await;
        bench.simulator.instruct(Instruction::always(Operation::LogIn, behaviour));
        let gateway = bench.environment.serve().await;
        let caller = Caller::of(&gateway);
        expect_failure_told(&gateway, &caller, cause).await;
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
async fn an_outage_of_the_login_is_met_with_growing_waits() {
    let bench = LoginBench::new().await;
    bench.simulator.instruct(Instruction::always(Operation::LogIn, Behaviour::reply(503, "text/html", "")));
    let started = std::time::Instant::now();
    let gateway = bench.environment.serve().await;
    let caller = Caller::of(&gateway);
    while bench.attempts() < 4 {
        // Seven seconds at most, and what a busy machine adds.
        assert!(started.elapsed() < Duration::from_secs(10), "{} logins", bench.attempts());
        caller.create_user("impatient").await.problem("centagate_unavailable");
        tokio::time::sleep(Duration::from_millis(50)).await; // poll interval
    }
    // At once, after half a second to one, after one to two more, after two to four more.
    assert!(started.elapsed() > Duration::from_millis(3500), "4 logins in {:?}", started.elapsed());
    assert_eq!(caller.readiness().await.0, 503, "it has never worked");
}

#[tokio::test]
async fn a_gateway_starts_before_its_centagate_and_logs_in_when_that_is_there() {
    let admin = Admin { username: "admin".into(), auth_token: String::new(), secret_code: String::new() };
    let login = Login::fresh();
    let mut config = Config::new(admin.clone());
    config.login = Some(login.clone());
    let port = UnservedPort::refusing();
    let (environment, _secrets) = environment(&format!("http://{}", port.address), &admin, &login);
    let gateway = environment.serve().await;
    let caller = Caller::of(&gateway);
    expect_failure_told(&gateway, &caller, "cannot connect").await;
    let simulator = Simulator::start_on(port.serve(), config).await.unwrap();
    gateway.wait_for_line(|line| line.contains("logged in to CENTAGATE")).await;
    assert_eq!(caller.create_user("alice").await.status, 201);
    assert_eq!(simulator.logins(), 1);
}
