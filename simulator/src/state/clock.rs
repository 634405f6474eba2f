//! The simulator's clock, which tests can put ahead of the machine's clock or behind it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The accepted difference to a request's clock. The documents state none; the PKI token call accepts five minutes.
const TOLERANCE_SECONDS: u64 = 300;

/// The machine's clock plus a skew.
#[derive(Default)]
pub(crate) struct Clock {
    /// Positive: ahead of the machine's clock.
    pub(crate) skew_seconds: i64,
}

impl Clock {
    pub(crate) fn now(&self) -> SystemTime {
        let skew = Duration::from_secs(self.skew_seconds.unsigned_abs());
        if self.skew_seconds < 0 { SystemTime::now() - skew } else { SystemTime::now() + skew }
    }

    pub(crate) fn since_epoch(&self) -> Duration {
        self.now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }

    /// Whether a Unix timestamp in seconds is within the tolerance.
    pub(crate) fn is_close_to(&self, timestamp: u64) -> bool {
        timestamp.abs_diff(self.since_epoch().as_secs()) <= TOLERANCE_SECONDS
    }
}
