//! The admin's sessions.

use std::time::{Duration, Instant};

use crate::cen_token::cen_token;

/// A pair of authToken and secretCode. A configured session does not expire.
pub(crate) struct Session {
    pub(crate) auth_token: String,
    pub(crate) secret_code: String,
    expiry: Option<Instant>,
}

impl Session {
    fn is_live(&self) -> bool {
        self.expiry.is_none_or(|expiry| Instant::now() < expiry)
    }
}

/// The sessions, oldest first. Every live session may sign.
#[derive(Default)]
pub(crate) struct Sessions(Vec<Session>);

impl Sessions {
    /// Adds a session that does not expire, unless `auth_token` is empty.
    pub(crate) fn add(&mut self, auth_token: String, secret_code: String) {
        if !auth_token.is_empty() {
            self.0.push(Session { auth_token, secret_code, expiry: None });
        }
    }

    /// Adds a session that expires after `lifetime`, whether it is used or not.
    pub(crate) fn open(&mut self, auth_token: String, secret_code: String, lifetime: Duration) {
        self.0.retain(Session::is_live);
        self.0.push(Session { auth_token, secret_code, expiry: Instant::now().checked_add(lifetime) });
    }

    /// Ends the live session with this token; false if there is none.
    pub(crate) fn end(&mut self, auth_token: &str) -> bool {
        self.0.retain(Session::is_live);
        let before = self.0.len();
        self.0.retain(|session| session.auth_token != auth_token);
        self.0.len() < before
    }

    pub(crate) fn end_all(&mut self) {
        self.0.clear();
    }

    pub(crate) fn live(&self) -> impl DoubleEndedIterator<Item = &Session> {
        self.0.iter().filter(|session| session.is_live())
    }

    /// Whether a live session of this admin made the cenToken.
    pub(crate) fn made(&self, admin: &str, token: &str) -> bool {
        self.live().any(|session| cen_token(admin, &session.auth_token, &session.secret_code) == token)
    }
}
