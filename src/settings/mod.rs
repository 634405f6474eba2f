//! The configuration: layers of files, environment variables and secret files, read once into typed settings.

mod address;
mod credentials;
mod fault;
mod idempotency;
mod identity;
mod keys;
mod model;
mod reader;
mod secret_files;
#[cfg(test)]
mod settings_tests;
mod sources;

use std::fmt::Write as _;
use std::num::NonZeroU32;
use std::path::PathBuf;

pub use address::PublicUrl;
pub use fault::SettingsFault;
pub use identity::{JwksSource, JwksUrl, JwtSettings, ScopeClaim};
pub use model::*;
use reader::Reader;
pub use sources::Sources;
pub(crate) use sources::toml_position;

use crate::audit::AuditSink;
use crate::centagate::AuthApi;
use crate::domain::{Text, Username};
use crate::telemetry::LogFilter;

impl Settings {
    /// Reads and checks the configuration.
    ///
    /// # Errors
    /// The first fault: an unknown key, a missing or bad value, or values that contradict each other.
    pub fn load(sources: &Sources) -> Result<Self, SettingsFault> {
        let reader = Reader { found: sources.collect()? };
        let settings = Self::read(&reader, sources)?;
        settings.check()?;
        Ok(settings)
    }

    /// Reads where the management listener is and nothing else: a fault elsewhere is not its business.
    ///
    /// # Errors
    /// An unreadable layer, or a missing or bad value of these keys.
    pub fn load_management(sources: &Sources) -> Result<ManagementSettings, SettingsFault> {
        let sources = Sources { secrets_dir: None, ..sources.clone() };
        Self::read_management(&Reader { found: sources.collect()? })
    }

    /// Reads the log's filter and nothing else, to change it while the gateway runs.
    ///
    /// # Errors
    /// A file or variable that cannot be used, or a bad filter.
    pub(crate) fn load_log_filter(sources: &Sources) -> Result<LogFilter, SettingsFault> {
        let sources = Sources { secrets_dir: None, ..sources.clone() };
        Self::read_log_filter(&Reader { found: sources.collect()? })
    }

    /// Each key with its effective value and the layer that it comes from, a line each; secrets as `set` or `missing`.
    ///
    /// # Errors
    /// If a layer cannot be read.
    pub fn describe(sources: &Sources) -> Result<String, SettingsFault> {
        let found = sources.collect()?;
        Ok(keys::KEYS.iter().fold(String::new(), |mut lines, key| {
            let _ = match (found.get(key.name), key.secret) {
                (Some(found), true) => writeln!(lines, "{} = set ({})", key.name, found.layer),
                (None, true) => writeln!(lines, "{} = missing", key.name),
                (Some(found), false) => writeln!(lines, "{} = {} ({})", key.name, found.value, found.layer),
                (None, false) => writeln!(lines, "{} is not set", key.name),
            };
            lines
        }))
    }

    fn read(reader: &Reader, sources: &Sources) -> Result<Self, SettingsFault> {
        let text = |text: &str| Text::parse(text).ok();
        let jwt = identity::jwt(reader)?;
        Ok(Self {
            server: ServerSettings {
                host: address::host(reader, "server.host")?,
                port: reader.number("server.port", 0..=u16::MAX)?,
                public_url: reader.optional_parsed("server.public_url", PublicUrl::EXPECTED, PublicUrl::parse)?,
                tls: Self::read_listener_tls(reader)?,
                workers: reader.number("server.workers", 0..=1024)?,
                max_body_bytes: reader.number("server.max_body_bytes", 256..=1_048_576)?,
                request_timeout: reader.milliseconds("server.request_timeout_ms", 10)?,
                keep_alive: reader.milliseconds("server.keep_alive_ms", 0)?,
                max_connections: reader.number("server.max_connections", 1..=1_000_000)?,
                drain: reader.milliseconds("server.drain_ms", 0)?,
                shutdown: reader.milliseconds("server.shutdown_ms", 0)?,
            },
            management: Self::read_management(reader)?,
            centagate: CentagateSettings {
                base_url: address::base_url(reader)?,
                connect_timeout: reader.milliseconds("centagate.connect_timeout_ms", 1)?,
                request_timeout: reader.milliseconds("centagate.request_timeout_ms", 1)?,
                max_in_flight: reader.number("centagate.max_in_flight", 1..=100_000)?,
                proxy_url: address::proxy_url(reader)?,
                auth_api: reader.parsed("centagate.auth_api", "v1 or v2", |text| match text {
                    "v1" => Some(AuthApi::V1),
                    "v2" => Some(AuthApi::V2),
                    _ => None,
                })?,
                trust: Self::read_trust(reader)?,
                admin: AdminSettings {
                    username: reader.parsed("centagate.admin.username", "the admin's user name", |name| {
                        Username::parse(name).ok()
                    })?,
                    credentials: credentials::read(reader)?,
                },
            },
            session: SessionSettings {
                default_timeout: reader.seconds("session.default_timeout_seconds", 1)?,
                refused_retry: reader.seconds("session.refused_retry_seconds", 1)?,
            },
            callers_file: identity::callers_file(reader, jwt.as_ref())?,
            jwt,
            rate_limit: RateLimitSettings {
                requests_per_minute: NonZeroU32::new(
                    reader.number("rate_limit.requests_per_minute", 0..=1_000_000_000)?,
                ),
                burst: NonZeroU32::new(reader.number("rate_limit.burst", 1..=1_000_000_000)?)
                    .unwrap_or(NonZeroU32::MIN),
                otp_tokens_per_user_per_hour: NonZeroU32::new(
                    reader.number("rate_limit.otp_tokens_per_user_per_hour", 0..=1_000_000)?,
                ),
            },
            idempotency: idempotency::read(reader)?,
            audit: AuditSettings {
                sink: reader.parsed("audit.sink", AuditSink::EXPECTED, AuditSink::parse)?,
                fsync: reader.flag("audit.fsync")?,
            },
            users: UserSettings {
                default_group: reader.optional_parsed(
                    "users.default_group",
                    "a group's name of 1 to 255 characters",
                    text,
                )?,
                default_app: reader.optional_parsed(
                    "users.default_app",
                    "an app's name of 1 to 255 characters",
                    text,
                )?,
            },
            docs_enabled: reader.flag("docs.enabled")?,
            secrets_poll: reader.milliseconds("secrets.poll_ms", 10)?,
            telemetry: TelemetrySettings {
                log_format: reader.parsed("telemetry.log_format", "json or pretty", |text| match text {
                    "json" => Some(LogFormat::Json),
                    "pretty" => Some(LogFormat::Pretty),
                    _ => None,
                })?,
                log_filter: Self::read_log_filter(reader)?,
                otlp_endpoint: address::otlp_endpoint(reader)?,
            },
            sources: sources.clone(),
        })
    }

