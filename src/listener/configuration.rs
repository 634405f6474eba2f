//! The sections `server` and `management` of the configuration.

use std::path::PathBuf;
use std::time::Duration;

use crate::configuration::{PublicUrl, SettingsFault, Values, gather};

/// The key of [`ServerSettings::request_timeout`].
pub(crate) const REQUEST_TIMEOUT: &str = "server.request_timeout_ms";
const SHUTDOWN: &str = "server.shutdown_ms";

/// The listener for callers, and the limits of a request.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "config/base.toml describes every key")]
pub struct ServerSettings {
    pub host: String,
    pub port: u16,
    pub public_url: Option<PublicUrl>,
    pub tls: Option<TlsFiles>,
    pub workers: usize,
    pub max_body_bytes: usize,
    pub request_timeout: Duration,
    pub keep_alive: Duration,
    pub max_connections: usize,
    pub startup_grace: Duration,
    pub drain: Duration,
    pub shutdown: Duration,
}

impl ServerSettings {
    /// Reads the section `server`.
    pub(crate) fn read(values: &Values) -> Result<Self, SettingsFault> {
        gather!(Self {
            host: values.host("server.host"),
            port: values.number("server.port", 0..=u16::MAX),
            public_url: values.optional_parsed("server.public_url", PublicUrl::EXPECTED, PublicUrl::parse),
            tls: TlsFiles::read_paths(values),
            workers: values.number("server.workers", 0..=1024),
            max_body_bytes: values.number("server.max_body_bytes", 256..=1_048_576),
            request_timeout: request_timeout(values),
            keep_alive: values.milliseconds("server.keep_alive_ms", 0),
            max_connections: values.number("server.max_connections", 1..=1_000_000),
            startup_grace: values.milliseconds("server.startup_grace_ms", 0),
            drain: values.milliseconds("server.drain_ms", 0),
            shutdown: shutdown(values),
        })
    }
}

/// The maximum time for one request.
pub(crate) fn request_timeout(values: &Values) -> Result<Duration, SettingsFault> {
    values.milliseconds(REQUEST_TIMEOUT, 10)
}

fn shutdown(values: &Values) -> Result<Duration, SettingsFault> {
    values.milliseconds(SHUTDOWN, 0)
}

/// Checks that a shutdown can wait for every request. Values that cannot be read are not checked.
pub(crate) fn shutdown_outlasts_requests(values: &Values) -> Result<(), SettingsFault> {
    match (shutdown(values), request_timeout(values)) {
        (Ok(shutdown), Ok(request)) if shutdown < request => {
            Err(SettingsFault::of_key(SHUTDOWN, "must be at least server.request_timeout_ms"))
        }
        _ => Ok(()),
    }
}

/// The listener for health checks and metrics.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "config/base.toml describes every key")]
pub struct ManagementSettings {
    pub host: String,
    pub port: u16,
}

impl ManagementSettings {
    /// Reads the section `management`.
    pub(crate) fn read(values: &Values) -> Result<Self, SettingsFault> {
        gather!(Self { host: values.host("management.host"), port: values.number("management.port", 0..=u16::MAX) })
    }
}

/// The PEM files of the listener's certificate chain and private key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "config/base.toml describes every key")]
pub struct TlsFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl TlsFiles {
    pub(crate) const CERTIFICATE: &str = "server.tls_certificate_file";
    pub(crate) const KEY: &str = "server.tls_key_file";

    /// Reads the paths. Both must be set, or neither.
    pub(crate) fn read_paths(values: &Values) -> Result<Option<Self>, SettingsFault> {
        let path = |key| values.optional_path(key, "the path of a PEM file");
        match gather!(certificate: path(Self::CERTIFICATE), key: path(Self::KEY))? {
            (None, None) => Ok(None),
            (Some(certificate), Some(key)) => Ok(Some(Self { certificate, key })),
            (Some(_), None) => {
                Err(SettingsFault::of_key(Self::KEY, "is missing; it belongs to server.tls_certificate_file"))
            }
            (None, Some(_)) => {
                Err(SettingsFault::of_key(Self::CERTIFICATE, "is missing; it belongs to server.tls_key_file"))
            }
        }
    }
}
