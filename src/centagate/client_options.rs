use std::time::Duration;

use url::Url;

use super::Trust;
use super::http::HttpOptions;
use super::session::{AuthApi, Credentials};
use crate::domain::{CallerShare, Username};

/// How to reach CentagateWS, and as whom.
#[derive(Debug)]
pub struct ClientOptions {
    /// Scheme, host and port, without a path.
    pub base_url: Url,
    /// The longest time for a whole call, connecting included.
    pub request_timeout: Duration,
    /// The most calls under way at once; as many times 16 may wait.
    pub max_in_flight: usize,
    /// How much of that one caller may have.
    pub caller_share: CallerShare,
    /// How connections are made.
    pub http: HttpOptions,
    /// Which server certificates are taken.
    pub trust: Trust,
    /// The admin whose session signs every call.
    pub admin_username: Username,
    /// What the session comes from.
    pub credentials: Credentials,
    /// Where the admin logs in.
    pub auth_api: AuthApi,
    /// How long a session lives where CENTAGATE does not say.
    pub default_session_timeout: Duration,
    /// The least wait before credentials that were refused are tried again.
    pub refused_retry: Duration,
}
