//! Limits how often a line of the log repeats.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The minimum time between two lines.
const INTERVAL: Duration = Duration::from_secs(60);

/// Lets one line pass per minute, so that an outage does not flood the log. Metrics count every event.
#[derive(Debug, Default)]
pub(crate) struct LogThrottle {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    last: Option<Instant>,
    suppressed: u64,
}

/// Permission to log a line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Permit {
    /// How many lines were suppressed since the last one, if any.
    pub(crate) suppressed: Option<u64>,
}

impl LogThrottle {
    /// Permits a line, unless one was permitted within the last minute.
    pub(crate) fn permit(&self) -> Option<Permit> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if state.last.is_some_and(|last| now < last + INTERVAL) {
            state.suppressed += 1;
            return None;
        }
        state.last = Some(now);
        let suppressed = std::mem::take(&mut state.suppressed);
        Some(Permit { suppressed: (suppressed > 0).then_some(suppressed) })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::advance;

    use super::{LogThrottle, Permit};

    #[tokio::test(start_paused = true)]
    async fn one_line_passes_per_minute_and_says_how_many_did_not() {
        let throttle = LogThrottle::default();
        assert_eq!(throttle.permit(), Some(Permit { suppressed: None }));
        for _ in 0..59 {
            advance(Duration::from_secs(1)).await;
            assert_eq!(throttle.permit(), None);
        }
        advance(Duration::from_secs(1)).await;
        assert_eq!(throttle.permit(), Some(Permit { suppressed: Some(59) }));
        advance(Duration::from_secs(60)).await;
        assert_eq!(throttle.permit(), Some(Permit { suppressed: None }));
    }
}
