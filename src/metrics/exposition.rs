//! The formats of `/metrics` and the choice between them by `Accept`.

use std::fmt::Write as _;

use prometheus_client::encoding::text;
use prometheus_client::registry::Registry;

/// A text format for metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposition {
    /// `OpenMetrics` 1.0, which Prometheus prefers.
    OpenMetrics,
    /// The Prometheus text format 0.0.4, which all other tools read.
    Text,
}

impl Exposition {
    /// Chooses the format by the value of `Accept`. `OpenMetrics` is chosen only if it is named: `*/*` gets the text format.
    pub fn negotiate(accept: &str) -> Self {
        let openmetrics = Preference::of("application", "openmetrics-text", "1.0.0", accept);
        let text = Preference::of("text", "plain", "0.0.4", accept);
        let named = openmetrics.specificity == Preference::EXACT && openmetrics.quality > 0.0;
        let wanted = openmetrics.quality > text.quality || named && openmetrics.quality >= text.quality;
        if wanted { Self::OpenMetrics } else { Self::Text }
    }

    /// Encodes all metrics of `registry`.
    pub(super) fn encode(self, registry: &Registry) -> Result<String, std::fmt::Error> {
        let mut openmetrics = String::new();
        text::encode(&mut openmetrics, registry)?;
        match self {
            Self::OpenMetrics => Ok(openmetrics),
            Self::Text => to_text_format(&openmetrics),
        }
    }

    /// The value of `Content-Type`.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

/// A client's preference for a media type, taken from the most specific matching range of `Accept` (RFC 9110, section
/// 12.5.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
struct Preference {
    /// 1 for `*/*`, 2 for `type/*`, 3 for the type itself.
    specificity: u8,
    quality: f32,
}

impl Preference {
    const EXACT: u8 = 3;

    /// Reads from `accept` the preference for a media type in this `version`.
    fn of(kind: &str, subtype: &str, version: &str, accept: &str) -> Self {
        let matching = accept.split(',').filter_map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let (range_kind, range_subtype) = parts.next()?.split_once('/')?;
            let specificity = if range_kind.eq_ignore_ascii_case(kind) && range_subtype.eq_ignore_ascii_case(subtype) {
                Self::EXACT
            } else if range_kind.eq_ignore_ascii_case(kind) && range_subtype == "*" {
                2
            } else if (range_kind, range_subtype) == ("*", "*") {
                1
            } else {
                return None;
            };
            let mut quality = 1.0;
            for (name, value) in parts.filter_map(|parameter| parameter.split_once('=')) {
                if name.eq_ignore_ascii_case("q") {
                    quality = value.parse().ok().filter(|quality| (0.0..=1.0).contains(quality))?;
                } else if name.eq_ignore_ascii_case("version") && value.trim_matches('"') != version {
                    return None;
                }
            }
            Some(Self { specificity, quality })
        });
        matching.fold(Self::default(), |best, other| if other > best { other } else { best })
    }
}

/// Converts `OpenMetrics` to the Prometheus text format. The samples are the same. In the text format, a family's name has
/// the suffix of its samples, and there is no type `info`, no `# UNIT` and no `# EOF`.
fn to_text_format(openmetrics: &str) -> Result<String, std::fmt::Error> {
    let mut text = String::with_capacity(openmetrics.len());
    let mut lines = openmetrics.lines().peekable();
    let mut suffix = "";
    while let Some(line) = lines.next() {
        let mut words = line.splitn(4, ' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("#"), Some("HELP"), Some(name), Some(help)) => {
                // The suffix depends on the type, which is in the next line.
                suffix = match lines.peek().and_then(|line| line.rsplit(' ').next()) {
                    Some("counter") => "_total",
                    Some("info") => "_info",
                    _ => "",
                };
                writeln!(text, "# HELP {name}{suffix} {help}")?;
            }
            (Some("#"), Some("TYPE"), Some(name), Some(kind)) => {
                let kind = if kind == "info" { "gauge" } else { kind };
                writeln!(text, "# TYPE {name}{suffix} {kind}")?;
            }
            (Some("#"), ..) => {}
            _ => writeln!(text, "{line}")?,
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::Exposition::{self, OpenMetrics, Text};

    #[test]
    fn accept_decides_the_format() {
        for (accept, exposition) in [
            // Prometheus 2 and 3
            (
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
                 text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                OpenMetrics,
            ),
            (
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,\
                 text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
                OpenMetrics,
            ),
            // Prometheus with PrometheusText0.0.4 before OpenMetrics
            ("text/plain;version=0.0.4;q=0.6,application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1", Text),
            ("application/openmetrics-text;version=1.0.0;q=0.5, text/plain", Text),
            ("application/openmetrics-text;q=0, text/plain;q=0.1", Text),
            ("application/openmetrics-text;q=0", Text),
            ("application/openmetrics-text;version=0.0.1", Text),
            ("application/openmetrics-text;version=2.0.0;q=1,*/*;q=0.1", Text),
            ("Application/OpenMetrics-Text; Version=\"1.0.0\"; Q=1.000", OpenMetrics),
            ("application/openmetrics-text, text/plain", OpenMetrics),
            ("text/plain, application/openmetrics-text", OpenMetrics),
            ("application/openmetrics-text;q=0.3,text/*;q=0.2,*/*;q=0.9", OpenMetrics),
            ("application/*;q=0.9,text/*;q=0.2", OpenMetrics),
            ("application/openmetrics-text;q=2,*/*", Text),
            ("text/plain", Text),
            ("text/html,*/*;q=0.8", Text),
            ("*/*", Text),
            ("", Text),
            ("nonsense", Text),
        ] {
            assert_eq!(Exposition::negotiate(accept), exposition, "{accept}");
        }
    }
}
