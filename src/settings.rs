//! The typed configuration: the settings of all modules, and the rules between their sections.

use std::path::PathBuf;
use std::time::Duration;

pub use crate::api::RateLimitSettings;
use crate::api::configuration::{burst_is_refilled, docs_enabled};
pub use crate::audit::AuditSettings;
use crate::callers::configuration::callers_file;
pub use crate::callers::{CallerSettings, JwksSource, JwksUrl, JwtSettings, ScopeClaim};
use crate::centagate::configuration as centagate;
pub use crate::centagate::{AdminSettings, CentagateSettings, SessionSettings, TrustSettings};
pub use crate::configuration::{PublicUrl, SettingsFault, Sources};
use crate::configuration::{Values, describe, gather};
use crate::listener::configuration::{REQUEST_TIMEOUT, request_timeout, shutdown_outlasts_requests};
pub use crate::listener::{ManagementSettings, ServerSettings, TlsFiles};
pub use crate::operations::UserSettings;
use crate::store::configuration::{TTL, ttl};
pub use crate::store::{IdempotencySettings, StoreSettings};
pub use crate::telemetry::{LogFilter, LogFormat, TelemetrySettings};

#[cfg(test)]
mod tests;

/// The settings of all modules. `config/base.toml` describes every key.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "config/base.toml describes every key")]
pub struct Settings {
    pub server: ServerSettings,
    pub management: ManagementSettings,
    pub centagate: CentagateSettings,
    pub callers: CallerSettings,
    pub rate_limit: RateLimitSettings,
    pub idempotency: IdempotencySettings,
    pub audit: AuditSettings,
    pub users: UserSettings,
    pub docs_enabled: bool,
    pub secrets_poll: Duration,
    pub telemetry: TelemetrySettings,
    /// The sources of these settings, to reload the secrets.
    pub(crate) sources: Sources,
}

/// The files that the configuration names.
pub(crate) struct ConfiguredFiles {
    pub(crate) callers: Option<PathBuf>,
    /// Whether JWTs are configured, with or without faults.
    pub(crate) accepts_tokens: bool,
    pub(crate) jwt: Option<JwtSettings>,
    pub(crate) trust: Option<TrustSettings>,
    pub(crate) tls: Option<TlsFiles>,
}

impl ConfiguredFiles {
    /// Reads the keys that name files. Ignores faults, also those of other keys, because [`Settings::load`] reports them.
    pub(crate) fn find(sources: &Sources) -> Self {
        let (values, _) = Values::collect(sources);
        let jwt = JwtSettings::read(&values);
        Self {
            callers: callers_file(&values).ok().flatten(),
            accepts_tokens: !matches!(jwt, Ok(None)),
            jwt: jwt.ok().flatten(),
            trust: TrustSettings::read_paths(&values).ok(),
            tls: TlsFiles::read_paths(&values).ok().flatten(),
        }
    }
}

impl Settings {
    /// Reads and checks the configuration.
    ///
    /// # Errors
    /// All faults: unknown keys, missing or invalid values, and values that contradict each other.
    pub fn load(sources: &Sources) -> Result<Self, SettingsFault> {
        let (values, mut faults) = Values::collect(sources);
        let settings = faults.keep(Self::read(&values, sources));
        faults.keep(check_rules(&values));
        faults.or(settings)
    }

    /// Reads the section `management` only.
    ///
    /// # Errors
    /// If a layer cannot be read, or a value of this section is missing or invalid.
    pub fn load_management(sources: &Sources) -> Result<ManagementSettings, SettingsFault> {
        load_part(sources, ManagementSettings::read)
    }

    /// Reads the log filter only.
    ///
    /// # Errors
    /// If a layer cannot be read, or the filter is invalid.
    pub(crate) fn load_log_filter(sources: &Sources) -> Result<LogFilter, SettingsFault> {
        load_part(sources, TelemetrySettings::read_log_filter)
    }

    /// Lists every key with its effective value and the layer that sets it, one key per line. A secret is shown as `set`.
    ///
    /// # Errors
    /// If a layer cannot be read.
    pub fn describe(sources: &Sources) -> Result<String, SettingsFault> {
        describe(sources)
    }

    fn read(values: &Values, sources: &Sources) -> Result<Self, SettingsFault> {
        gather!(Self {
            server: ServerSettings::read(values),
            management: ManagementSettings::read(values),
            centagate: CentagateSettings::read(values),
            callers: CallerSettings::read(values),
            rate_limit: RateLimitSettings::read(values),
            idempotency: IdempotencySettings::read(values),
            audit: AuditSettings::read(values),
            users: UserSettings::read(values),
            docs_enabled: docs_enabled(values),
            secrets_poll: values.milliseconds("secrets.poll_ms", 10),
            telemetry: TelemetrySettings::read(values),
            sources: Ok(sources.clone()),
        })
    }
}

/// Reads a part of the configuration that contains no secrets.
fn load_part<T>(sources: &Sources, read: fn(&Values) -> Result<T, SettingsFault>) -> Result<T, SettingsFault> {
    let (values, mut faults) = Values::collect(&Sources { secrets_dir: None, ..sources.clone() });
    let part = faults.keep(read(&values));
    faults.or(part)
}

/// Checks the rules between keys. A rule whose values cannot be read is skipped: their faults are reported already.
fn check_rules(values: &Values) -> Result<(), SettingsFault> {
    gather!(
        calls: calls_fit_into_request(values),
        shutdown: shutdown_outlasts_requests(values),
        ttl: keys_outlive_requests(values),
        burst: burst_is_refilled(values),
    )
    .map(|_| ())
}

fn calls_fit_into_request(values: &Values) -> Result<(), SettingsFault> {
    match (centagate::connect_timeout(values), centagate::request_timeout(values), request_timeout(values)) {
        (Ok(connect), Ok(call), Ok(request)) if connect + call >= request => Err(SettingsFault::of_key(
            REQUEST_TIMEOUT,
            "must be more than centagate.connect_timeout_ms + centagate.request_timeout_ms",
        )),
        _ => Ok(()),
    }
}

fn keys_outlive_requests(values: &Values) -> Result<(), SettingsFault> {
    match (ttl(values), request_timeout(values)) {
        (Ok(ttl), Ok(request)) if ttl < request * 2 => Err(SettingsFault::of_key(
            TTL,
            "must be at least twice server.request_timeout_ms, so that no key is forgotten while its request runs",
        )),
        _ => Ok(()),
    }
}