    fn read_management(reader: &Reader) -> Result<ManagementSettings, SettingsFault> {
        Ok(ManagementSettings {
            host: address::host(reader, "management.host")?,
            port: reader.number("management.port", 0..=u16::MAX)?,
        })
    }

    fn read_log_filter(reader: &Reader) -> Result<LogFilter, SettingsFault> {
        reader.parsed("telemetry.log_filter", LogFilter::EXPECTED, LogFilter::parse)
    }

    fn read_listener_tls(reader: &Reader) -> Result<Option<TlsFiles>, SettingsFault> {
        const CERTIFICATE: &str = "server.tls_certificate_file";
        const KEY: &str = "server.tls_key_file";
        let file = |key| reader.optional_parsed(key, "the path of a PEM file", |path| Some(PathBuf::from(path)));
        match (file(CERTIFICATE)?, file(KEY)?) {
            (None, None) => Ok(None),
            (Some(certificate), Some(key)) => Ok(Some(TlsFiles { certificate, key })),
            (Some(_), None) => Err(SettingsFault::of_key(KEY, "is missing; it belongs to server.tls_certificate_file")),
            (None, Some(_)) => Err(SettingsFault::of_key(CERTIFICATE, "is missing; it belongs to server.tls_key_file")),
        }
    }

    fn read_trust(reader: &Reader) -> Result<TrustSettings, SettingsFault> {
        let file = |key| reader.optional_parsed(key, "the path of a PEM file", |path| Some(PathBuf::from(path)));
        match (file("centagate.ca_certificate_file")?, file("centagate.pinned_certificate_file")?) {
            (None, None) => Ok(TrustSettings::Public),
            (Some(path), None) => Ok(TrustSettings::PrivateCa(path)),
            (None, Some(path)) => Ok(TrustSettings::Pinned(path)),
            (Some(_), Some(_)) => Err(SettingsFault::of_key(
                "centagate.pinned_certificate_file",
                "cannot be combined with centagate.ca_certificate_file; keep the one that fits the server",
            )),
        }
    }

    /// The rules between values.
    fn check(&self) -> Result<(), SettingsFault> {
        if self.centagate.connect_timeout + self.centagate.request_timeout >= self.server.request_timeout {
            return Err(SettingsFault::of_key(
                "server.request_timeout_ms",
                "must be more than centagate.connect_timeout_ms + centagate.request_timeout_ms",
            ));
        }
        if self.server.shutdown < self.server.request_timeout {
            return Err(SettingsFault::of_key("server.shutdown_ms", "must be at least server.request_timeout_ms"));
        }
        if self.idempotency.ttl < self.server.request_timeout * 2 {
            return Err(SettingsFault::of_key(
                "idempotency.ttl_seconds",
                "must be at least twice server.request_timeout_ms: what still runs must not be forgotten",
            ));
        }
        let minutes_of_a_day = 24 * 60;
        let refilled_in_a_day = |per_minute: NonZeroU32| {
            u64::from(self.rate_limit.burst.get()) <= u64::from(per_minute.get()) * minutes_of_a_day
        };
        if !self.rate_limit.requests_per_minute.is_none_or(refilled_in_a_day) {
            return Err(SettingsFault::of_key(
                "rate_limit.burst",
                "must be refilled within a day: at most 1440 × rate_limit.requests_per_minute",
            ));
        }
        Ok(())
    }
}
