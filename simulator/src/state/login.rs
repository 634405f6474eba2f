//! The credentials for a login, and the obstacles to it.

use std::fmt;

use serde::Deserialize;

use crate::credential;

/// The credentials for a login (`contract.md` §2, *login*).
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Login {
    /// The admin's password.
    pub password: String,
    /// The identifier of the "Web API" app.
    pub integration_key: String,
    /// The app's secret key, which is the key of the hmac.
    pub app_secret_key: String,
}

impl Login {
    /// Fresh random credentials in the formats of `wire-facts.md` section 2.1.
    pub fn fresh() -> Self {
        Self {
            password: credential::password(),
            integration_key: credential::integration_key(),
            app_secret_key: credential::app_secret_key(),
        }
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").finish_non_exhaustive()
    }
}

/// A reason why a login with correct credentials opens no session (`wire-facts.md` sections 2.4 and 3.1).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Obstacle {
    /// 23020: the sender's address is not on the app's list. Applies to logout, too.
    UntrustedAddress,
    /// 23021: the admin's group may not use the app.
    GroupNotAllowed,
    /// Code 0 with an empty `secretCode`: another factor is required.
    SecondFactor {
        /// The accepted factors, separated by commas, for example `OTP,PKI`.
        auth_methods: String,
    },
    /// Code 0 with an empty `secretCode` and `passwordExpired` `1`.
    PasswordExpired,
    /// Code 0 with an empty `secretCode` and `useSystemPassword` `1`.
    SystemPassword,
}
