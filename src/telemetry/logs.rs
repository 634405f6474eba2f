//! Sets up the log of the process.

use std::io::{self, IsTerminal as _, Write as _, stdout};

use tracing::error;
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Layer, SubscriberExt};

use super::configuration::{LogFormat, TelemetrySettings};
use super::json_lines::JsonLines;
use super::log_writer::{LogGuard, LogWriter};
use super::pretty_lines::PrettyLines;

/// Sends the log to standard output until the guard is dropped, and sends panics to the log. Later calls change nothing.
///
/// # Errors
/// If the log's thread cannot be started.
pub fn init(settings: &TelemetrySettings) -> io::Result<LogGuard> {
    let (writer, guard) = LogWriter::start()?;
    if tracing::subscriber::set_global_default(subscriber(settings, writer)).is_ok() {
        std::panic::set_hook(Box::new(|panic| {
            // The location is enough to find the fault. The message could contain a secret.
            let location = panic.location().map(ToString::to_string).unwrap_or_default();
            error!(location, "panic");
        }));
    } else {
        let _ = io::stderr().write_all(b"the log is already set up\n");
    }
    Ok(guard)
}

fn subscriber(settings: &TelemetrySettings, writer: LogWriter) -> Box<dyn tracing::Subscriber + Send + Sync> {
    let filter = settings.log_filter.clone().install();
    match settings.log_format {
        LogFormat::Json => Box::new(Registry::default().with(JsonLines(writer).with_filter(filter))),
        LogFormat::Pretty => {
            let lines = PrettyLines { writer, has_colours: stdout().is_terminal() };
            Box::new(Registry::default().with(lines.with_filter(filter)))
        }
    }
}
