//! Options of the client.

use std::time::Duration;

use url::Url;

use super::calls::log_in::AuthApi;
use super::http::{HttpOptions, Trust};
use super::session::Credentials;
use crate::domain::{CallerShare, Username};

/// How to reach CentagateWS, and which admin to use.
#[derive(Debug)]
pub struct ClientOptions {
    /// Scheme, host and port, without a path.
    pub base_url: Url,
    /// The maximum time for a call, without the time to connect.
    pub request_timeout: Duration,
    /// The maximum number of concurrent calls. 16 times as many requests may wait.
    pub max_in_flight: usize,
    /// The share of these that one caller may use.
    pub caller_share: CallerShare,
    /// How to connect.
    pub http: HttpOptions,
    /// The trusted server certificates.
    pub trust: Trust,
    /// The admin whose session signs every call.
    pub admin_username: Username,
    /// The source of the session.
    pub credentials: Credentials,
    /// The version of the login API.
    pub auth_api: AuthApi,
    /// The lifetime of a session if CENTAGATE does not state it.
    pub default_session_timeout: Duration,
    /// The minimum pause before refused credentials are tried again.
    pub refused_retry: Duration,
}
