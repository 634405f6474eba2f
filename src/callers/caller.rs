//! A caller and its rights.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use wildmatch::WildMatch;

use super::scope::Scope;
use crate::domain::{OtpTokenStatus, Text, Username};

/// An authenticated client of the gateway.
#[derive(Debug)]
pub struct Caller {
    /// The caller's name in logs and the audit trail. During a rotation, two credentials have the same name.
    pub name: Arc<str>,
    pub(super) rights: Rights,
    pub(super) expires_at: Option<Timestamp>,
}

/// What a caller may do: its scopes, and the limits on their use. A limit that is `None` allows everything.
#[derive(Debug, Default)]
pub(super) struct Rights {
    pub(super) scopes: Vec<Scope>,
    /// The groups in which the caller may create users.
    pub(super) groups: Option<Vec<String>>,
    /// The users that the caller may act on, as patterns with `*` and `?`.
    pub(super) target_usernames: Option<Vec<WildMatch>>,
    /// The statuses that the caller may give to tokens.
    pub(super) otp_token_statuses: Option<Vec<OtpTokenStatus>>,
}

/// A right that a caller lacks. Its `Display` can be shown to the caller. It contains no input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// The caller does not have this scope.
    Scope(Scope),
    /// The group is not in the caller's `groups`.
    Group,
    /// The user name matches none of the caller's `target_usernames`.
    TargetUsername,
    /// The status is not in the caller's `otp_token_statuses`.
    OtpTokenStatus,
}

impl Caller {
    /// Returns whether callers can have this name.
    pub(crate) fn is_valid_name(name: &str) -> bool {
        Text::parse(name).is_ok()
    }

    /// Checks that the caller has `scope`.
    ///
    /// # Errors
    /// [`Lack::Scope`].
    pub fn allows_scope(&self, scope: Scope) -> Result<(), Lack> {
        check(self.rights.scopes.contains(&scope), Lack::Scope(scope))
    }

    /// Checks that the caller may act on the user called `username`.
    ///
    /// # Errors
    /// [`Lack::TargetUsername`].
    pub fn allows_target(&self, username: &Username) -> Result<(), Lack> {
        let is_match = |patterns: &Vec<WildMatch>| patterns.iter().any(|pattern| pattern.matches(username.as_str()));
        check(self.rights.target_usernames.as_ref().is_none_or(is_match), Lack::TargetUsername)
    }

    /// Checks that the caller may create users in `group`.
    ///
    /// # Errors
    /// [`Lack::Group`].
    pub fn allows_group(&self, group: &Text) -> Result<(), Lack> {
        let contains = |groups: &Vec<String>| groups.iter().any(|allowed| allowed == group.as_str());
        check(self.rights.groups.as_ref().is_none_or(contains), Lack::Group)
    }

    /// Checks that the caller may register a token with `status`, or give a token this status.
    ///
    /// # Errors
    /// [`Lack::OtpTokenStatus`].
    pub fn allows_otp_token_status(&self, status: OtpTokenStatus) -> Result<(), Lack> {
        let contains = |statuses: &Vec<OtpTokenStatus>| statuses.contains(&status);
        check(self.rights.otp_token_statuses.as_ref().is_none_or(contains), Lack::OtpTokenStatus)
    }

    pub(super) fn has_expired(&self) -> bool {
        self.expires_at.is_some_and(|end| Timestamp::now() >= end)
    }
}

fn check(is_allowed: bool, lack: Lack) -> Result<(), Lack> {
    if is_allowed { Ok(()) } else { Err(lack) }
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scope(scope) => write!(f, "The caller lacks the scope {}.", scope.as_str()),
            Self::Group => f.write_str("The caller may not register users in this group (groups)."),
            Self::TargetUsername => f.write_str("The caller may not act on this user (target_usernames)."),
            Self::OtpTokenStatus => f.write_str("The caller may not give a token this status (otp_token_statuses)."),
        }
    }
}
