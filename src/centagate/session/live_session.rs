//! An admin session: the cenToken that signs each call, and when a call last succeeded with it.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use secrecy::SecretString;
use tokio::time::Instant;

use crate::centagate::return_code::ReturnCode;
use crate::centagate::signing::cen_token;
use crate::domain::milliseconds;

/// A live admin session.
///
/// The auth token and the secret code change together, as one immutable value: no request can mix the halves of two
/// sessions.
pub struct Session {
    pub(in crate::centagate) cen_token: SecretString,
    /// The number of this session within the process. A refused call names the session that signed it.
    pub(in crate::centagate) generation: u64,
    /// For the logout.
    pub(super) auth_token: SecretString,
    obtained_at: Instant,
    /// Its lifetime; unknown for a given session.
    timeout: Option<Duration>,
    /// When a call last succeeded, in milliseconds after `obtained_at`; 0 if none has.
    last_success_ms: AtomicU64,
    /// The code with which CENTAGATE refused it since the last success; 0 if it did not.
    refusal: AtomicI64,
    /// Whether CENTAGATE ended it before its timeout.
    lost_early: AtomicBool,
}

impl Session {
    /// The session of `admin_username` with this pair of `auth_token` and `secret_code`.
    pub(in crate::centagate) fn new(
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
            refusal: AtomicI64::new(0),
            lost_early: AtomicBool::new(false),
        }
    }

    /// How long this process has had the session.
    pub(in crate::centagate) fn age(&self) -> Duration {
        self.obtained_at.elapsed()
    }

    /// Records that a call with this session has just succeeded.
    pub(in crate::centagate) fn succeeded(&self) {
        self.last_success_ms.fetch_max(milliseconds(self.age()).max(1), Ordering::Relaxed);
        if self.refusal.load(Ordering::Relaxed) != 0 {
            self.refusal.store(0, Ordering::Relaxed);
        }
    }

    /// Records that CENTAGATE refused a call with a code that may mean that the session has ended.
    pub(in crate::centagate) fn refused_with(&self, code: ReturnCode) {
        self.refusal.store(code.get(), Ordering::Relaxed);
    }

    /// The code of the last refusal, unless a call has succeeded since.
    pub(super) fn refusal(&self) -> Option<i64> {
        Some(self.refusal.load(Ordering::Relaxed)).filter(|code| *code != 0)
    }

    /// Whether it was given in the configuration and no call has succeeded with it yet.
    pub(super) fn is_untested(&self) -> bool {
        self.timeout.is_none() && self.last_success_ms.load(Ordering::Relaxed) == 0
    }

    /// Records that CENTAGATE refuses the session. Returns `true` the first time, if the session should still be alive.
    pub(in crate::centagate) fn record_early_loss(&self) -> bool {
        self.timeout.is_some_and(|timeout| self.age() < timeout) && !self.lost_early.swap(true, Ordering::Relaxed)
    }

    /// The time since a call last succeeded with this session, or its age if none has.
    pub(in crate::centagate) fn unproven_for(&self) -> Duration {
        self.age().saturating_sub(Duration::from_millis(self.last_success_ms.load(Ordering::Relaxed)))
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({})", self.generation)
    }
}
