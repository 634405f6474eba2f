//! The values of all keys, and how to read them into typed settings.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use toml::Value;

use super::fault::{Faults, SettingsFault};
use super::keys;
use super::layers::{Found, Layers};
use super::sources::Sources;

/// The values of all keys. Methods return faults that name the key, its variable and what is expected, but not the value.
pub(crate) struct Values(BTreeMap<&'static str, Found>);

impl Values {
    /// Reads all layers. The faults are those of the layers; faults of values follow when they are read.
    pub(crate) fn collect(sources: &Sources) -> (Self, Faults) {
        let Layers { found, faults } = Layers::collect(sources);
        (Self(found), faults)
    }

    /// Returns the raw value of `key` and its layer.
    pub(super) fn found(&self, key: &str) -> Option<&Found> {
        self.0.get(key)
    }

    /// Returns the text of `key`, if it has a value. A table or an array is a fault; the fault says what was `expected`.
    pub(crate) fn optional_text(&self, key: &'static str, expected: &str) -> Result<Option<String>, SettingsFault> {
        debug_assert!(keys::find(key).is_some(), "{key} is not in KEYS");
        let Some(found) = self.0.get(key) else { return Ok(None) };
        match found.value.as_ref().map_err(Clone::clone)? {
            Value::String(text) if text.is_empty() => Ok(None),
            Value::String(text) => Ok(Some(text.clone())),
            value @ (Value::Integer(_) | Value::Boolean(_)) => Ok(Some(value.to_string())),
            _ => Err(self.expected(key, expected)),
        }
    }

    /// Whether `key` has a value, valid or not.
    pub(crate) fn is_set(&self, key: &'static str) -> bool {
        !matches!(self.optional_text(key, "one value"), Ok(None))
    }

    /// Parses the value of `key`, if it has one.
    pub(crate) fn optional_parsed<T>(
        &self,
        key: &'static str,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, SettingsFault> {
        let Some(text) = self.optional_text(key, expected)? else { return Ok(None) };
        parse(&text).map(Some).ok_or_else(|| self.expected(key, expected))
    }

    /// Parses the value of `key`, which must have one.
    pub(crate) fn parsed<T>(
        &self,
        key: &'static str,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, SettingsFault> {
        self.optional_parsed(key, expected, parse)?
            .ok_or_else(|| SettingsFault::of_key(key, format_args!("is missing; expected {expected}")))
    }

    /// Parses each word of `key`: the elements of an array, or words in text that blanks or commas separate. Without a value,
    /// there are no words.
    pub(crate) fn words<T>(
        &self,
        key: &'static str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<T>, SettingsFault> {
        let words = match self.0.get(key).map(|found| &found.value) {
            Some(Ok(Value::Array(words))) => words.iter().map(|word| word.as_str().and_then(&parse)).collect(),
            _ => match self.optional_text(key, expected)? {
                None => Some(Vec::new()),
                Some(text) => text.split([' ', ',']).filter(|word| !word.is_empty()).map(&parse).collect(),
            },
        };
        words.ok_or_else(|| self.expected(key, expected))
    }

    /// Returns a whole number in `range`.
    pub(crate) fn number<T>(&self, key: &'static str, range: RangeInclusive<T>) -> Result<T, SettingsFault>
    where
        T: std::str::FromStr + PartialOrd + std::fmt::Display,
    {
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        self.parsed(key, &expected, |text| text.parse().ok().filter(|number| range.contains(number)))
    }

    /// Returns a duration that is given in milliseconds, up to an hour.
    pub(crate) fn milliseconds(&self, key: &'static str, at_least: u64) -> Result<Duration, SettingsFault> {
        self.number(key, at_least..=3_600_000).map(Duration::from_millis)
    }

    /// Returns a duration that is given in seconds, up to a week.
    pub(crate) fn seconds(&self, key: &'static str, at_least: u64) -> Result<Duration, SettingsFault> {
        self.number(key, at_least..=604_800).map(Duration::from_secs)
    }

    /// Returns `true` or `false`.
    pub(crate) fn flag(&self, key: &'static str) -> Result<bool, SettingsFault> {
        self.parsed(key, "true or false", |text| text.parse().ok())
    }

    /// Returns an IP address or a host name to listen on.
    pub(crate) fn host(&self, key: &'static str) -> Result<String, SettingsFault> {
        self.parsed(key, "an IP address or a host name", |text| {
            let is_name = || text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
            (text.parse::<IpAddr>().is_ok() || is_name()).then(|| text.to_owned())
        })
    }

    /// Returns the path of a file, if it is set. `expected` describes the file.
    pub(crate) fn optional_path(&self, key: &'static str, expected: &str) -> Result<Option<PathBuf>, SettingsFault> {
        self.optional_parsed(key, expected, |path| Some(PathBuf::from(path)))
    }

    /// Returns a secret, if it is set: one line of text.
    pub(crate) fn optional_secret(&self, key: &'static str) -> Result<Option<SecretString>, SettingsFault> {
        self.optional_parsed(key, "one line without control characters", |text| {
            (!text.contains(char::is_control)).then(|| text.into())
        })
    }

    fn expected(&self, key: &'static str, expected: &str) -> SettingsFault {
        let layer = self.0.get(key).map(|found| format!(" ({})", found.layer)).unwrap_or_default();
        SettingsFault::of_key(key, format_args!("invalid value{layer}; expected {expected}"))
    }
}
