use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::credentials::LoginCredentials;
use super::login::Authenticator;
use super::session::Session;
use crate::centagate::calls::log_in::{Grant, LoginFailure};

/// The longest time for a logout.
const LOGOUT_TIMEOUT: Duration = Duration::from_secs(2);

/// The pause between two checks whether requests still use a session.
pub(super) const IN_USE_POLL: Duration = Duration::from_secs(1);

/// A login under way.
pub(super) type Login = Pin<Box<dyn Future<Output = Result<Grant, LoginFailure>> + Send>>;

/// A session that a login opened, with the credentials that end it.
pub(super) struct Opened {
    pub(super) session: Arc<Session>,
    pub(super) credentials: LoginCredentials,
}

/// Ends sessions in the background, so that none is left behind in CENTAGATE, which limits the sessions of a user.
pub(super) struct Endings<A> {
    authenticator: Arc<A>,
    tasks: JoinSet<()>,
}

impl<A: Authenticator> Endings<A> {
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

    /// Lets a login finish that is no longer wanted, because CENTAGATE may be opening its session already, and logs that
    /// session out.
    pub(super) fn abandon(&mut self, login: Login, credentials: LoginCredentials) {
        let authenticator = Arc::clone(&self.authenticator);
        self.tasks.spawn(async move {
            if let Ok(grant) = login.await {
                log_out(&*authenticator, credentials, grant.auth_token).await;
            }
        });
    }

    /// Waits until one more session is ended; forever if there is none to end.
    pub(super) async fn next(&mut self) {
        if self.tasks.join_next().await.is_none() {
            pending::<()>().await;
        }
    }

    /// Waits until every session is ended.
    pub(super) async fn finish(&mut self) {
        while self.tasks.join_next().await.is_some() {}
    }
}

async fn log_out(authenticator: &impl Authenticator, credentials: LoginCredentials, auth_token: SecretString) {
    // If it fails, the session ends by its own timeout.
    let _ = timeout(LOGOUT_TIMEOUT, authenticator.log_out(credentials, auth_token)).await;
}
