use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use secrecy::SecretString;
use toml::Value;

use super::layers::Found;
use super::{SettingsFault, keys};

/// Turns collected values into typed ones. Every fault names the key, the variable and what was expected.
pub(super) struct Reader {
    pub(super) found: BTreeMap<&'static str, Found>,
}

impl Reader {
    /// The text of `key`, if it has a value. A table or an array is a fault that names what was `expected`.
    pub(super) fn optional_text(&self, key: &'static str, expected: &str) -> Result<Option<String>, SettingsFault> {
        debug_assert!(keys::find(key).is_some(), "{key} is not in KEYS");
        let Some(found) = self.found.get(key) else { return Ok(None) };
        match found.value.as_ref().map_err(Clone::clone)? {
            Value::String(text) if text.is_empty() => Ok(None),
            Value::String(text) => Ok(Some(text.clone())),
            value @ (Value::Integer(_) | Value::Boolean(_)) => Ok(Some(value.to_string())),
            _ => Err(self.expected(key, expected)),
        }
    }

    /// Whether `key` has a value, valid or not.
    pub(super) fn is_set(&self, key: &'static str) -> bool {
        !matches!(self.optional_text(key, "one value"), Ok(None))
    }

    /// What `parse` makes of the text of `key`, if it has a value.
    pub(super) fn optional_parsed<T>(
        &self,
        key: &'static str,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, SettingsFault> {
        let Some(text) = self.optional_text(key, expected)? else { return Ok(None) };
        parse(&text).map(Some).ok_or_else(|| self.expected(key, expected))
    }

    /// What `parse` makes of the text of `key`.
    pub(super) fn parsed<T>(
        &self,
        key: &'static str,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, SettingsFault> {
        self.optional_parsed(key, expected, parse)?
            .ok_or_else(|| SettingsFault::of_key(key, format_args!("is missing; expected {expected}")))
    }

    /// Words, each read by `parse`: an array in a file, or text with blanks or commas between them; none without a value.
    pub(super) fn words<T>(
        &self,
        key: &'static str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<T>, SettingsFault> {
        let words = match self.found.get(key).map(|found| &found.value) {
            Some(Ok(Value::Array(words))) => words.iter().map(|word| word.as_str().and_then(&parse)).collect(),
            _ => match self.optional_text(key, expected)? {
                None => Some(Vec::new()),
                Some(text) => text.split([' ', ',']).filter(|word| !word.is_empty()).map(&parse).collect(),
            },
        };
        words.ok_or_else(|| self.expected(key, expected))
    }

    /// A whole number within `range`.
    pub(super) fn number<T>(&self, key: &'static str, range: RangeInclusive<T>) -> Result<T, SettingsFault>
    where
        T: std::str::FromStr + PartialOrd + std::fmt::Display,
    {
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        self.parsed(key, &expected, |text| text.parse().ok().filter(|number| range.contains(number)))
    }

    /// A duration in milliseconds, up to an hour.
    pub(super) fn milliseconds(&self, key: &'static str, at_least: u64) -> Result<Duration, SettingsFault> {
        self.number(key, at_least..=3_600_000).map(Duration::from_millis)
    }

    /// A duration in seconds, up to a week.
    pub(super) fn seconds(&self, key: &'static str, at_least: u64) -> Result<Duration, SettingsFault> {
        self.number(key, at_least..=604_800).map(Duration::from_secs)
    }

    /// `true` or `false`.
    pub(super) fn flag(&self, key: &'static str) -> Result<bool, SettingsFault> {
        self.parsed(key, "true or false", |text| text.parse().ok())
    }

    /// A secret, if there is one: a line of text.
    pub(super) fn optional_secret(&self, key: &'static str) -> Result<Option<SecretString>, SettingsFault> {
        self.optional_parsed(key, "one line without control characters", |text| {
            (!text.contains(char::is_control)).then(|| text.into())
        })
    }

    fn expected(&self, key: &'static str, expected: &str) -> SettingsFault {
        let layer = self.found.get(key).map(|found| format!(" ({})", found.layer)).unwrap_or_default();
        SettingsFault::of_key(key, format_args!("invalid value{layer}; expected {expected}"))
    }
}
