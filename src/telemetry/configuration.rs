//! The section `telemetry` of the configuration.

use url::Url;

use super::log_filter::LogFilter;
use crate::configuration::{SettingsFault, Values, gather, plain_url};

/// Logs and traces.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "config/base.toml describes every key")]
pub struct TelemetrySettings {
    pub log_format: LogFormat,
    pub log_filter: LogFilter,
    pub otlp_endpoint: Option<Url>,
}

/// The format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object per line, for machines.
    Json,
    /// Coloured text, for people.
    Pretty,
}

impl TelemetrySettings {
    /// Reads the section `telemetry`.
    pub(crate) fn read(values: &Values) -> Result<Self, SettingsFault> {
        gather!(Self {
            log_format: values.parsed("telemetry.log_format", "json or pretty", |text| match text {
                "json" => Some(LogFormat::Json),
                "pretty" => Some(LogFormat::Pretty),
                _ => None,
            }),
            log_filter: Self::read_log_filter(values),
            otlp_endpoint: values.optional_parsed(
                "telemetry.otlp_endpoint",
                "http(s)://host[:port][/path] without user or query",
                plain_url,
            ),
        })
    }

    /// Reads the log filter only. The gateway reloads it while it runs.
    pub(crate) fn read_log_filter(values: &Values) -> Result<LogFilter, SettingsFault> {
        values.parsed("telemetry.log_filter", LogFilter::EXPECTED, LogFilter::parse)
    }
}
