//! Logs: one subscriber for the process, and a panic hook that never prints what a panic was about.

use std::io::{IsTerminal as _, Write as _, stdout};

use std::time::Duration;

use tracing::{Level, Metadata, error};
use tracing_subscriber::filter::{EnvFilter, FilterExt, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::{Registry, fmt};

use crate::settings::{LogFormat, TelemetrySettings};

/// Whether `text` is a filter that [`subscriber`] takes.
pub(crate) fn is_filter(text: &str) -> bool {
    EnvFilter::builder().parse(text).is_ok()
}

/// A subscriber that writes lines to `sink` as the settings say.
///
/// Other crates' events are capped at INFO whatever the filter says: below that, HTTP libraries may log what they carry.
pub fn subscriber<W>(settings: &TelemetrySettings, sink: W) -> Box<dyn tracing::Subscriber + Send + Sync>
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let filter = EnvFilter::builder().parse_lossy(&settings.log_filter).and(filter_fn(is_ours_or_important));
    match settings.log_format {
        LogFormat::Json => Box::new(
            Registry::default().with(fmt::layer().json().flatten_event(true).with_writer(sink).with_filter(filter)),
        ),
        LogFormat::Pretty => Box::new(
            Registry::default()
                .with(fmt::layer().with_ansi(stdout().is_terminal()).with_writer(sink).with_filter(filter)),
        ),
    }
}

fn is_ours_or_important(metadata: &Metadata<'_>) -> bool {
    metadata.target().starts_with("centagate_gateway") || *metadata.level() <= Level::INFO
}

/// A duration as a number for fields whose names end in `_ms`.
pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A duration in milliseconds, as fine as microseconds.
pub(crate) fn fine_milliseconds(duration: Duration) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "exact for durations below 285 years")]
    let microseconds = duration.as_micros() as f64;
    microseconds / 1000.0
}

/// Makes logs go to standard output and panics to the log. Later calls change nothing.
pub fn init(settings: &TelemetrySettings) {
    if tracing::subscriber::set_global_default(subscriber(settings, stdout)).is_ok() {
        std::panic::set_hook(Box::new(|panic| {
            // A panic's message may hold anything, secrets included; where it happened is enough to find it.
            let location = panic.location().map(ToString::to_string).unwrap_or_default();
            error!(location, "panic");
        }));
    } else {
        let _ = std::io::stderr().write_all(b"logging was set up before\n");
    }
}
