use std::time::Duration;

use tokio::time::Instant;

/// The first wait after a login that failed; it doubles up to [`LONGEST_BACKOFF`].
const FIRST_BACKOFF: Duration = Duration::from_secs(1);
const LONGEST_BACKOFF: Duration = Duration::from_secs(60);

/// The least time between two logins that requests ask for.
const FORCED_INTERVAL: Duration = Duration::from_secs(30);

/// After refused credentials the wait doubles with each refusal, up to this many times the configured one.
const LONGEST_HOLD_FACTOR: u32 = 8;

/// When to log in next: pure rules, told what happened and asked for times.
#[derive(Debug)]
pub(super) struct Renewal {
    /// The wait after refused credentials: a retry is a step towards a locked account.
    refused_retry: Duration,
    next: Option<Instant>,
    failures: u32,
    refusals: u32,
    last_forced: Option<Instant>,
}

impl Renewal {
    /// Log in at once.
    pub(super) fn due(refused_retry: Duration, now: Instant) -> Self {
        Self { refused_retry, next: Some(now), failures: 0, refusals: 0, last_forced: None }
    }

    /// Never log in: the session is given.
    pub(super) fn never() -> Self {
        Self { refused_retry: Duration::ZERO, next: None, failures: 0, refusals: 0, last_forced: None }
    }

    /// When the next login is due, if ever.
    pub(super) fn next(&self) -> Option<Instant> {
        self.next
    }

    /// A session of `timeout` was opened: renew it when 75 to 85 percent of that are over, by `jitter` (0 to 1), so that
    /// replicas do not log in at the same moment.
    pub(super) fn succeeded(&mut self, now: Instant, timeout: Duration, jitter: f64) {
        self.next = Some(now + timeout.mul_f64(0.75 + 0.1 * jitter));
        self.failures = 0;
        self.refusals = 0;
    }

    /// The login failed without a verdict on the credentials: back off, up to a minute.
    pub(super) fn failed(&mut self, now: Instant, jitter: f64) {
        let backoff = FIRST_BACKOFF.saturating_mul(1 << self.failures.min(6)).min(LONGEST_BACKOFF);
        self.failures += 1;
        self.next = Some(now + backoff.mul_f64(0.5 + 0.5 * jitter));
    }

    /// The credentials were refused: hold, or the account will be locked.
    pub(super) fn refused(&mut self, now: Instant) {
        let factor = (1 << self.refusals.min(8)).min(LONGEST_HOLD_FACTOR);
        self.refusals += 1;
        self.next = Some(now + self.refused_retry.saturating_mul(factor));
    }

    /// Whether a request may have a login now; if so it is due at once.
    pub(super) fn force(&mut self, now: Instant) -> bool {
        let Some(next) = self.next else { return false };
        let waiting = self.failures > 0 || self.refusals > 0;
        let recent = self.last_forced.is_some_and(|last| now < last + FORCED_INTERVAL);
        if (waiting && now < next) || recent {
            return false;
        }
        self.last_forced = Some(now);
        self.next = Some(now);
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::Renewal;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn a_session_is_renewed_between_three_quarters_and_85_percent_of_its_life() {
        let now = Instant::now();
        for (jitter, percent) in [(0.0, 75), (1.0, 85)] {
            let mut renewal = Renewal::due(HOUR, now);
            renewal.succeeded(now, Duration::from_secs(100), jitter);
            let wait = renewal.next().expect("a time") - now;
            assert!(wait.abs_diff(Duration::from_secs(percent)) < Duration::from_millis(1), "{wait:?}");
        }
    }

    #[test]
    fn failures_back_off_to_a_minute() {
        let now = Instant::now();
        let mut renewal = Renewal::due(HOUR, now);
        let waits: Vec<_> = (0..9)
            .map(|_| {
                renewal.failed(now, 1.0);
                (renewal.next().expect("a time") - now).as_secs()
            })
            .collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert!(!renewal.force(now), "requests do not shorten the wait");
        renewal.succeeded(now, HOUR, 0.0);
        renewal.failed(now, 0.0);
        assert_eq!(renewal.next().expect("a time") - now, Duration::from_millis(500));
    }

    #[test]
    fn refused_credentials_are_held_for_the_configured_time_and_then_longer() {
        let now = Instant::now();
        let mut renewal = Renewal::due(HOUR, now);
        for factor in [1, 2, 4, 8, 8, 8] {
            renewal.refused(now);
            assert_eq!(renewal.next().expect("a time"), now + HOUR * factor);
            assert!(!renewal.force(now + HOUR * factor - Duration::from_secs(1)));
        }
    }

    #[test]
    fn requests_have_one_login_per_thirty_seconds() {
        let now = Instant::now();
        let mut renewal = Renewal::due(HOUR, now);
        renewal.succeeded(now, HOUR, 0.0);
        assert!(renewal.force(now));
        renewal.succeeded(now, HOUR, 0.0);
        assert!(!renewal.force(now + Duration::from_secs(29)));
        assert!(renewal.force(now + Duration::from_secs(30)));
        assert!(!Renewal::never().force(now), "a given session is never renewed");
    }
}
