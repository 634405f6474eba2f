//! The admin whose sessions sign the calls.

use std::fmt;

use crate::credential;

/// An admin with a session that needs no login (`contract.md` §2, *given*). An empty `auth_token` means no such session.
#[derive(Clone, PartialEq, Eq)]
pub struct Admin {
    /// The username in the path and in the signed text.
    pub username: String,
    /// The session's token, the second part of the signed text.
    pub auth_token: String,
    /// The key of the HMAC.
    pub secret_code: String,
}

impl Admin {
    /// An admin with fresh random session secrets in CENTAGATE's formats.
    pub fn with_fresh_session(username: impl Into<String>) -> Self {
        Self { username: username.into(), auth_token: credential::auth_token(), secret_code: credential::secret_code() }
    }
}

impl fmt::Debug for Admin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admin").field("username", &self.username).finish_non_exhaustive()
    }
}
