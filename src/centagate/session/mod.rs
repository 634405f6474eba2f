//! The admin session: its value, how it is opened, and who keeps it alive.

mod credentials;
mod endings;
#[cfg(test)]
mod endings_tests;
mod keeper;
#[cfg(test)]
mod keeper_tests;
mod login;
mod refusal;
mod renewal;
mod sessions;

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use secrecy::SecretString;
use tokio::time::Instant;

pub use credentials::{Credentials, LoginCredentials};
pub use keeper::SessionKeeper;
pub(super) use keeper::{KeeperOptions, jitter, keep};
pub use login::AuthApi;
pub(super) use login::HttpAuthenticator;
pub use refusal::LoginRefusal;
pub(super) use sessions::Sessions;
pub use sessions::{SessionEvents, SessionStatus};

use super::signing::cen_token;
use crate::domain::milliseconds;

/// A live admin session, as far as requests need it: the cenToken that its pair of auth token and secret code makes.
///
/// The pair changes as one immutable value, so that a request never signs with halves of two sessions.
pub struct Session {
    pub(super) cen_token: SecretString,
    /// Counts up with every session of this process; a refused request names the one it was signed with.
    pub(super) generation: u64,
    /// For the logout.
    auth_token: SecretString,
    obtained_at: Instant,
    /// How long it lives; unknown for a given session.
    timeout: Option<Duration>,
    /// Milliseconds after `obtained_at` at which a call last succeeded.
    last_success_ms: AtomicU64,
    /// Whether it was found to have ended before its timeout.
    lost_early: AtomicBool,
}

impl Session {
    /// The session of `admin_username` that `auth_token` and `secret_code` belong to.
    pub(super) fn new(
        generation: u64,
        admin_username: &str,
        auth_token: SecretString,
        secret_code: &SecretString,
        timeout: Option<Duration>,
    ) -> Self {
        Self {
            cen_token: cen_token(secret_code, admin_username, &auth_token),
            generation,
            auth_token,
            obtained_at: Instant::now(),
            timeout,
            last_success_ms: AtomicU64::new(0),
            lost_early: AtomicBool::new(false),
        }
    }

    /// How long this process has had the session.
    pub(super) fn age(&self) -> Duration {
        self.obtained_at.elapsed()
    }

    /// Notes that a call with this session has just succeeded.
    pub(super) fn succeeded(&self) {
        self.last_success_ms.fetch_max(milliseconds(self.age()), Ordering::Relaxed);
    }

    /// Notes that CENTAGATE no longer takes the session; whether that is the first news of an end before its timeout.
    pub(super) fn is_lost_early(&self) -> bool {
        self.timeout.is_some_and(|timeout| self.age() < timeout) && !self.lost_early.swap(true, Ordering::Relaxed)
    }

    /// How long ago a call with this session last succeeded, or its age where none has.
    pub(super) fn unproven_for(&self) -> Duration {
        self.age().saturating_sub(Duration::from_millis(self.last_success_ms.load(Ordering::Relaxed)))
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({})", self.generation)
    }
}
