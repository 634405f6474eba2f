//! The log of an outage. No WARN or ERROR repeats within a minute, and the breaker logs one line when it opens and one
//! when it closes.

use std::collections::BTreeMap;
use std::time::Duration;

use centagate_simulator::{Admin, Behaviour, Gate, Instruction, Operation};
use futures_util::future::join;
use jiff::Timestamp;
use serde_json::Value;
use tokio::time::sleep;

use crate::caller::Caller;
use crate::environment::Environment;
use crate::load::Load;
use crate::login_bench::{LoginBench, environment};
use crate::process::{GatewayProcess, json};
use crate::unserved_port::UnservedPort;

const OUTAGE: Duration = Duration::from_secs(60);
const REQUESTS_PER_SECOND: u32 = 100;
const SENDERS: u32 = 100;

/// The lines whose message begins with `text`.
fn lines(gateway: &GatewayProcess, text: &str) -> Vec<Value> {
    let lines = gateway.lines().into_iter().map(|line| json(&line));
    lines.filter(|line| line["message"].as_str().is_some_and(|message| message.starts_with(text))).collect()
}

/// Sends requests during the whole outage.
async fn send_requests(caller: &Caller) {
    let load = Load::start(caller, "outage", SENDERS, REQUESTS_PER_SECOND);
    sleep(OUTAGE).await;
    let tally = load.end().await;
    assert!(tally.requests > 4_500, "{}", tally.requests);
}

fn expect_no_repetition(gateway: &GatewayProcess) {
    let mut seen = BTreeMap::new();
    for line in gateway.lines().iter().map(|line| json(line)).filter(|line| line["level"] != "INFO") {
        let message = line["message"].as_str().expect("a message").to_owned();
        let time: Timestamp = line["timestamp"].as_str().expect("a time").parse().expect("RFC 3339");
        if let Some(before) = seen.insert(message, time) {
            assert!(time.duration_since(before).as_secs() >= 59, "repeated: {line}");
        }
    }
}

/// CENTAGATE stops answering under load and later answers again.
async fn silence() {
    let (environment, simulator) = Environment::with_simulator().await;
    let environment = environment
        .set("GATEWAY__CENTAGATE__CONNECT_TIMEOUT_MS", "500")
        .set("GATEWAY__CENTAGATE__REQUEST_TIMEOUT_MS", "500")
        .set("GATEWAY__SERVER__REQUEST_TIMEOUT_MS", "2000");
    let gateway = environment.serve().await;
    let caller = Caller::of(&gateway);
    assert_eq!(caller.create_user("before").await.status, 201);
    let gate = Gate::new();
    simulator.instruct(Instruction::always(None, Behaviour::Hold(gate.clone())));
    send_requests(&caller).await;
    expect_no_repetition(&gateway);
    let opened = lines(&gateway, "CENTAGATE cannot be reached or does not answer");
    let [opened] = &opened[..] else { panic!("{opened:?}") };
    assert_eq!((&opened["level"], &opened["cause"]), (&"WARN".into(), &"no reply in time".into()), "{opened}");
    assert!(lines(&gateway, "CENTAGATE answers again").is_empty());
    simulator.clear_instructions();
    gate.open();
    let mut number = 0;
    while caller.create_user(&format!("after-{number}")).await.status != 201 {
        number += 1;
        sleep(Duration::from_millis(100)).await; // until the breaker lets a call through
    }
    gateway.wait_for_line(|line| line.contains("CENTAGATE answers again")).await;
    let [closed] = &lines(&gateway, "CENTAGATE answers again")[..] else { panic!("more than one") };
    assert_eq!(closed["level"], "INFO");
    assert!(closed["open_ms"].as_u64() > Some(50_000), "{closed}");
}

/// CENTAGATE ends the session and refuses each login.
async fn refused_logins() {
    let bench = LoginBench::with_sessions_of(3600).await;
    let gateway = bench.serve_logged_in().await;
    let caller = Caller::of(&gateway);
    bench.simulator.instruct(Instruction::always(Operation::LogIn, Behaviour::code("23020")));
    bench.simulator.expire_session();
    send_requests(&caller).await;
    expect_no_repetition(&gateway);
}

/// The gateway starts during the outage.
async fn no_connection() {
    let bench = LoginBench::new().await;
    let port = UnservedPort::refusing();
    let admin = Admin::with_fresh_session("admin");
    let (environment, _secrets) = environment(&format!("http://{}", port.address), &admin, &bench.login);
    let gateway = environment.serve().await;
    send_requests(&Caller::of(&gateway)).await;
    expect_no_repetition(&gateway);
    let failures = lines(&gateway, "the login to CENTAGATE failed");
    assert!(failures.len() > 3, "the other failures are at INFO: {failures:?}");
    assert!(failures[0]["cause"].as_str().is_some_and(|cause| cause.contains("cannot connect")), "{failures:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_warning_or_error_repeats_within_a_minute_while_centagate_is_silent() {
    silence().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_warning_or_error_repeats_within_a_minute_while_logins_fail() {
    join(refused_logins(), no_connection()).await;
}
