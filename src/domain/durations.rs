//! Durations as numbers for log and audit fields whose names end in `_ms`.

use std::time::Duration;

/// Converts to whole milliseconds.
pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Converts to milliseconds with three decimal places.
pub(crate) fn fine_milliseconds(duration: Duration) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "exact for durations below 285 years")]
    let microseconds = duration.as_micros() as f64;
    microseconds / 1000.0
}
