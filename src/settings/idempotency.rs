use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::reader::Reader;
use super::{IdempotencySettings, SettingsFault, StoreSettings, keys};
use crate::store::{RedisOptions, SealKeys};

const STORE: &str = "idempotency.store";
const URL: &str = "redis.url";
const CA_CERTIFICATE_FILE: &str = "redis.ca_certificate_file";
const SEAL_KEYS: &str = "store.seal_keys";

/// What is remembered of requests with an `Idempotency-Key`, and where.
pub(super) fn read(reader: &Reader) -> Result<IdempotencySettings, SettingsFault> {
    let ttl = reader.seconds("idempotency.ttl_seconds", 60)?;
    let max_keys = reader.number("idempotency.max_keys", 1..=100_000_000)?;
    let seal_keys = reader.optional_parsed(SEAL_KEYS, SealKeys::EXPECTED, SealKeys::parse)?;
    let options = redis(reader)?;
    let is_redis = reader.parsed(STORE, "memory or redis", |text| match text {
        "memory" => Some(false),
        "redis" => Some(true),
        _ => None,
    })?;
    let store = if is_redis {
        let missing = |key| {
            SettingsFault::of_key(
                key,
                format_args!("is missing; {STORE} = redis needs it, as a variable or a secret file"),
            )
        };
        StoreSettings::Redis {
            options: options.ok_or_else(|| missing(URL))?,
            seal_keys: seal_keys.ok_or_else(|| missing(SEAL_KEYS))?,
        }
    } else {
        StoreSettings::Memory { max_keys }
    };
    Ok(IdempotencySettings { ttl, store })
}

fn redis(reader: &Reader) -> Result<Option<RedisOptions>, SettingsFault> {
    let expected = "redis(s)://[user:password@]host[:port][/database]";
    let url = reader.optional_parsed(URL, expected, |text| {
        let url = Url::parse(text).ok()?;
        // A fragment could switch verification off.
        let plain = matches!(url.scheme(), "redis" | "rediss")
            && url.has_host()
            && url.query().is_none()
            && url.fragment().is_none()
            && url.path().strip_prefix('/').is_none_or(|database| database.bytes().all(|byte| byte.is_ascii_digit()));
        plain.then(|| SecretString::from(url.as_str())) // its scheme in small letters
    })?;
    let timeout = reader.milliseconds("redis.timeout_ms", 10)?;
    let file = reader.optional_text(CA_CERTIFICATE_FILE)?;
    let ca_certificate = file
        .map(|path| {
            std::fs::read(&path).map_err(|error| {
                let fix = "it must be the path of a PEM file";
                SettingsFault::of_key(CA_CERTIFICATE_FILE, format_args!("cannot be read ({}); {fix}", error.kind()))
            })
        })
        .transpose()?;
    let Some(url) = url else { return Ok(None) };
    if ca_certificate.is_some() && !url.expose_secret().starts_with("rediss:") {
        return Err(SettingsFault::of_key(
            CA_CERTIFICATE_FILE,
            format_args!("is of no use without TLS; let {} begin with rediss://", keys::variable(URL)),
        ));
    }
    Ok(Some(RedisOptions { url, timeout, ca_certificate }))
}
