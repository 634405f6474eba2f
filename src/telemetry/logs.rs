//! One subscriber for the process, and a panic hook that never prints the panic's message.

use std::io::{self, IsTerminal as _, Write as _, stdout};

use tracing::error;
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Layer, SubscriberExt};

use super::json_lines::JsonLines;
use super::log_writer::{LogGuard, LogWriter};
use super::pretty_lines::PrettyLines;
use crate::settings::{LogFormat, TelemetrySettings};

/// Sends the log to standard output while the guard is kept, and panics to the log. Later calls change nothing.
///
/// # Errors
/// If the system gives no thread.
pub fn init(settings: &TelemetrySettings) -> io::Result<LogGuard> {
    let (writer, guard) = LogWriter::start()?;
    if tracing::subscriber::set_global_default(subscriber(settings, writer)).is_ok() {
        std::panic::set_hook(Box::new(|panic| {
            // A panic's message may hold anything, secrets included; where it happened is enough to find it.
            let location = panic.location().map(ToString::to_string).unwrap_or_default();
            error!(location, "panic");
        }));
    } else {
        let _ = io::stderr().write_all(b"logging was set up before\n");
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
