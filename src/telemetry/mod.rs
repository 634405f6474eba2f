//! What the gateway tells while it runs: logs. Numbers are in [`metrics`](crate::metrics).

mod log_filter;
mod logs;

use std::time::Duration;

pub use log_filter::LogFilter;
pub use logs::init;

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
