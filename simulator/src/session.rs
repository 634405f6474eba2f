//! The admin's sessions.

use crate::signing;

/// A pair of authToken and secretCode.
pub(crate) struct Session {
    auth_token: String,
    secret_code: String,
}

/// All live sessions: any of them may sign.
#[derive(Default)]
pub(crate) struct Sessions(Vec<Session>);

impl Sessions {
    /// Adds a session; an empty token is none.
    pub(crate) fn add(&mut self, auth_token: String, secret_code: String) {
        if !auth_token.is_empty() {
            self.0.push(Session { auth_token, secret_code });
        }
    }

    pub(crate) fn end_all(&mut self) {
        self.0.clear();
    }

    /// Whether a live session of this admin made that cenToken.
    pub(crate) fn signed(&self, admin: &str, cen_token: &str) -> bool {
        self.0.iter().any(|session| signing::cen_token(admin, &session.auth_token, &session.secret_code) == cen_token)
    }
}
