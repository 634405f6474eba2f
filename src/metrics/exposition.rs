use std::fmt::Write as _;

use prometheus_client::encoding::text;

use super::Metrics;

/// How metrics are spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposition {
    /// `OpenMetrics` 1.0, which Prometheus asks for.
    OpenMetrics,
    /// Prometheus' text format 0.0.4, which everything else reads.
    Text,
}

impl Exposition {
    /// What a client with this `Accept` prefers. `OpenMetrics` must be named: a client that takes anything gets the text format.
    pub fn wanted_by(accept: &str) -> Self {
        let openmetrics = Preference::of("application", "openmetrics-text", "1.0.0", accept);
        let text = Preference::of("text", "plain", "0.0.4", accept);
        let named = openmetrics.precision == Preference::EXACT && openmetrics.quality > 0.0;
        let wanted = openmetrics.quality > text.quality || named && openmetrics.quality >= text.quality;
        if wanted { Self::OpenMetrics } else { Self::Text }
    }

    /// The value of `Content-Type`.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

/// How much a client wants a media type (RFC 9110, section 12.5.1): by the most precise range that fits it.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
struct Preference {
    /// 1 for `*/*`, 2 for `type/*`, 3 for the type itself.
    precision: u8,
    quality: f32,
}

impl Preference {
    const EXACT: u8 = 3;

    /// The preference in `accept` for a media type with this `version`.
    fn of(kind: &str, subtype: &str, version: &str, accept: &str) -> Self {
        let fitting = accept.split(',').filter_map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let (range_kind, range_subtype) = parts.next()?.split_once('/')?;
            let precision = if range_kind.eq_ignore_ascii_case(kind) && range_subtype.eq_ignore_ascii_case(subtype) {
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
            Some(Self { precision, quality })
        });
        fitting.fold(Self::default(), |best, other| if other > best { other } else { best })
    }
}

impl Metrics {
    /// Everything, spelled as `exposition` says.
    ///
    /// # Errors
    /// Never in practice: writing to a `String` does not fail.
    pub fn encode(&self, exposition: Exposition) -> Result<String, std::fmt::Error> {
        let mut openmetrics = String::new();
        text::encode(&mut openmetrics, &self.registry)?;
        match exposition {
            Exposition::OpenMetrics => Ok(openmetrics),
            Exposition::Text => to_text_format(&openmetrics),
        }
    }
}

/// The text format has the same samples. Its families have the suffix of their samples in their names, it knows no type
/// `info`, no units and no end.
fn to_text_format(openmetrics: &str) -> Result<String, std::fmt::Error> {
    let mut text = String::with_capacity(openmetrics.len());
    let mut lines = openmetrics.lines().peekable();
    let mut suffix = "";
    while let Some(line) = lines.next() {
        let mut words = line.splitn(4, ' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("#"), Some("HELP"), Some(name), Some(help)) => {
                // The line with the type comes next.
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
    fn a_client_gets_what_it_prefers() {
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
            assert_eq!(Exposition::wanted_by(accept), exposition, "{accept}");
        }
    }
}
