//! The keeper's rules, with a simulated clock.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use secrecy::SecretString;
use tokio::time::{Instant, sleep};

use super::keeper::{KeeperOptions, keep};
use super::login::Authenticator;
use super::{Credentials, LoginCredentials, LoginRefusal, SessionEvents, Sessions};
use crate::centagate::NotSent;
use crate::centagate::calls::log_in::{Grant, LoginFailure};
use crate::domain::Username;

pub(super) const MINUTE: Duration = Duration::from_secs(60);
pub(super) const HOUR: Duration = Duration::from_secs(3600);

/// A CENTAGATE whose answers to logins the tests set, and which counts logins. Tokio's clock is paused and jumps to the next event.
#[derive(Clone, Default)]
pub(super) struct Vendor(Arc<VendorState>);

#[derive(Debug, Default)]
pub(super) struct VendorState {
    logins: AtomicUsize,
    under_way: AtomicUsize,
    most_under_way: AtomicUsize,
    logouts: AtomicUsize,
    takes: Mutex<Duration>,
    refusal: Mutex<Option<LoginRefusal>>,
    session_timeout: Mutex<Option<Duration>>,
}

impl Vendor {
    pub(super) fn logins(&self) -> usize {
        self.0.logins.load(Ordering::Relaxed)
    }

    pub(super) fn logouts(&self) -> usize {
        self.0.logouts.load(Ordering::Relaxed)
    }

    /// Lets each login take this long.
    pub(super) fn delay_logins(&self, takes: Duration) {
        *self.0.takes.lock().unwrap() = takes;
    }

    fn refuse(&self, refusal: Option<LoginRefusal>) {
        *self.0.refusal.lock().unwrap() = refusal;
    }
}

impl Authenticator for Vendor {
    fn log_in(&self, _: LoginCredentials) -> impl Future<Output = Result<Grant, LoginFailure>> + Send + 'static {
        let vendor = Arc::clone(&self.0);
        async move {
            let number = vendor.logins.fetch_add(1, Ordering::Relaxed) + 1;
            let under_way = vendor.under_way.fetch_add(1, Ordering::Relaxed) + 1;
            vendor.most_under_way.fetch_max(under_way, Ordering::Relaxed);
            let takes = *vendor.takes.lock().unwrap();
            sleep(takes).await;
            vendor.under_way.fetch_sub(1, Ordering::Relaxed);
            match vendor.refusal.lock().unwrap().clone() {
                Some(refusal) => Err(LoginFailure::Refused(refusal)),
                None => Ok(Grant {
                    auth_token: format!("token-{number}").into(),
                    secret_code: "code".into(),
                    timeout: *vendor.session_timeout.lock().unwrap(),
                }),
            }
        }
    }

    fn log_out(&self, _: LoginCredentials, _: SecretString) -> impl Future<Output = ()> + Send + 'static {
        self.0.logouts.fetch_add(1, Ordering::Relaxed);
        async {}
    }
}

