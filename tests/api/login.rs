//! `auth/authBasic` and `auth/logout`: the requests, and how replies are read.

use std::time::Duration;

use centagate_simulator::{Behaviour, Instruction, Operation, credential};
use futures_util::future::join_all;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::caller::Caller;
use crate::login_bench::{LoginBench, lines_at};
use crate::process::json;

/// Lower-case hex HMAC-SHA256. It follows the vendor's page and does not use the gateway's code.
fn hmac(key: &str, text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

fn is_now(unix_timestamp: &str) -> bool {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    now.abs_diff(unix_timestamp.parse().unwrap()) < 30
}

#[tokio::test]
async fn a_login_follows_the_vendors_page_and_its_session_ends_with_the_process() {
    for (api, path) in [
        (Some("v1"), "/CentagateWS/webresources/auth/authBasic"),
        (Some("v2"), "/v2/CentagateWS/webresources/auth/authBasic"),
        (None, "/v2/CentagateWS/webresources/auth/authBasic"),
    ] {
        let username = "Ädmin +/%41";
        let bench = LoginBench::with(username, |_| ()).await.set("GATEWAY__CENTAGATE__AUTH_API", api.unwrap_or(""));
        let mut gateway = bench.serve_logged_in().await;
        let caller = Caller::of(&gateway);
        let logins = bench.requests(Operation::LogIn);
        let [login] = &logins[..] else { panic!("{logins:?}") };
        assert_eq!((&login.method[..], &login.path[..]), ("POST", path), "{api:?}");
        assert_eq!(login.header("content-type"), Some("application/json"));
        let timestamp = login.member("unixTimestamp").expect("a string");
        assert!(is_now(timestamp), "{timestamp}");
        let (password, key) = (&bench.login.password, &bench.login.integration_key);
        let expected = json!({
            "username": username,
            "password": password,
            "integrationKey": key,
            "unixTimestamp": timestamp,
            "supportFido": "",
            "ipAddress": "",
            "userAgent": "",
            "browserFp": "",
            "hmac": hmac(&bench.login.app_secret_key, &format!("{username}{password}{key}{timestamp}")),
        });
        assert_eq!(Value::Object(login.members.clone()), expected);

        assert_eq!(caller.create_user("alice").await.status, 201);
        assert_eq!(caller.register_otp_token("alice", &crate::gateway::token()).await.status, 201);
        let readiness = caller.readiness().await;
        assert!(readiness.0 == 200 && readiness.1.contains("session: live for "), "{readiness:?}");
        assert_eq!(caller.metric("gateway_session_logins_total{result=\"granted\"}").await, 1);

        let session = bench.simulator.newest_session().expect("a session");
        gateway.terminate();
        assert!(gateway.end().await.success());
        assert_eq!(bench.simulator.live_sessions(), 0, "{api:?}");
        let logouts = bench.requests(Operation::LogOut);
        let [logout] = &logouts[..] else { panic!("{logouts:?}") };
        assert_eq!((&logout.method[..], &logout.path[..]), ("POST", "/CentagateWS/webresources/auth/logout"));
        let timestamp = logout.member("unixTimestamp").expect("a string");
        let token = &session.auth_token;
        let expected = json!({
            "username": username,
            "integrationKey": key,
            "unixTimestamp": timestamp,
            "authToken": token,
            "hmac": hmac(&bench.login.app_secret_key, &format!("{username}{key}{timestamp}{token}")),
        });
        assert_eq!(Value::Object(logout.members.clone()), expected);
        assert_eq!(bench.attempts(), 1);
        assert_eq!(lines_at("ERROR", &gateway), [Value::Null; 0]);
    }
}

/// The `object` of a login whose session exists in CENTAGATE, changed by `change`.
fn object(bench: &LoginBench, change: impl FnOnce(&mut Value)) -> Value {
    let (auth_token, secret_code) = (credential::auth_token(), credential::secret_code());
    bench.simulator.add_session(&auth_token, &secret_code);
    let mut object = json!({ "authToken": auth_token, "secretCode": secret_code, "sessionTimeout": "1800000" });
    change(&mut object);
    object
}

async fn log_in_with(bench: &LoginBench, envelope: Value) -> Option<u64> {
    bench.simulator.instruct(Instruction::once(Operation::LogIn, Behaviour::Envelope(envelope.clone())));
    let gateway = bench.environment.serve().await;
    let line = gateway.wait_for_line(|line| line.contains("logged in to CENTAGATE")).await;
    let reply = Caller::of(&gateway).create_user(&credential::passcode()).await;
    assert_eq!(reply.status, 201, "{envelope}: {}", reply.text());
    json(&line)["session_timeout_ms"].as_u64()
}

#[tokio::test]
async fn a_login_reply_is_read_in_every_known_format() {
    let bench = LoginBench::new().await.set("GATEWAY__SESSION__DEFAULT_TIMEOUT_SECONDS", "77");
    let plain = || object(&bench, |_| ());
    let text = |object: Value| Value::String(object.to_string());
    let envelope = |code: Value, object: Value| json!({ "code": code, "message": "Success", "object": object });
    let timeout = |value: Value| object(&bench, |object| object["sessionTimeout"] = value);
    let unknown = object(&bench, |object| {
        object["else"] = json!({ "nested": [1, null] });
        object["roleJson"] = "{'role':'2'}".into();
        object["passwordExpired"] = "0".into();
        object["useSystemPassword"] = "0".into();
        object["authMethods"] = "".into();
    });
    let without = object(&bench, |object| {
        object.as_object_mut().unwrap().remove("sessionTimeout");
    });
    for (envelope, timeout_ms) in [
        (envelope("0".into(), text(plain())), 1_800_000),
        (envelope(0.into(), text(plain())), 1_800_000),
        (envelope("0".into(), plain()), 1_800_000),
        (envelope(0.into(), unknown), 1_800_000),
        (envelope("0".into(), timeout(900_000.into())), 900_000),
        (envelope("0".into(), text(timeout(900_000.into()))), 900_000),
        (envelope("0".into(), text(without)), 77_000),
        (envelope("0".into(), timeout("".into())), 77_000),
        (envelope("0".into(), timeout("soon".into())), 77_000),
        (envelope("0".into(), timeout("0".into())), 77_000),
        (envelope("0".into(), timeout("-1".into())), 77_000),
        (envelope("0".into(), timeout(Value::Null)), 77_000),
    ] {
        assert_eq!(log_in_with(&bench, envelope.clone()).await, Some(timeout_ms), "{envelope}");
    }
}

#[tokio::test]
async fn without_a_reported_timeout_the_configured_one_is_used() {
    let bench = LoginBench::new().await.set("GATEWAY__SESSION__DEFAULT_TIMEOUT_SECONDS", "1");
    bench.simulator.set_session_timeout_reported(false);
    let gateway = bench.environment.serve().await;
    let started = std::time::Instant::now();
    gateway.wait_for_lines(3, |line| line.contains("logged in to CENTAGATE")).await;
    assert!(started.elapsed() > Duration::from_millis(1200), "{:?}", started.elapsed());
    assert_eq!(bench.attempts(), 3);
}

#[tokio::test]
async fn an_implausible_session_timeout_is_ignored_with_one_warning() {
    // Shorter than a minute, so it cannot be in milliseconds.
    let check = async |timeout: &str| {
        let bench = LoginBench::new().await.set("GATEWAY__SESSION__DEFAULT_TIMEOUT_SECONDS", "2");
        let reply = object(&bench, |object| object["sessionTimeout"] = timeout.into());
        let envelope = json!({ "code": "0", "message": "Success", "object": reply.to_string() });
        bench.simulator.instruct(Instruction::always(Operation::LogIn, Behaviour::Envelope(envelope)));
        let started = std::time::Instant::now();
        let gateway = bench.serve_logged_in().await;
        gateway.wait_for_lines(3, |line| line.contains("logged in to CENTAGATE")).await;
        assert!(started.elapsed() > Duration::from_secs(3), "{timeout}: 3 logins in {:?}", started.elapsed());
        let [warning] = &lines_at("WARN", &gateway)[..] else { panic!("{timeout}: {:?}", gateway.lines()) };
        assert!(warning["message"].as_str().unwrap().contains("session.default_timeout_seconds"), "{warning}");
        assert_eq!(warning["session_timeout_ms"].to_string(), timeout);
    };
    join_all(["1", "30", "1440", "59999"].map(check)).await;
}

#[tokio::test]
async fn every_replaced_session_is_logged_out() {
    let bench = LoginBench::with_sessions_of(2).await;
    // Long enough that only a logout ends a session.
    bench.simulator.set_session_timeout(Duration::from_secs(600));
    bench.simulator.set_session_timeout_reported(false);
    let mut gateway = bench.serve_logged_in().await;
    gateway.wait_for_lines(4, |line| line.contains("logged in to CENTAGATE")).await;
    let logged_out = bench.simulator.wait_for_requests(6);
    tokio::time::timeout(crate::process::TEST_TIMEOUT, logged_out).await.expect("logouts");
    assert!(bench.simulator.live_sessions() <= 2, "{} sessions are live", bench.simulator.live_sessions());
    gateway.terminate();
    assert!(gateway.end().await.success());
    assert_eq!(bench.simulator.live_sessions(), 0);
    assert_eq!(bench.requests(Operation::LogOut).len(), bench.attempts());
}

#[tokio::test]
async fn a_shutdown_during_a_login_leaves_no_session() {
    let bench = LoginBench::new().await;
    let gate = centagate_simulator::Gate::new();
    bench.simulator.instruct(Instruction::once(Operation::LogIn, Behaviour::Hold(gate.clone())));
    let mut gateway = bench.environment.serve().await;
    gate.entered().await;
    gateway.terminate();
    gateway.wait_for_line(|line| line.contains("stopping")).await;
    gate.open();
    assert!(gateway.end().await.success());
    assert_eq!((bench.attempts(), bench.simulator.live_sessions()), (1, 0));
}

#[tokio::test]
async fn a_logout_without_a_reply_does_not_delay_the_shutdown() {
    let bench = LoginBench::new().await;
    let gate = centagate_simulator::Gate::new();
    bench.simulator.instruct(Instruction::always(Operation::LogOut, Behaviour::Hold(gate)));
    let mut gateway = bench.serve_logged_in().await;
    let started = std::time::Instant::now();
    gateway.terminate();
    assert!(gateway.end().await.success());
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    assert_eq!(bench.requests(Operation::LogOut).len(), 1);
}
