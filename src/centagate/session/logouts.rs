//! Logs out sessions that are no longer needed.

use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::credentials::LoginCredentials;
use super::live_session::Session;
use super::login::Authenticator;
use crate::centagate::calls::log_in::{Grant, LoginFailure};

/// The maximum time for a logout.
const LOGOUT_TIMEOUT: Duration = Duration::from_secs(2);

/// How often to check whether requests still use a session.
pub(super) const IN_USE_POLL: Duration = Duration::from_secs(1);

/// A running login.
pub(super) type Login = Pin<Box<dyn Future<Output = Result<Grant, LoginFailure>> + Send>>;

/// A session that a login opened, with the credentials that end it.
pub(super) struct Opened {
    pub(super) session: Arc<Session>,
    pub(super) credentials: LoginCredentials,
}

/// Logs sessions out in the background. CENTAGATE limits the sessions of a user, so none may be left behind.
pub(super) struct Logouts<A> {
    authenticator: Arc<A>,
    tasks: JoinSet<()>,
}

impl<A: Authenticator> Logouts<A> {
    pub(super) fn new(authenticator: Arc<A>) -> Self {
        Self { authenticator, tasks: JoinSet::new() }
    }

    /// Logs a session out as soon as no request uses it.
    pub(super) fn log_out(&mut self, Opened { session, credentials }: Opened) {
        let authenticator = Arc::clone(&self.authenticator);
        self.tasks.spawn(async move {
            while Arc::strong_count(&session) > 1 {
                sleep(IN_USE_POLL).await;
            }
            log_out(&*authenticator, credentials, session.auth_token.clone()).await;
        });
    }

    /// Waits for a login that is no longer needed, and logs its session out: CENTAGATE may already have opened it.
    pub(super) fn abandon(&mut self, login: Login, credentials: LoginCredentials) {
        let authenticator = Arc::clone(&self.authenticator);
        self.tasks.spawn(async move {
            if let Ok(grant) = login.await {
                log_out(&*authenticator, credentials, grant.auth_token).await;
            }
        });
    }

    /// Waits until the next session has ended. Waits forever if there is none.
    pub(super) async fn next(&mut self) {
        if self.tasks.join_next().await.is_none() {
            pending::<()>().await;
        }
    }

    /// Waits until every session has ended.
    pub(super) async fn finish(&mut self) {
        while self.tasks.join_next().await.is_some() {}
    }
}

async fn log_out(authenticator: &impl Authenticator, credentials: LoginCredentials, auth_token: SecretString) {
    // If the logout fails, the session ends with its timeout.
    let _ = timeout(LOGOUT_TIMEOUT, authenticator.log_out(credentials, auth_token)).await;
}
