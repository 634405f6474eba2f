use std::fmt;

use secrecy::SecretString;

use super::signing::cen_token;

/// A live admin session, as far as requests need it: the cenToken that its pair of auth token and secret code makes.
///
/// The pair itself is not kept: no request carries it.
pub struct Session {
    pub(super) cen_token: SecretString,
}

impl Session {
    /// The session of `admin_username` that `auth_token` and `secret_code` belong to.
    pub fn new(admin_username: &str, auth_token: &SecretString, secret_code: &SecretString) -> Self {
        Self { cen_token: cen_token(secret_code, admin_username, auth_token) }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Session(secret)")
    }
}
