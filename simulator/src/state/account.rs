//! The admin's account: the credentials, and the settings of sessions. The lock is part of the admin's
//! [`User`](super::User).

use std::time::Duration;

use super::{Login, Obstacle};

/// Credentials, obstacle and the settings for sessions.
pub(crate) struct Account {
    /// All valid credentials: during a rotation there may be two.
    pub(crate) logins: Vec<Login>,
    pub(crate) obstacle: Option<Obstacle>,
    /// How long a session lives after its login.
    pub(crate) session_timeout: Duration,
    /// Whether the reply to a login contains `sessionTimeout`.
    pub(crate) report_session_timeout: bool,
    /// Whether a new login ends the older sessions.
    pub(crate) single_session: bool,
    /// How many logins opened a session.
    pub(crate) sessions_opened: usize,
}

impl Account {
    pub(crate) fn new(login: Option<Login>, session_timeout: Duration, single_session: bool) -> Self {
        Self {
            logins: login.into_iter().collect(),
            obstacle: None,
            session_timeout,
            report_session_timeout: true,
            single_session,
            sessions_opened: 0,
        }
    }
}
