//! The admin's credentials.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// The admin's credentials: an existing session, or what is needed to log in.
#[derive(Clone)]
pub enum Credentials {
    /// The pair of an existing session. The gateway never renews it; the operator replaces it.
    Given {
        /// The session's auth token.
        auth_token: SecretString,
        /// The session's secret code.
        secret_code: SecretString,
    },
    /// What `auth/authBasic` requires.
    Login(LoginCredentials),
}

impl Credentials {
    /// Whether `other` has only one half of the same pair. CENTAGATE changes both halves together.
    pub fn shares_half_a_pair_with(&self, other: &Self) -> bool {
        let (Self::Given { auth_token, secret_code }, Self::Given { auth_token: other_token, secret_code: other_code }) =
            (self, other)
        else {
            return false;
        };
        same(auth_token, other_token) != same(secret_code, other_code)
    }
}

/// What `auth/authBasic` requires (vendor's API reference 3.1.1.1).
#[derive(Clone)]
pub struct LoginCredentials {
    /// The admin's password.
    pub password: SecretString,
    /// The integration key of the "Web API" app.
    pub integration_key: SecretString,
    /// The app's secret key: the key of every hmac.
    pub app_secret_key: SecretString,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Given { .. } => "Given(secret)",
            Self::Login(_) => "Login(secret)",
        })
    }
}

impl fmt::Debug for LoginCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoginCredentials(secret)")
    }
}

impl PartialEq for Credentials {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Given { auth_token, secret_code },
                Self::Given { auth_token: other_token, secret_code: other_code },
            ) => same(auth_token, other_token) && same(secret_code, other_code),
            (Self::Login(one), Self::Login(other)) => {
                same(&one.password, &other.password)
                    && same(&one.integration_key, &other.integration_key)
                    && same(&one.app_secret_key, &other.app_secret_key)
            }
            (Self::Given { .. }, Self::Login(_)) | (Self::Login(_), Self::Given { .. }) => false,
        }
    }
}

fn same(one: &SecretString, other: &SecretString) -> bool {
    one.expose_secret() == other.expose_secret()
}
