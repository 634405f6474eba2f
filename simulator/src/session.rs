//! The admin's sessions.

use std::time::{Duration, Instant};

use crate::signing;

/// A pair of authToken and secretCode. One that was given has no end.
pub(crate) struct Session {
    pub(crate) auth_token: String,
    pub(crate) secret_code: String,
    end: Option<Instant>,
}

impl Session {
    fn is_live(&self) -> bool {
        self.end.is_none_or(|end| Instant::now() < end)
    }
}

/// The sessions, oldest first: any live one may sign.
#[derive(Default)]
pub(crate) struct Sessions(Vec<Session>);

impl Sessions {
    /// Adds a given session; an empty token is none.
    pub(crate) fn add(&mut self, auth_token: String, secret_code: String) {
        if !auth_token.is_empty() {
            self.0.push(Session { auth_token, secret_code, end: None });
        }
    }

    /// Adds a session that ends this long from now, whether it is used or not.
    pub(crate) fn open(&mut self, auth_token: String, secret_code: String, lifetime: Duration) {
        self.0.retain(Session::is_live);
        self.0.push(Session { auth_token, secret_code, end: Instant::now().checked_add(lifetime) });
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

    /// Whether a live session of this admin made that cenToken.
    pub(crate) fn signed(&self, admin: &str, cen_token: &str) -> bool {
        self.live().any(|session| signing::cen_token(admin, &session.auth_token, &session.secret_code) == cen_token)
    }
}
