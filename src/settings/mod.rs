//! The configuration: layers of files, environment variables and secret files, read once into typed settings.

mod address;
mod credentials;
mod fault;
pub(crate) mod file;
mod idempotency;
pub(crate) mod identity;
mod keys;
mod layers;
mod model;
mod permissions;
mod reader;
mod rules;
mod secret_files;
#[cfg(test)]
mod settings_tests;
mod sources;

use std::fmt::Write as _;
use std::num::NonZeroU32;
use std::path::PathBuf;

pub use address::PublicUrl;
pub use fault::SettingsFault;
pub(crate) use fault::{Faults, gather};
pub use identity::{JwksSource, JwksUrl, JwtSettings, ScopeClaim};
use layers::Layers;
pub(crate) use layers::parse_toml;
pub use model::*;
pub(crate) use permissions::writable_by_others;
use reader::Reader;
pub use sources::Sources;
use toml::Value;

use crate::audit::AuditSink;
use crate::centagate::AuthApi;
use crate::domain::{Text, Username};
use crate::telemetry::LogFilter;

impl Settings {
    /// Reads and checks the configuration.
    ///
    /// # Errors
    /// All faults: unknown keys, missing or invalid values, and values that contradict each other.
    pub fn load(sources: &Sources) -> Result<Self, SettingsFault> {
        let (reader, mut faults) = Self::collect(sources);
        let settings = faults.keep(Self::read(&reader, sources));
        faults.keep(rules::check(&reader));
        faults.or(settings)
    }

    /// Reads the management listener's section only.
    ///
    /// # Errors
    /// An unreadable layer, or a missing or invalid value of this section.
    pub fn load_management(sources: &Sources) -> Result<ManagementSettings, SettingsFault> {
        Self::load_part(sources, Self::read_management)
    }

    /// Reads the log filter only, to change it while the gateway runs.
    ///
    /// # Errors
    /// An unreadable layer, or an invalid filter.
    pub(crate) fn load_log_filter(sources: &Sources) -> Result<LogFilter, SettingsFault> {
        Self::load_part(sources, Self::read_log_filter)
    }

    /// Finds the files that the configuration names, as far as their keys can be read: a fault elsewhere does not matter.
    pub(crate) fn named_files(sources: &Sources) -> NamedFiles {
        let (reader, _) = Self::collect(sources);
        let jwt = identity::jwt(&reader);
        NamedFiles {
            callers_file: identity::callers_file(&reader).ok().flatten(),
            takes_tokens: !matches!(jwt, Ok(None)),
            jwt: jwt.ok().flatten(),
            trust: Self::read_trust(&reader).ok(),
            tls: Self::read_listener_tls(&reader).ok().flatten(),
        }
    }

    /// Lists each key with its effective value and layer, one line each. Secrets are only `set`.
    ///
    /// # Errors
    /// If a layer cannot be read.
    pub fn describe(sources: &Sources) -> Result<String, SettingsFault> {
        let (reader, faults) = Self::collect(sources);
        let lines = keys::KEYS.iter().fold(String::new(), |mut lines, key| {
            let _ = match reader.found.get(key.name).filter(|_| reader.is_set(key.name)) {
                None => writeln!(lines, "{} is not set", key.name),
                Some(found) if key.secret => writeln!(lines, "{} = set ({})", key.name, found.layer),
                Some(found) => {
                    let value = match &found.value {
                        Ok(Value::String(text)) => text.clone(),
                        Ok(value) => value.to_string(),
                        Err(fault) => fault.to_string(),
                    };
                    writeln!(lines, "{} = {value} ({})", key.name, found.layer)
                }
            };
            lines
        });
        faults.or(Some(lines))
    }

    fn collect(sources: &Sources) -> (Reader, Faults) {
        let Layers { found, faults } = Layers::collect(sources);
        (Reader { found }, faults)
    }

    /// Reads one part, which holds no secrets.
    fn load_part<T>(sources: &Sources, read: fn(&Reader) -> Result<T, SettingsFault>) -> Result<T, SettingsFault> {
        let (reader, mut faults) = Self::collect(&Sources { secrets_dir: None, ..sources.clone() });
        let part = faults.keep(read(&reader));
        faults.or(part)
    }

