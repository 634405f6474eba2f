//! How to reach CENTAGATE, and as which admin.

use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use super::credentials;
use super::trust::TrustSettings;
use crate::centagate::{AuthApi, ClientOptions, Credentials, HttpOptions};
use crate::configuration::{SettingsFault, Values, gather, is_loopback, plain_url};
use crate::domain::{CallerShare, Username};

const BASE_URL: &str = "centagate.base_url";

/// How to reach CENTAGATE, and as which admin.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "config/base.toml describes every key")]
pub struct CentagateSettings {
    pub base_url: Url,
    pub connect_timeout: Duration,
    pub request_timeout: Duration,
    pub max_in_flight: usize,
    pub undocumented_calls: bool,
    pub proxy_url: Option<SecretString>,
    pub auth_api: AuthApi,
    pub trust: TrustSettings,
    pub admin: AdminSettings,
    pub session: SessionSettings,
}

/// The admin whose session signs every call.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "config/base.toml describes every key")]
pub struct AdminSettings {
    pub username: Username,
    pub credentials: Credentials,
}

/// The lifetime and the renewal of the admin's session.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "config/base.toml describes every key")]
pub struct SessionSettings {
    pub default_timeout: Duration,
    pub refused_retry: Duration,
}

impl CentagateSettings {
    /// Reads the sections `centagate` and `session`.
    pub(crate) fn read(values: &Values) -> Result<Self, SettingsFault> {
        gather!(Self {
            base_url: base_url(values),
            connect_timeout: connect_timeout(values),
            request_timeout: request_timeout(values),
            max_in_flight: values.number("centagate.max_in_flight", 1..=100_000),
            undocumented_calls: values.flag("centagate.undocumented_calls"),
            proxy_url: proxy_url(values),
            auth_api: values.parsed("centagate.auth_api", "v1 or v2", |text| match text {
                "v1" => Some(AuthApi::V1),
                "v2" => Some(AuthApi::V2),
                _ => None,
            }),
            trust: TrustSettings::read_paths(values),
            admin: gather!(AdminSettings {
                username: values
                    .parsed("centagate.admin.username", "the admin's user name", |name| Username::parse(name).ok()),
                credentials: credentials::read(values),
            }),
            session: gather!(SessionSettings {
                default_timeout: values.seconds("session.default_timeout_seconds", 1),
                refused_retry: values.seconds("session.refused_retry_seconds", 1),
            }),
        })
    }

    /// Makes the client's options.
    ///
    /// # Errors
    /// If a certificate file cannot be used.
    pub(crate) fn client_options(&self, caller_share: &CallerShare) -> Result<ClientOptions, SettingsFault> {
        Ok(ClientOptions {
            base_url: self.base_url.clone(),
            request_timeout: self.request_timeout,
            max_in_flight: self.max_in_flight,
            caller_share: caller_share.clone(),
            http: HttpOptions { connect_timeout: self.connect_timeout, proxy_url: self.proxy_url.clone() },
            trust: self.trust.load()?,
            admin_username: self.admin.username.clone(),
            credentials: self.admin.credentials.clone(),
            auth_api: self.auth_api,
            default_session_timeout: self.session.default_timeout,
            refused_retry: self.session.refused_retry,
        })
    }
}

/// The maximum time to connect.
pub(crate) fn connect_timeout(values: &Values) -> Result<Duration, SettingsFault> {
    values.milliseconds("centagate.connect_timeout_ms", 1)
}

/// The maximum time for CENTAGATE's reply.
pub(crate) fn request_timeout(values: &Values) -> Result<Duration, SettingsFault> {
    values.milliseconds("centagate.request_timeout_ms", 1)
}

/// Must be https. Plain http is allowed to this machine, or with `centagate.allow_http`.
fn base_url(values: &Values) -> Result<Url, SettingsFault> {
    let (url, allow_http) = gather!(
        url: values.parsed(BASE_URL, "https://host[:port] without a path", |text| {
            plain_url(text).filter(|url| url.path() == "/")
        }),
        allow_http: values.flag("centagate.allow_http"),
    )?;
    if url.scheme() == "http" && !is_loopback(&url) && !allow_http {
        return Err(SettingsFault::of_key(
            BASE_URL,
            "plain http would show the admin's session to the network; use https, or set centagate.allow_http = true",
        ));
    }
    Ok(url)
}

/// Is a secret, because it can contain a password.
fn proxy_url(values: &Values) -> Result<Option<SecretString>, SettingsFault> {
    values.optional_parsed("centagate.proxy_url", "http(s)://[user:password@]host[:port]", |text| {
        let url = Url::parse(text).ok()?;
        (matches!(url.scheme(), "http" | "https") && url.has_host()).then(|| text.into())
    })
}
