//! The admin's account as far as logins are concerned.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::{Login, Obstacle};

/// After so many wrong passwords in a row the account is locked. The documents name no number.
const WRONG_PASSWORDS_ALLOWED: u32 = 5;

/// How far a request's clock may be off. The documents name no window; that of the PKI token is five minutes.
const CLOCK_WINDOW_SECONDS: u64 = 300;

/// Credentials, lock, obstacle, and the clock that logins are held against.
pub(crate) struct Account {
    /// All that are valid: a rotation may have two.
    pub(crate) logins: Vec<Login>,
    pub(crate) obstacle: Option<Obstacle>,
    /// How long a session lives from its login on.
    pub(crate) session_timeout: Duration,
    /// Whether a login's reply says so.
    pub(crate) report_session_timeout: bool,
    /// Whether a new login ends the older sessions.
    pub(crate) single_session: bool,
    /// How far the simulator's clock is ahead of the machine's.
    pub(crate) clock_skew_seconds: i64,
    /// How many logins led to a session.
    pub(crate) sessions_opened: usize,
    wrong_passwords: u32,
}

impl Account {
    pub(crate) fn new(login: Option<Login>, session_timeout: Duration, single_session: bool) -> Self {
        Self {
            logins: login.into_iter().collect(),
            obstacle: None,
            session_timeout,
            report_session_timeout: true,
            single_session,
            clock_skew_seconds: 0,
            sessions_opened: 0,
            wrong_passwords: 0,
        }
    }

    pub(crate) fn is_locked(&self) -> bool {
        self.wrong_passwords >= WRONG_PASSWORDS_ALLOWED
    }

    pub(crate) fn wrong_passwords(&self) -> u32 {
        self.wrong_passwords
    }

    pub(crate) fn note_wrong_password(&mut self) {
        self.wrong_passwords += 1;
    }

    /// Unlocks, and forgets the wrong passwords; so does a login.
    pub(crate) fn unlock(&mut self) {
        self.wrong_passwords = 0;
    }

    /// The simulator's clock.
    pub(crate) fn now(&self) -> SystemTime {
        let skew = Duration::from_secs(self.clock_skew_seconds.unsigned_abs());
        if self.clock_skew_seconds < 0 { SystemTime::now() - skew } else { SystemTime::now() + skew }
    }

    /// The simulator's clock as a unix timestamp.
    pub(crate) fn since_epoch(&self) -> Duration {
        self.now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }

    /// Whether a request's timestamp is near the simulator's clock.
    pub(crate) fn is_timely(&self, timestamp: u64) -> bool {
        timestamp.abs_diff(self.since_epoch().as_secs()) <= CLOCK_WINDOW_SECONDS
    }
}