impl SessionEvents for VendorState {
    fn login(&self, _: &'static str) {}

    fn suspected(&self) {}

    fn lost_early(&self) {}
}

pub(super) fn credentials(password: &str) -> Credentials {
    Credentials::Login(LoginCredentials {
        password: password.into(),
        integration_key: "key".into(),
        app_secret_key: "secret".into(),
    })
}

/// Sessions with this timeout. Their keeper runs in the background.
pub(super) fn kept(vendor: &Vendor, session_timeout: Duration) -> Sessions {
    *vendor.0.session_timeout.lock().unwrap() = Some(session_timeout);
    kept_with(vendor, credentials("right"))
}

fn kept_with(vendor: &Vendor, credentials: Credentials) -> Sessions {
    let options = KeeperOptions {
        admin_username: Username::parse("admin").unwrap(),
        credentials,
        refused_retry: 30 * MINUTE,
        default_timeout: 10 * MINUTE,
        events: Arc::clone(&vendor.0) as _,
    };
    let (sessions, keeper) = keep(vendor.clone(), options);
    tokio::spawn(keeper.run());
    sessions
}

pub(super) fn soon() -> Instant {
    Instant::now() + Duration::from_secs(10)
}

#[tokio::test(start_paused = true)]
async fn there_is_a_live_session_in_every_minute_of_a_week_without_needless_logins() {
    let vendor = Vendor::default();
    vendor.delay_logins(Duration::from_secs(2));
    let sessions = kept(&vendor, 30 * MINUTE);
    for _ in 0..7 * 24 * 60 {
        let session = sessions.live(soon()).await.expect("a session");
        assert!(session.age() < 30 * MINUTE, "an expired session after {:?}", session.age());
        sleep(MINUTE).await;
    }
    let needed = 7 * 24 * 2;
    assert!(vendor.logins() >= needed, "{}", vendor.logins());
    assert!(vendor.logins() * 2 <= needed * 3, "{} logins where {needed} are needed", vendor.logins());
    assert_eq!(vendor.0.most_under_way.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn a_missing_timeout_becomes_the_configured_one() {
    let vendor = Vendor::default();
    let sessions = kept_with(&vendor, credentials("right"));
    sessions.live(soon()).await.expect("a session");
    sleep(7 * MINUTE).await;
    assert_eq!(vendor.logins(), 1);
    sleep(2 * MINUTE).await;
    assert_eq!(vendor.logins(), 2);
}

#[tokio::test(start_paused = true)]
async fn five_hundred_requests_with_an_ended_session_share_one_login() {
    for takes in [Duration::ZERO, Duration::from_secs(2)] {
        let vendor = Vendor::default();
        let sessions = kept(&vendor, HOUR);
        let session = sessions.live(soon()).await.expect("a session");
        sleep(MINUTE).await;
        vendor.delay_logins(takes);
        let requests: Vec<_> = (0..500)
            .map(|_| {
                let (sessions, generation) = (sessions.clone(), session.generation);
                tokio::spawn(async move { sessions.newer_than(generation, true, soon()).await })
            })
            .collect();
        for request in requests {
            assert!(request.await.unwrap().expect("a newer session").generation > session.generation);
        }
        assert_eq!(vendor.logins(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn permanently_refused_requests_cause_one_login_in_thirty_seconds() {
    let vendor = Vendor::default();
    let sessions = kept(&vendor, HOUR);
    sessions.live(soon()).await.expect("a session");
    sleep(MINUTE).await;
    let before = vendor.logins();
    for _ in 0..1000 {
        let session = sessions.live(soon()).await.expect("a session");
        sessions.newer_than(session.generation, true, soon()).await;
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(vendor.logins() - before, 1, "1,000 refusals within 20 s");
}

#[tokio::test(start_paused = true)]
async fn requests_do_not_make_refused_credentials_be_tried_more_often() {
    let vendor = Vendor::default();
    vendor.refuse(Some(LoginRefusal::WrongCredentials));
    let sessions = kept(&vendor, HOUR);
    assert!(matches!(sessions.live(soon()).await, Err(NotSent::NoSession)));
    for _ in 0..29 * 60 {
        assert!(sessions.live(soon()).await.is_err());
        assert!(sessions.newer_than(0, true, soon()).await.is_none());
        sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(vendor.logins(), 1, "before refused_retry has passed");
    sleep(2 * MINUTE).await;
    assert_eq!(vendor.logins(), 2, "after it has passed");
    sleep(24 * HOUR).await;
    assert!(vendor.logins() <= 10, "{} wrong logins in a day", vendor.logins());
    let status = sessions.status();
    assert!(!status.ever_live && status.refusal == Some(LoginRefusal::WrongCredentials));
}

#[tokio::test(start_paused = true)]
async fn new_credentials_are_tried_at_once() {
    let vendor = Vendor::default();
    vendor.refuse(Some(LoginRefusal::PasswordExpired));
    let sessions = kept(&vendor, HOUR);
    assert!(sessions.live(soon()).await.is_err());
    vendor.refuse(None);
    sessions.replace_credentials(credentials("right"));
    assert!(sessions.live(soon()).await.is_err(), "the same credentials are no news");
    sessions.replace_credentials(credentials("fresh"));
    sessions.live(soon()).await.expect("a session");
    assert_eq!(vendor.logins(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_failed_renewal_keeps_the_old_session() {
    let vendor = Vendor::default();
    let sessions = kept(&vendor, 10 * MINUTE);
    let first = sessions.live(soon()).await.expect("a session");
    for refusal in [LoginRefusal::ClockSkew { ahead_seconds: Some(9) }, LoginRefusal::WrongCredentials] {
        vendor.refuse(Some(refusal));
        sleep(20 * MINUTE).await;
        assert_eq!(sessions.live(soon()).await.expect("the old session").generation, first.generation);
    }
    let status = sessions.status();
    assert!(status.ever_live && status.refusal.is_some(), "ready, with the reason on show");
    vendor.refuse(None);
    sleep(31 * MINUTE).await;
    assert!(sessions.live(soon()).await.expect("a new session").generation > first.generation);
}

#[tokio::test(start_paused = true)]
async fn a_given_session_is_replaced_and_never_renewed() {
    let vendor = Vendor::default();
    let given = |auth_token: &str| Credentials::Given { auth_token: auth_token.into(), secret_code: "code".into() };
    let sessions = kept_with(&vendor, given("one"));
    let session = sessions.live(soon()).await.expect("a session");
    assert!(sessions.newer_than(session.generation, true, soon()).await.is_none());
    sessions.replace_credentials(given("two"));
    let newer = sessions.newer_than(session.generation, false, soon()).await;
    assert!(newer.expect("the new one").generation > session.generation);
    sessions.stop(soon()).await;
    assert_eq!((vendor.logins(), vendor.logouts()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_timeout_that_cannot_be_in_milliseconds_becomes_the_configured_one() {
    for milliseconds in [1, 30, 1440, 1800, 59_999] {
        let vendor = Vendor::default();
        let sessions = kept(&vendor, Duration::from_millis(milliseconds));
        sessions.live(soon()).await.expect("a session");
        sleep(7 * MINUTE).await;
        assert_eq!(vendor.logins(), 1, "{milliseconds}");
        sleep(2 * MINUTE).await;
        assert_eq!((vendor.logins(), vendor.logouts()), (2, 1), "{milliseconds}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_waits_for_the_first_login_until_its_deadline() {
    let vendor = Vendor::default();
    vendor.delay_logins(MINUTE);
    let sessions = kept(&vendor, HOUR);
    let started = Instant::now();
    assert!(matches!(sessions.live(soon()).await, Err(NotSent::NoSession)));
    assert_eq!(started.elapsed(), Duration::from_secs(10));
    sleep(MINUTE).await;
    sessions.live(soon()).await.expect("a session");
}