    fn read(reader: &Reader, sources: &Sources) -> Result<Self, SettingsFault> {
        let text = |text: &str| Text::parse(text).ok();
        gather!(Self {
            server: gather!(ServerSettings {
                host: address::host(reader, "server.host"),
                port: reader.number("server.port", 0..=u16::MAX),
                public_url: reader.optional_parsed("server.public_url", PublicUrl::EXPECTED, PublicUrl::parse),
                tls: Self::read_listener_tls(reader),
                workers: reader.number("server.workers", 0..=1024),
                max_body_bytes: reader.number("server.max_body_bytes", 256..=1_048_576),
                request_timeout: rules::request_timeout(reader),
                keep_alive: reader.milliseconds("server.keep_alive_ms", 0),
                max_connections: reader.number("server.max_connections", 1..=1_000_000),
                drain: reader.milliseconds("server.drain_ms", 0),
                shutdown: rules::shutdown(reader),
            }),
            management: Self::read_management(reader),
            centagate: Self::read_centagate(reader),
            session: gather!(SessionSettings {
                default_timeout: reader.seconds("session.default_timeout_seconds", 1),
                refused_retry: reader.seconds("session.refused_retry_seconds", 1),
            }),
            callers_file: identity::callers_file(reader),
            jwt: identity::jwt(reader),
            rate_limit: gather!(RateLimitSettings {
                requests_per_minute: rules::requests_per_minute(reader),
                burst: rules::burst(reader),
                otp_tokens_per_user_per_hour: reader
                    .number("rate_limit.otp_tokens_per_user_per_hour", 0..=1_000_000)
                    .map(NonZeroU32::new),
            }),
            idempotency: idempotency::read(reader),
            audit: gather!(AuditSettings {
                sink: reader.parsed("audit.sink", AuditSink::EXPECTED, AuditSink::parse),
                fsync: reader.flag("audit.fsync"),
            }),
            users: gather!(UserSettings {
                default_group: reader.optional_parsed(
                    "users.default_group",
                    "a group's name of 1 to 255 characters",
                    text,
                ),
                default_app: reader.optional_parsed("users.default_app", "an app's name of 1 to 255 characters", text),
            }),
            docs_enabled: reader.flag("docs.enabled"),
            secrets_poll: reader.milliseconds("secrets.poll_ms", 10),
            telemetry: gather!(TelemetrySettings {
                log_format: reader.parsed("telemetry.log_format", "json or pretty", |text| match text {
                    "json" => Some(LogFormat::Json),
                    "pretty" => Some(LogFormat::Pretty),
                    _ => None,
                }),
                log_filter: Self::read_log_filter(reader),
                otlp_endpoint: address::otlp_endpoint(reader),
            }),
            sources: Ok(sources.clone()),
        })
    }

    fn read_centagate(reader: &Reader) -> Result<CentagateSettings, SettingsFault> {
        gather!(CentagateSettings {
            base_url: address::base_url(reader),
            connect_timeout: rules::centagate_connect_timeout(reader),
            request_timeout: rules::centagate_request_timeout(reader),
            max_in_flight: reader.number("centagate.max_in_flight", 1..=100_000),
            proxy_url: address::proxy_url(reader),
            auth_api: reader.parsed("centagate.auth_api", "v1 or v2", |text| match text {
                "v1" => Some(AuthApi::V1),
                "v2" => Some(AuthApi::V2),
                _ => None,
            }),
            trust: Self::read_trust(reader),
            admin: gather!(AdminSettings {
                username: reader
                    .parsed("centagate.admin.username", "the admin's user name", |name| { Username::parse(name).ok() }),
                credentials: credentials::read(reader),
            }),
        })
    }

    fn read_management(reader: &Reader) -> Result<ManagementSettings, SettingsFault> {
        gather!(ManagementSettings {
            host: address::host(reader, "management.host"),
            port: reader.number("management.port", 0..=u16::MAX),
        })
    }

    fn read_log_filter(reader: &Reader) -> Result<LogFilter, SettingsFault> {
        reader.parsed("telemetry.log_filter", LogFilter::EXPECTED, LogFilter::parse)
    }

    fn read_listener_tls(reader: &Reader) -> Result<Option<TlsFiles>, SettingsFault> {
        let file = |key| reader.optional_parsed(key, "the path of a PEM file", |path| Some(PathBuf::from(path)));
        match gather!(certificate: file(TlsFiles::CERTIFICATE), key: file(TlsFiles::KEY))? {
            (None, None) => Ok(None),
            (Some(certificate), Some(key)) => Ok(Some(TlsFiles { certificate, key })),
            (Some(_), None) => {
                Err(SettingsFault::of_key(TlsFiles::KEY, "is missing; it belongs to server.tls_certificate_file"))
            }
            (None, Some(_)) => {
                Err(SettingsFault::of_key(TlsFiles::CERTIFICATE, "is missing; it belongs to server.tls_key_file"))
            }
        }
    }

    fn read_trust(reader: &Reader) -> Result<TrustSettings, SettingsFault> {
        let file = |key| reader.optional_parsed(key, "the path of a PEM file", |path| Some(PathBuf::from(path)));
        match gather!(ca: file(TrustSettings::CA), pinned: file(TrustSettings::PINNED))? {
            (None, None) => Ok(TrustSettings::Public),
            (Some(path), None) => Ok(TrustSettings::PrivateCa(path)),
            (None, Some(path)) => Ok(TrustSettings::Pinned(path)),
            (Some(_), Some(_)) => Err(SettingsFault::of_key(
                TrustSettings::PINNED,
                "cannot be combined with centagate.ca_certificate_file; keep the one that fits the server",
            )),
        }
    }
}
