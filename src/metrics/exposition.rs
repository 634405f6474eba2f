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
    /// What someone who sends this `Accept` reads.
    pub fn wanted_by(accept: Option<&str>) -> Self {
        let named = accept.is_some_and(|accept| accept.contains("application/openmetrics-text"));
        if named { Self::OpenMetrics } else { Self::Text }
    }

    /// The value of `Content-Type`.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
        }
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
