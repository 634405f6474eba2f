//! What the gateway tells while it runs: logs and traces. Numbers are in [`metrics`](crate::metrics).

mod collector;
mod json_lines;
mod log_filter;
mod log_writer;
mod logs;
mod pretty_lines;
mod spans;
pub(crate) mod traceparent;
mod traces;

use std::time::Duration;

pub use log_filter::LogFilter;
pub use log_writer::LogGuard;
pub use logs::init;
pub(crate) use spans::{ClientSpan, Period, ServerSpan};
pub(crate) use traces::{RequestTrace, Traces};

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
