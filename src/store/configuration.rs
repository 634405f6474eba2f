//! The sections `idempotency`, `redis` and `store` of the configuration.

use std::fmt::Display;
use std::path::Path;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::redis::RedisOptions;
use super::seal::SealKeys;
use crate::certificate;
use crate::configuration::{SettingsFault, Values, file, gather, variable};

/// The key of [`IdempotencySettings::ttl`].
pub(crate) const TTL: &str = "idempotency.ttl_seconds";
const STORE: &str = "idempotency.store";
const URL: &str = "redis.url";
const CA_CERTIFICATE_FILE: &str = "redis.ca_certificate_file";
const SEAL_KEYS: &str = "store.seal_keys";

/// How long idempotency keys are kept, and where.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "config/base.toml describes every key")]
pub struct IdempotencySettings {
    pub ttl: Duration,
    pub store: StoreSettings,
}

/// Where idempotency keys are kept.
#[derive(Clone, Debug)]
pub enum StoreSettings {
    /// In the memory of this process.
    Memory {
        /// The maximum number of keys.
        max_keys: usize,
    },
    /// In Redis, which all replicas share.
    Redis {
        /// How to reach Redis.
        options: RedisOptions,
        /// The keys that encrypt the records.
        seal_keys: SealKeys,
    },
}

impl IdempotencySettings {
    /// Reads the sections `idempotency`, `redis` and `store`.
    pub(crate) fn read(values: &Values) -> Result<Self, SettingsFault> {
        gather!(Self { ttl: ttl(values), store: store(values) })
    }
}

/// How long an idempotency key is kept.
pub(crate) fn ttl(values: &Values) -> Result<Duration, SettingsFault> {
    values.seconds(TTL, 60)
}

/// Reads all keys, also those of the store that is not used, so that their faults are reported.
fn store(values: &Values) -> Result<StoreSettings, SettingsFault> {
    let missing = |key| {
        SettingsFault::of_key(key, format_args!("is missing; {STORE} = redis needs it, as a variable or a secret file"))
    };
    let max_keys = values.number("idempotency.max_keys", 1..=100_000_000);
    let seal_keys = values.optional_parsed(SEAL_KEYS, SealKeys::EXPECTED, SealKeys::parse);
    let options = redis(values);
    let is_redis = values.parsed(STORE, "memory or redis", |text| match text {
        "memory" => Some(false),
        "redis" => Some(true),
        _ => None,
    });
    if let Ok(true) = is_redis {
        let (options, seal_keys, _) = gather!(
            options: options.and_then(|options| options.ok_or_else(|| missing(URL))),
            seal_keys: seal_keys.and_then(|keys| keys.ok_or_else(|| missing(SEAL_KEYS))),
            max_keys: max_keys,
        )?;
        Ok(StoreSettings::Redis { options, seal_keys })
    } else {
        let (_, max_keys, ..) =
            gather!(is_redis: is_redis, max_keys: max_keys, seal_keys: seal_keys, options: options)?;
        Ok(StoreSettings::Memory { max_keys })
    }
}

fn redis(values: &Values) -> Result<Option<RedisOptions>, SettingsFault> {
    let url = values.optional_parsed(URL, "redis(s)://[user:password@]host[:port][/database]", redis_url);
    let ca_certificate = match (&url, ca_certificate(values)) {
        (Ok(Some(url)), Ok(Some(_))) if !url.expose_secret().starts_with("rediss:") => Err(SettingsFault::of_key(
            CA_CERTIFICATE_FILE,
            format_args!("has no effect without TLS; let {} begin with rediss://", variable(URL)),
        )),
        (_, ca_certificate) => ca_certificate,
    };
    let (url, timeout, ca_certificate) = gather!(
        url: url,
        timeout: values.milliseconds("redis.timeout_ms", 10),
        ca_certificate: ca_certificate,
    )?;
    Ok(url.map(|url| RedisOptions { url, timeout, ca_certificate }))
}

fn redis_url(text: &str) -> Option<SecretString> {
    let url = Url::parse(text).ok()?;
    // The fragment `#insecure` would disable the verification of the certificate.
    let is_allowed = matches!(url.scheme(), "redis" | "rediss")
        && url.has_host()
        && url.query().is_none()
        && url.fragment().is_none()
        && url.path().strip_prefix('/').is_none_or(|database| database.bytes().all(|byte| byte.is_ascii_digit()));
    is_allowed.then(|| SecretString::from(url.as_str())) // `Url` makes the scheme lowercase
}

/// Reads the CA certificates for Redis. Its faults do not name the path: settings never show values.
fn ca_certificate(values: &Values) -> Result<Option<Vec<u8>>, SettingsFault> {
    let expected = "the path of a PEM file with certificates of CAs";
    let Some(path) = values.optional_text(CA_CERTIFICATE_FILE, expected)? else { return Ok(None) };
    let fault = |problem: &dyn Display| {
        SettingsFault::of_key(CA_CERTIFICATE_FILE, format_args!("{problem}; expected {expected}"))
    };
    let pem = file::read(Path::new(&path)).map_err(|problem| fault(&problem))?;
    let certificates = certificate::parse_pem(&pem).ok_or_else(|| fault(&"cannot be used"))?;
    certificate::root_store(&certificates).map_err(|_| fault(&"cannot be used"))?;
    Ok(Some(pem))
}
