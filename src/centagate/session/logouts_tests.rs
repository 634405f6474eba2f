//! Every session that the keeper opened is logged out.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::Credentials;
use super::keeper_tests::{HOUR, MINUTE, Vendor, credentials, kept, soon};
use super::logouts::IN_USE_POLL;
use crate::centagate::NotSent;

#[tokio::test(start_paused = true)]
async fn a_replaced_session_is_logged_out_once_no_request_uses_it() {
    let vendor = Vendor::default();
    let sessions = kept(&vendor, 30 * MINUTE);
    let in_use = sessions.live(soon()).await.expect("a session");
    sleep(29 * MINUTE).await;
    assert_eq!((vendor.logins(), vendor.logouts()), (2, 0), "a request still uses the first session");
    drop(in_use);
    sleep(2 * IN_USE_POLL).await;
    assert_eq!(vendor.logouts(), 1);
    sleep(24 * HOUR).await;
    assert_eq!(vendor.logouts(), vendor.logins() - 1, "all but the one in use");
    sessions.replace_credentials(credentials("fresh"));
    sleep(MINUTE).await;
    assert_eq!(vendor.logouts(), vendor.logins() - 1, "new credentials open a new session");
    let given = Credentials::Given { auth_token: "token".into(), secret_code: "code".into() };
    sessions.replace_credentials(given);
    sleep(MINUTE).await;
    assert_eq!(vendor.logouts(), vendor.logins(), "a given session replaces a login's");
}

#[tokio::test(start_paused = true)]
async fn replaced_sessions_are_not_logged_out_after_centagate_ended_one_early() {
    let vendor = Vendor::default();
    let sessions = kept(&vendor, 30 * MINUTE);
    sessions.live(soon()).await.expect("a session");
    sessions.record_early_loss();
    sleep(3 * HOUR).await;
    assert!(vendor.logins() > 6);
    assert_eq!(vendor.logouts(), 0);
    sessions.stop(soon()).await;
    assert_eq!(vendor.logouts(), 1, "the last one");
}

#[tokio::test(start_paused = true)]
async fn a_login_that_runs_at_shutdown_leaves_no_session_behind() {
    let vendor = Vendor::default();
    vendor.delay_logins(Duration::from_secs(5));
    let sessions = kept(&vendor, HOUR);
    sleep(Duration::from_secs(1)).await;
    sessions.stop(soon()).await;
    assert_eq!((vendor.logins(), vendor.logouts()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn shutdown_waits_for_a_login_until_its_deadline() {
    let vendor = Vendor::default();
    vendor.delay_logins(MINUTE);
    let sessions = kept(&vendor, HOUR);
    sleep(Duration::from_secs(1)).await;
    let started = Instant::now();
    sessions.stop(soon()).await;
    assert_eq!(started.elapsed(), Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn a_login_whose_credentials_are_replaced_leaves_no_session_behind() {
    let vendor = Vendor::default();
    vendor.delay_logins(Duration::from_secs(5));
    let sessions = kept(&vendor, HOUR);
    sleep(Duration::from_secs(1)).await;
    sessions.replace_credentials(credentials("fresh"));
    sessions.live(soon()).await.expect("the session of the new credentials");
    assert_eq!((vendor.logins(), vendor.logouts()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn shutdown_ends_with_a_logout() {
    let vendor = Vendor::default();
    let sessions = kept(&vendor, HOUR);
    sessions.live(soon()).await.expect("a session");
    sessions.stop(soon()).await;
    assert_eq!(vendor.logouts(), 1);
    assert!(matches!(sessions.live(soon()).await, Err(NotSent::NoSession)));
}
