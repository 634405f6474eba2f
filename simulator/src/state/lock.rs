//! The lock that closes after too many wrong attempts.

/// The documents state no number.
const FAILURES_ALLOWED: u32 = 5;

/// Counts consecutive wrong attempts.
#[derive(Default)]
pub(crate) struct Lock {
    failures: u32,
}

impl Lock {
    pub(crate) fn is_locked(&self) -> bool {
        self.failures >= FAILURES_ALLOWED
    }

    /// Wrong attempts since the last success or unlock.
    pub(crate) fn failures(&self) -> u32 {
        self.failures
    }

    pub(crate) fn count_failure(&mut self) {
        self.failures += 1;
    }

    /// Unlocks and starts counting from zero, as a success does.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }
}
