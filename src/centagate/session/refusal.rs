//! Why CENTAGATE refuses logins, and the fix for each reason.

use std::fmt;
use std::time::Duration;

/// Why CENTAGATE refused a login.
///
/// The codes are those that the vendor's API reference lists for `authBasic`. 22033 is known only from a bank's client.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LoginRefusal {
    /// 23001: unknown or inactive user, or a wrong password.
    WrongCredentials,
    /// 22033: the account is locked.
    AccountLocked,
    /// 23020: the gateway's address is not on the app's list.
    AddressNotTrusted,
    /// 23021: the admin's group may not use the app.
    GroupNotAllowed,
    /// 23022: the hmac is wrong.
    WrongSignature,
    /// 23023: the timestamp is too old or too new.
    ClockSkew {
        /// How many seconds CENTAGATE's clock is ahead of ours (negative: behind), according to the reply's `Date`.
        ahead_seconds: Option<i64>,
    },
    /// 23024: there is no app with this integration key.
    AppNotFound,
    /// Code 0 without a secret code: the admin needs a second factor.
    SecondFactorPending {
        /// The factors that CENTAGATE offers, in its own words.
        auth_methods: String,
    },
    /// Code 0 with `passwordExpired`.
    PasswordExpired,
    /// Code 0 with `useSystemPassword`: CENTAGATE generated the password, and it must be changed first.
    SystemPassword,
    /// Any other code.
    Other(i64),
}

impl LoginRefusal {
    /// The refusal for a `code` other than 0.
    pub(in crate::centagate) fn from_code(code: i64, ahead_seconds: Option<i64>) -> Self {
        match code {
            23001 => Self::WrongCredentials,
            22033 => Self::AccountLocked,
            23020 => Self::AddressNotTrusted,
            23021 => Self::GroupNotAllowed,
            23022 => Self::WrongSignature,
            23023 => Self::ClockSkew { ahead_seconds },
            23024 => Self::AppNotFound,
            other => Self::Other(other),
        }
    }

    /// Whether another attempt with the same credentials is useless and may lock the account.
    pub fn concerns_credentials(&self) -> bool {
        match self {
            Self::WrongCredentials
            | Self::AccountLocked
            | Self::GroupNotAllowed
            | Self::AppNotFound
            | Self::SecondFactorPending { .. }
            | Self::PasswordExpired
            | Self::SystemPassword => true,
            Self::AddressNotTrusted | Self::WrongSignature | Self::ClockSkew { .. } | Self::Other(_) => false,
        }
    }

    /// The refusal as a metric label.
    pub fn label(&self) -> &'static str {
        match self {
            Self::WrongCredentials => "wrong_credentials",
            Self::AccountLocked => "account_locked",
            Self::AddressNotTrusted => "address_not_trusted",
            Self::GroupNotAllowed => "group_not_allowed",
            Self::WrongSignature => "wrong_signature",
            Self::ClockSkew { .. } => "clock_skew",
            Self::AppNotFound => "app_not_found",
            Self::SecondFactorPending { .. } => "second_factor_pending",
            Self::PasswordExpired => "password_expired",
            Self::SystemPassword => "system_password",
            Self::Other(_) => "other",
        }
    }

    /// What an operator must change.
    fn fix(&self) -> &'static str {
        match self {
            Self::WrongCredentials => {
                "check centagate.admin.username and centagate.admin.password; the user must exist and be active"
            }
            Self::AccountLocked => "unlock the admin in CENTAGATE, then check centagate.admin.password",
            Self::AddressNotTrusted => "add the gateway's address to the app's trusted IP list in CENTAGATE",
            Self::GroupNotAllowed => "allow the admin's group to use the app in CENTAGATE",
            Self::WrongSignature => "check centagate.admin.app_secret_key: it must belong to the integration key",
            Self::ClockSkew { .. } => "set this machine's clock and CENTAGATE's by NTP",
            Self::AppNotFound => "check centagate.admin.integration_key: no such app",
            Self::SecondFactorPending { .. } => {
                "put the admin into a group whose two-factor authentication is disabled"
            }
            Self::PasswordExpired => "the admin's password has expired: change it and let it not expire",
            Self::SystemPassword => "the admin still has a system-generated password: change it",
            Self::Other(_) => "see CENTAGATE's return codes",
        }
    }

    fn code(&self) -> i64 {
        match self {
            Self::WrongCredentials => 23001,
            Self::AccountLocked => 22033,
            Self::AddressNotTrusted => 23020,
            Self::GroupNotAllowed => 23021,
            Self::WrongSignature => 23022,
            Self::ClockSkew { .. } => 23023,
            Self::AppNotFound => 23024,
            Self::SecondFactorPending { .. } | Self::PasswordExpired | Self::SystemPassword => 0,
            Self::Other(code) => *code,
        }
    }
}

impl fmt::Display for LoginRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (code {}): {}", self.label(), self.code(), self.fix())?;
        match self {
            Self::ClockSkew { ahead_seconds: Some(seconds) } if *seconds >= 0 => {
                write!(f, "; CENTAGATE's clock is {:?} ahead", Duration::from_secs(seconds.unsigned_abs()))
            }
            Self::ClockSkew { ahead_seconds: Some(seconds) } => {
                write!(f, "; CENTAGATE's clock is {:?} behind", Duration::from_secs(seconds.unsigned_abs()))
            }
            Self::SecondFactorPending { auth_methods } if !auth_methods.is_empty() => {
                write!(f, "; CENTAGATE offers {auth_methods}")
            }
            _ => Ok(()),
        }
    }
}
