//! Logs the admin in and out over HTTP.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tokio::time::Instant;

use super::credentials::LoginCredentials;
use crate::centagate::calls::log_in::{self, AuthApi, Grant, LoginFailure};
use crate::centagate::calls::log_out;
use crate::centagate::contact::Contact;
use crate::centagate::http::{self, HttpClient, Times};
use crate::domain::Username;

/// The maximum time for a login or a logout once it is sent. Some installations take seconds to check a password.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Opens and ends sessions. A trait, so that the keeper's rules can be tested without a network.
pub(in crate::centagate) trait Authenticator: Send + Sync + 'static {
    fn log_in(
        &self,
        credentials: LoginCredentials,
    ) -> impl Future<Output = Result<Grant, LoginFailure>> + Send + 'static;
    fn log_out(
        &self,
        credentials: LoginCredentials,
        auth_token: SecretString,
    ) -> impl Future<Output = ()> + Send + 'static;
}

/// Logs in over HTTP, with a client of its own: a login waits for no other call.
pub(in crate::centagate) struct HttpAuthenticator {
    pub(in crate::centagate) http: HttpClient,
    pub(in crate::centagate) admin_username: Username,
    pub(in crate::centagate) auth_api: AuthApi,
    pub(in crate::centagate) contact: Arc<Contact>,
}

impl Authenticator for HttpAuthenticator {
    fn log_in(
        &self,
        credentials: LoginCredentials,
    ) -> impl Future<Output = Result<Grant, LoginFailure>> + Send + 'static {
        let request = log_in::request(self.auth_api, self.admin_username.as_str(), &credentials);
        let (pool, contact) = (self.http.load(), Arc::clone(&self.contact));
        async move {
            let reply = http::send(&pool, &request, times()).await;
            contact.record(&reply);
            log_in::decode(reply.map_err(LoginFailure::Failed)?)
        }
    }

    fn log_out(
        &self,
        credentials: LoginCredentials,
        auth_token: SecretString,
    ) -> impl Future<Output = ()> + Send + 'static {
        let request = log_out::request(self.admin_username.as_str(), &credentials, &auth_token);
        let pool = self.http.load();
        async move {
            // After a failure, the session ends with its timeout.
            let _ = http::send(&pool, &request, times()).await;
        }
    }
}

/// The times of a login or a logout that begins now.
fn times() -> Times {
    Times { send_by: Instant::now() + TIMEOUT, reply_within: TIMEOUT }
}
