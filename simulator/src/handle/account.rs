//! The handle's methods for sessions, logins and the clock.

use std::time::Duration;

use super::Simulator;
use crate::{Admin, Login, Obstacle, ReturnCode};

impl Simulator {
    /// Replaces all sessions with this one, which does not expire.
    pub fn set_session(&self, auth_token: impl Into<String>, secret_code: impl Into<String>) {
        self.expire_session();
        self.add_session(auth_token, secret_code);
    }

    /// Adds a session that does not expire. Every live session may sign.
    pub fn add_session(&self, auth_token: impl Into<String>, secret_code: impl Into<String>) {
        self.centagate.state().sessions.add(auth_token.into(), secret_code.into());
    }

    /// Ends all sessions: every cenToken is answered 10001.
    pub fn expire_session(&self) {
        self.centagate.state().sessions.end_all();
    }

    /// How many sessions are live.
    pub fn live_sessions(&self) -> usize {
        self.centagate.state().sessions.live().count()
    }

    /// The newest live session.
    pub fn newest_session(&self) -> Option<Admin> {
        let state = self.centagate.state();
        let session = state.sessions.live().next_back()?;
        Some(Admin {
            username: state.admin.clone(),
            auth_token: session.auth_token.clone(),
            secret_code: session.secret_code.clone(),
        })
    }

    /// How many logins opened a session.
    pub fn logins(&self) -> usize {
        self.centagate.state().account.sessions_opened
    }

    /// Replaces all credentials.
    pub fn set_login(&self, login: Login) {
        self.centagate.state().account.logins = vec![login];
    }

    /// Adds credentials. The older credentials stay valid, as during a rotation.
    pub fn add_login(&self, login: Login) {
        self.centagate.state().account.logins.push(login);
    }

    /// Sets or removes an obstacle to logins with correct credentials.
    pub fn set_obstacle(&self, obstacle: impl Into<Option<Obstacle>>) {
        self.centagate.state().account.obstacle = obstacle.into();
    }

    /// Sets the lifetime of the sessions that later logins open.
    pub fn set_session_timeout(&self, timeout: Duration) {
        self.centagate.state().account.session_timeout = timeout;
    }

    /// Whether the reply to a login contains `sessionTimeout`.
    pub fn set_session_timeout_reported(&self, reported: bool) {
        self.centagate.state().account.report_session_timeout = reported;
    }

    /// Whether a new login ends the older sessions.
    pub fn set_single_session(&self, single: bool) {
        self.centagate.state().account.single_session = single;
    }

    /// Sets the simulator's clock ahead (negative: behind). The `Date` header and the check of timestamps follow it.
    pub fn set_clock_skew_seconds(&self, seconds: i64) {
        self.centagate.state().clock.skew_seconds = seconds;
    }

    /// Sets the reply of `createUser` to a wrong cenToken; see [`Config`](crate::Config::registration_denial).
    pub fn set_registration_denial(&self, code: ReturnCode) {
        self.centagate.state().registration_denial = code;
    }

    /// Sets how many wrong passwords or codes in a row lock a user or an OTP token.
    pub fn set_allowed_attempts(&self, attempts: u32) {
        self.centagate.state().allowed_attempts = attempts;
    }

    /// Whether the admin is locked (22033), as it is after too many wrong passwords in a row.
    pub fn is_locked(&self) -> bool {
        let state = self.centagate.state();
        state.users.get(&state.admin).is_some_and(|admin| admin.locked)
    }

    /// How many wrong passwords were sent since the last login or unlock.
    pub fn wrong_passwords(&self) -> u32 {
        let state = self.centagate.state();
        state.users.get(&state.admin).map_or(0, |admin| admin.failed_attempts)
    }

    /// Unlocks the admin.
    pub fn unlock(&self) {
        self.centagate.unlock_admin();
    }
}
