//! What the configuration is read into. What each value means stands in `config/base.toml` beside its default.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use super::{JwtSettings, PublicUrl, Sources};
use crate::audit::AuditSink;
use crate::centagate::{AuthApi, Credentials};
use crate::domain::{Text, Username};
use crate::store::{RedisOptions, SealKeys};
use crate::telemetry::LogFilter;

/// Everything that can be configured. What each value means stands in `config/base.toml` beside its default.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "config/base.toml describes every key")]
pub struct Settings {
    pub server: ServerSettings,
    pub management: ManagementSettings,
    pub centagate: CentagateSettings,
    pub session: SessionSettings,
    pub callers_file: Option<PathBuf>,
    pub jwt: Option<JwtSettings>,
    pub rate_limit: RateLimitSettings,
    pub idempotency: IdempotencySettings,
    pub audit: AuditSettings,
    pub users: UserSettings,
    pub docs_enabled: bool,
    pub secrets_poll: Duration,
    pub telemetry: TelemetrySettings,
    /// Where all this was read from, to read the secrets again.
    pub(crate) sources: Sources,
}

/// The files that the configuration names, as far as their keys can be read.
pub(crate) struct NamedFiles {
    pub(crate) callers_file: Option<PathBuf>,
    /// Whether JWTs are configured, correctly or not.
    pub(crate) takes_tokens: bool,
    pub(crate) jwt: Option<JwtSettings>,
    pub(crate) trust: Option<TrustSettings>,
    pub(crate) tls: Option<TlsFiles>,
}

/// The listener for callers and its limits.
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
    pub drain: Duration,
    pub shutdown: Duration,
}

/// The listener for health and metrics.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "config/base.toml describes every key")]
pub struct ManagementSettings {
    pub host: String,
    pub port: u16,
}

/// How to reach CENTAGATE and as whom.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "config/base.toml describes every key")]
pub struct CentagateSettings {
    pub base_url: Url,
    pub connect_timeout: Duration,
    pub request_timeout: Duration,
    pub max_in_flight: usize,
    pub proxy_url: Option<SecretString>,
    pub auth_api: AuthApi,
    pub trust: TrustSettings,
    pub admin: AdminSettings,
}

/// Where the certificates stand that are taken for CENTAGATE's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrustSettings {
    /// In the operating system's store.
    Public,
    /// In this file: certificates of private CAs.
    PrivateCa(PathBuf),
    /// In this file: the server's own certificate.
    Pinned(PathBuf),
}

impl TrustSettings {
    pub(crate) const CA: &str = "centagate.ca_certificate_file";
    pub(crate) const PINNED: &str = "centagate.pinned_certificate_file";
}

/// The admin and what its session comes from.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "config/base.toml describes every key")]
pub struct AdminSettings {
    pub username: Username,
    pub credentials: Credentials,
}

/// Opening and renewing the admin's session.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "config/base.toml describes every key")]
pub struct SessionSettings {
    pub default_timeout: Duration,
    pub refused_retry: Duration,
}

/// How much a caller may do in a time; nothing: as much as it wants.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "config/base.toml describes every key")]
pub struct RateLimitSettings {
    pub requests_per_minute: Option<NonZeroU32>,
    pub burst: NonZeroU32,
    pub otp_tokens_per_user_per_hour: Option<NonZeroU32>,
}

/// What is remembered of requests with an `Idempotency-Key`.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "config/base.toml describes every key")]
pub struct IdempotencySettings {
    pub ttl: Duration,
    pub store: StoreSettings,
}

/// Where that is kept.
#[derive(Clone, Debug)]
pub enum StoreSettings {
    /// In this process.
    Memory {
        /// The most records at once.
        max_keys: usize,
    },
    /// In a Redis that all replicas share.
    Redis {
        /// How to reach it.
        options: RedisOptions,
        /// What seals the records.
        seal_keys: SealKeys,
    },
}

/// Where the audit trail goes.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "config/base.toml describes every key")]
pub struct AuditSettings {
    pub sink: AuditSink,
    pub fsync: bool,
}

/// What users get that a caller leaves out.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "config/base.toml describes every key")]
pub struct UserSettings {
    pub default_group: Option<Text>,
    pub default_app: Option<Text>,
}

/// Logs and traces.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "config/base.toml describes every key")]
pub struct TelemetrySettings {
    pub log_format: LogFormat,
    pub log_filter: LogFilter,
    pub otlp_endpoint: Option<Url>,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object per line, for machines.
    Json,
    /// Coloured text, for people.
    Pretty,
}

/// The files of the listener's certificate chain and its key, both PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "config/base.toml describes every key")]
pub struct TlsFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl TlsFiles {
    pub(crate) const CERTIFICATE: &str = "server.tls_certificate_file";
    pub(crate) const KEY: &str = "server.tls_key_file";
}
