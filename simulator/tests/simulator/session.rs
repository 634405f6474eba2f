//! The lifetime of a session, and how it ends.

use std::time::{Duration, Instant};

use centagate_simulator::{ReturnCode, cen_token};
use serde_json::json;
use tokio::time::timeout;

use crate::bench::Bench;
use crate::client::TEST_TIMEOUT;
use crate::log_in::{log_in, registration_code, start_with};

#[tokio::test]
async fn a_session_expires_even_if_it_is_used() {
    let lifetime = Duration::from_millis(400);
    let (bench, login) = start_with(|config| config.session_timeout = lifetime).await;
    let start = Instant::now();
    let (_, session) = log_in(&bench, &login).await;
    assert_eq!(session["sessionTimeout"], "400");
    let used_until_it_ended = async {
        let mut calls = 0;
        while registration_code(&bench, &session, "bob").await != "10001" {
            calls += 1;
        }
        calls
    };
    assert!(timeout(TEST_TIMEOUT, used_until_it_ended).await.unwrap() > 0);
    assert!(start.elapsed() >= lifetime);
    assert_eq!(bench.simulator.live_sessions(), 0);
    assert_eq!(bench.simulator.newest_session(), None);
}

#[tokio::test]
async fn a_changed_timeout_applies_to_later_logins() {
    let (bench, login) = start_with(|_| ()).await;
    let (_, long) = log_in(&bench, &login).await;
    bench.simulator.set_session_timeout(Duration::ZERO);
    bench.simulator.set_session_timeout_reported(false);
    let (code, short) = log_in(&bench, &login).await;
    assert_eq!((code, short.get("sessionTimeout")), (json!("0"), None));
    assert_eq!(registration_code(&bench, &short, "bob").await, "10001");
    assert_eq!(registration_code(&bench, &long, "bob").await, "0");
}

#[tokio::test]
async fn several_sessions_are_live_unless_single_session_is_set() {
    let (bench, login) = start_with(|_| ()).await;
    let (_, first) = log_in(&bench, &login).await;
    let (_, second) = log_in(&bench, &login).await;
    assert_eq!(bench.simulator.live_sessions(), 2);
    assert_eq!(registration_code(&bench, &first, "one").await, "0");
    assert_eq!(registration_code(&bench, &second, "two").await, "0");
    bench.simulator.set_single_session(true);
    let (_, third) = log_in(&bench, &login).await;
    for older in [&first, &second] {
        assert_eq!(registration_code(&bench, older, "three").await, "10001");
    }
    assert_eq!(registration_code(&bench, &third, "three").await, "0");
    let newest = bench.simulator.newest_session().unwrap();
    assert_eq!(json!(newest.auth_token), third["authToken"]);
    assert_eq!(json!(newest.secret_code), third["secretCode"]);
}

#[tokio::test]
async fn sessions_end_on_command() {
    let (bench, login) = start_with(|_| ()).await;
    let (_, session) = log_in(&bench, &login).await;
    bench.simulator.expire_session();
    assert_eq!(registration_code(&bench, &session, "bob").await, "10001");
    let (_, session) = log_in(&bench, &login).await;
    assert_eq!(registration_code(&bench, &session, "bob").await, "0");
}

#[tokio::test]
async fn the_reply_to_a_registration_with_a_wrong_cen_token_can_be_configured() {
    let bench = Bench::with_alice().await;
    let wrong = cen_token("admin", "wrong", "wrong");
    for denial in [ReturnCode::INVALID_INPUT, ReturnCode::COMPANY_NOT_FOUND] {
        bench.simulator.set_registration_denial(denial);
        assert_eq!(bench.code_with(json!({"cenToken": wrong})).await, denial.code);
        assert_eq!(bench.token_code_with(json!({"cenToken": wrong})).await, "10001");
    }
    assert_eq!(bench.code_with(json!({})).await, "0");
}
