//! The sections `rate_limit` and `docs` of the configuration.

use std::num::NonZeroU32;

use crate::configuration::{SettingsFault, Values, gather};

const BURST: &str = "rate_limit.burst";

/// How many requests a caller may send. `None` means no limit.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "config/base.toml describes every key")]
pub struct RateLimitSettings {
    pub requests_per_minute: Option<NonZeroU32>,
    pub burst: NonZeroU32,
    pub otp_tokens_per_user_per_hour: Option<NonZeroU32>,
    pub codes_per_user_per_minute: Option<NonZeroU32>,
}

impl RateLimitSettings {
    /// Reads the section `rate_limit`.
    pub(crate) fn read(values: &Values) -> Result<Self, SettingsFault> {
        gather!(Self {
            requests_per_minute: requests_per_minute(values),
            burst: burst(values),
            otp_tokens_per_user_per_hour: values
                .number("rate_limit.otp_tokens_per_user_per_hour", 0..=1_000_000)
                .map(NonZeroU32::new),
            codes_per_user_per_minute: values
                .number("rate_limit.codes_per_user_per_minute", 0..=1_000_000)
                .map(NonZeroU32::new),
        })
    }
}

fn requests_per_minute(values: &Values) -> Result<Option<NonZeroU32>, SettingsFault> {
    values.number("rate_limit.requests_per_minute", 0..=1_000_000_000).map(NonZeroU32::new)
}

fn burst(values: &Values) -> Result<NonZeroU32, SettingsFault> {
    values.number(BURST, NonZeroU32::MIN..=NonZeroU32::MIN.saturating_add(999_999_999))
}

/// Checks that a burst is refilled within a day. Values that cannot be read are not checked.
pub(crate) fn burst_is_refilled(values: &Values) -> Result<(), SettingsFault> {
    let (Ok(burst), Ok(Some(per_minute))) = (burst(values), requests_per_minute(values)) else { return Ok(()) };
    let minutes_per_day = 24 * 60;
    if u64::from(burst.get()) > u64::from(per_minute.get()) * minutes_per_day {
        let problem = "must be refilled within a day: at most 1440 × rate_limit.requests_per_minute";
        return Err(SettingsFault::of_key(BURST, problem));
    }
    Ok(())
}

/// Reads whether the documentation is served.
pub(crate) fn docs_enabled(values: &Values) -> Result<bool, SettingsFault> {
    values.flag("docs.enabled")
}
