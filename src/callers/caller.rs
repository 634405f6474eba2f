use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use wildmatch::WildMatch;

use super::Scope;
use crate::domain::{OtpTokenStatus, Text, Username};

/// Who sends a request, and what it may do.
#[derive(Debug)]
pub struct Caller {
    /// The caller's name, for logs; two credentials may share it while one replaces the other.
    pub name: Arc<str>,
    pub(super) rights: Rights,
    pub(super) expires_at: Option<Timestamp>,
}

/// What a caller may do: its scopes, and what narrows them.
#[derive(Debug, Default)]
pub(super) struct Rights {
    pub(super) scopes: Vec<Scope>,
    /// The groups that it may register users in; any without this.
    pub(super) groups: Option<Vec<String>>,
    /// The users that it may register, read, or register OTP tokens for, as patterns with `*` and `?`; any without this.
    pub(super) target_usernames: Option<Vec<WildMatch>>,
    /// The states that it may register OTP tokens in; any without this.
    pub(super) otp_token_statuses: Option<Vec<OtpTokenStatus>>,
}

/// The right that a caller lacks. Its `Display` is fit for the caller and holds nothing that it sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// A scope.
    Scope(Scope),
    /// The group of the new user is not among the caller's `groups`.
    Group,
    /// The user does not match the caller's `target_usernames`.
    TargetUsername,
    /// The state of the new OTP token is not among the caller's `otp_token_statuses`.
    OtpTokenStatus,
}

impl Caller {
    /// Whether the caller has the right that `scope` gives.
    ///
    /// # Errors
    /// If it has not.
    pub fn allows_scope(&self, scope: Scope) -> Result<(), Lack> {
        if self.rights.scopes.contains(&scope) { Ok(()) } else { Err(Lack::Scope(scope)) }
    }

    /// Whether the caller may create users in `group`.
    ///
    /// # Errors
    /// If it may not.
    pub fn allows_group(&self, group: &Text) -> Result<(), Lack> {
        match &self.rights.groups {
            Some(groups) if !groups.iter().any(|allowed| allowed == group.as_str()) => Err(Lack::Group),
            _ => Ok(()),
        }
    }

    /// Whether the caller may give a token this `status`.
    ///
    /// # Errors
    /// If it may not.
    pub fn allows_otp_token_status(&self, status: OtpTokenStatus) -> Result<(), Lack> {
        match &self.rights.otp_token_statuses {
            Some(statuses) if !statuses.contains(&status) => Err(Lack::OtpTokenStatus),
            _ => Ok(()),
        }
    }

    /// Whether the caller may act on the user called `username`, given the scope for what it does.
    ///
    /// # Errors
    /// If it may not.
    pub fn allows_target(&self, username: &Username) -> Result<(), Lack> {
        match &self.rights.target_usernames {
            Some(patterns) if !patterns.iter().any(|pattern| pattern.matches(username.as_str())) => {
                Err(Lack::TargetUsername)
            }
            _ => Ok(()),
        }
    }

    pub(super) fn has_expired(&self) -> bool {
        self.expires_at.is_some_and(|end| Timestamp::now() >= end)
    }
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scope(scope) => write!(f, "The caller lacks the scope {}.", scope.as_str()),
            Self::Group => f.write_str("The caller may not register users in this group (groups)."),
            Self::TargetUsername => f.write_str("The caller may not act on this user (target_usernames)."),
            Self::OtpTokenStatus => {
                f.write_str("The caller may not register OTP tokens in this state (otp_token_statuses).")
            }
        }
    }
}
