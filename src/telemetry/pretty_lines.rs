//! The log format for people, in colour on a terminal.

use std::fmt::{self, Write};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

use super::escaping::EscapingWriter;
use super::log_filter::level_of;
use super::log_writer::LogWriter;

/// Writes each event as one line of text: timestamp, level, target, message, fields.
pub(super) struct PrettyLines {
    pub(super) writer: LogWriter,
    pub(super) has_colours: bool,
}

const DIM: &str = "\x1b[2m";

impl<S: Subscriber> Layer<S> for PrettyLines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let level = level_of(event.metadata());
        let style = |start: &'static str| if self.has_colours { (start, "\x1b[0m") } else { ("", "") };
        let ((dim, reset), (colour, _)) = (style(DIM), style(colour(level)));
        let (time, target) = (jiff::Timestamp::now(), event.metadata().target());
        let mut line = format!("{dim}{time:.6}{reset} {colour}{level:>5}{reset} {dim}{target}:{reset} ");
        let mut fields = Fields { message: String::new(), others: String::new() };
        event.record(&mut fields);
        line.push_str(&fields.message);
        line.push_str(&fields.others);
        line.push('\n');
        self.writer.write(line.as_bytes());
    }
}

fn colour(level: Level) -> &'static str {
    match level {
        Level::ERROR => "\x1b[31m",
        Level::WARN => "\x1b[33m",
        Level::INFO => "\x1b[32m",
        _ => DIM,
    }
}

struct Fields {
    message: String,
    others: String,
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a `String` does not fail.
        let _ = match field.name() {
            "message" => write!(EscapingWriter(&mut self.message), "{value:?}"),
            name => write!(EscapingWriter(&mut self.others), " {name}={value:?}"),
        };
    }
}
