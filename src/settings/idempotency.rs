use std::path::Path;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::reader::Reader;
use super::{IdempotencySettings, SettingsFault, StoreSettings, file, gather, keys, rules};
use crate::centagate::Trust;
use crate::store::{RedisOptions, SealKeys};

const STORE: &str = "idempotency.store";
const URL: &str = "redis.url";
const CA_CERTIFICATE_FILE: &str = "redis.ca_certificate_file";
const SEAL_KEYS: &str = "store.seal_keys";

/// What is remembered of requests with an `Idempotency-Key`, and where.
pub(super) fn read(reader: &Reader) -> Result<IdempotencySettings, SettingsFault> {
    gather!(IdempotencySettings { ttl: rules::idempotency_ttl(reader), store: store(reader) })
}

fn store(reader: &Reader) -> Result<StoreSettings, SettingsFault> {
    let missing = |key| {
        SettingsFault::of_key(key, format_args!("is missing; {STORE} = redis needs it, as a variable or a secret file"))
    };
    let max_keys = reader.number("idempotency.max_keys", 1..=100_000_000);
    let seal_keys = reader.optional_parsed(SEAL_KEYS, SealKeys::EXPECTED, SealKeys::parse);
    let options = redis(reader);
    let is_redis = reader.parsed(STORE, "memory or redis", |text| match text {
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

fn redis(reader: &Reader) -> Result<Option<RedisOptions>, SettingsFault> {
    let url = reader.optional_parsed(URL, "redis(s)://[user:password@]host[:port][/database]", redis_url);
    let ca_certificate = match (&url, ca_certificate(reader)) {
        (Ok(Some(url)), Ok(Some(_))) if !url.expose_secret().starts_with("rediss:") => Err(SettingsFault::of_key(
            CA_CERTIFICATE_FILE,
            format_args!("has no effect without TLS; let {} begin with rediss://", keys::variable(URL)),
        )),
        (_, ca_certificate) => ca_certificate,
    };
    let (url, timeout, ca_certificate) = gather!(
        url: url,
        timeout: reader.milliseconds("redis.timeout_ms", 10),
        ca_certificate: ca_certificate,
    )?;
    Ok(url.map(|url| RedisOptions { url, timeout, ca_certificate }))
}

fn redis_url(text: &str) -> Option<SecretString> {
    let url = Url::parse(text).ok()?;
    // A fragment could switch verification off.
    let plain = matches!(url.scheme(), "redis" | "rediss")
        && url.has_host()
        && url.query().is_none()
        && url.fragment().is_none()
        && url.path().strip_prefix('/').is_none_or(|database| database.bytes().all(|byte| byte.is_ascii_digit()));
    plain.then(|| SecretString::from(url.as_str())) // `url` has made its scheme lowercase
}

/// The CAs that have issued Redis' certificate. A fault does not name the path, as `Settings` never show values.
fn ca_certificate(reader: &Reader) -> Result<Option<Vec<u8>>, SettingsFault> {
    let expected = "the path of a PEM file with certificates of CAs";
    let Some(path) = reader.optional_text(CA_CERTIFICATE_FILE, expected)? else { return Ok(None) };
    let fault = |problem: &dyn std::fmt::Display| {
        SettingsFault::of_key(CA_CERTIFICATE_FILE, format_args!("{problem}; expected {expected}"))
    };
    let pem = file::read(Path::new(&path)).map_err(|problem| fault(&problem))?;
    Trust::private_ca(&pem).map_err(|_| fault(&"cannot be used"))?;
    Ok(Some(pem))
}
