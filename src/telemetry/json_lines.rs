//! The JSON format of the log.

use std::cell::RefCell;
use std::fmt;
use std::io::Write as _;

use serde::Serialize;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

use super::escaping::append_json;
use super::log_filter::level_of;
use super::log_writer::LogWriter;

/// Writes each event as one line of JSON: timestamp, level, message, fields in source order, target.
pub(super) struct JsonLines(pub(super) LogWriter);

thread_local! {
    /// Reused for every line of a thread.
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl<S: Subscriber> Layer<S> for JsonLines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        // Taken out of the cell, because formatting a value may log another event.
        let mut line = BUFFER.try_with(RefCell::take).unwrap_or_default();
        line.clear();
        let _ = write!(line, "{{\"timestamp\":\"{:.6}\"", jiff::Timestamp::now());
        let mut members = Members(&mut line);
        members.add("level", level_of(event.metadata()).as_str());
        event.record(&mut members);
        members.add("target", event.metadata().target());
        line.extend_from_slice(b"}\n");
        self.0.write(&line);
        let _ = BUFFER.try_with(|buffer| buffer.replace(line));
    }
}

/// Appends members to a JSON object.
struct Members<'a>(&'a mut Vec<u8>);

impl Members<'_> {
    fn add(&mut self, name: &str, value: impl Serialize) {
        self.0.extend_from_slice(b",\"");
        self.0.extend_from_slice(name.as_bytes()); // a constant in the code, which needs no escaping
        self.0.extend_from_slice(b"\":");
        append_json(self.0, &value);
    }
}

impl Visit for Members<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field.name(), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field.name(), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field.name(), value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field.name(), value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field.name(), format_args!("{value:?}"));
    }
}
