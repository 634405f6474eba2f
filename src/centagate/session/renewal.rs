//! When to log in next.

use std::time::Duration;

use tokio::time::Instant;

/// The pause after a failed login. It doubles up to [`LONGEST_BACKOFF`].
const FIRST_BACKOFF: Duration = Duration::from_secs(1);
const LONGEST_BACKOFF: Duration = Duration::from_secs(60);

/// The minimum time between two logins that requests cause.
const FORCED_INTERVAL: Duration = Duration::from_secs(30);

/// After refused credentials, the pause doubles with each refusal, up to this multiple of the configured pause.
const LONGEST_HOLD_FACTOR: u32 = 8;

/// The rules of when to log in next, as a pure value.
#[derive(Debug)]
pub(super) struct Renewal {
    /// The pause after refused credentials. Each retry brings the account closer to a lock.
    refused_retry: Duration,
    next: Option<Instant>,
    failures: u32,
    refusals: u32,
    last_forced: Option<Instant>,
}

impl Renewal {
    /// A login is due now.
    pub(super) fn due(refused_retry: Duration, now: Instant) -> Self {
        Self { refused_retry, next: Some(now), failures: 0, refusals: 0, last_forced: None }
    }

    /// There is never a login, because the session is given.
    pub(super) fn never() -> Self {
        Self { refused_retry: Duration::ZERO, next: None, failures: 0, refusals: 0, last_forced: None }
    }

    /// When the next login is due, if there is one.
    pub(super) fn next(&self) -> Option<Instant> {
        self.next
    }

    /// Records a login. The session is renewed after 75 to 85 percent of its `timeout`. `jitter` (0 to 1) chooses the moment, so
    /// that replicas do not log in at the same time.
    pub(super) fn succeeded(&mut self, now: Instant, timeout: Duration, jitter: f64) {
        self.next = Some(now + timeout.mul_f64(0.75 + 0.1 * jitter));
        self.failures = 0;
        self.refusals = 0;
    }

    /// Records a login that failed without a verdict on the credentials. The pause grows up to a minute.
    pub(super) fn failed(&mut self, now: Instant, jitter: f64) {
        let backoff = FIRST_BACKOFF.saturating_mul(1 << self.failures.min(6)).min(LONGEST_BACKOFF);
        self.failures += 1;
        self.next = Some(now + backoff.mul_f64(0.5 + 0.5 * jitter));
    }

    /// Records refused credentials. The pause is long, because retries would lock the account.
    pub(super) fn refused(&mut self, now: Instant) {
        let factor = (1 << self.refusals.min(8)).min(LONGEST_HOLD_FACTOR);
        self.refusals += 1;
        self.next = Some(now + self.refused_retry.saturating_mul(factor));
    }

    /// Makes a login due now on behalf of a request, if the rules allow it. Returns whether they do.
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
    fn a_session_is_renewed_after_75_to_85_percent_of_its_lifetime() {
        let now = Instant::now();
        for (jitter, percent) in [(0.0, 75), (1.0, 85)] {
            let mut renewal = Renewal::due(HOUR, now);
            renewal.succeeded(now, Duration::from_secs(100), jitter);
            let wait = renewal.next().expect("a time") - now;
            assert!(wait.abs_diff(Duration::from_secs(percent)) < Duration::from_millis(1), "{wait:?}");
        }
    }

    #[test]
    fn the_pause_after_failures_grows_to_a_minute() {
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
    fn the_pause_after_refused_credentials_grows_from_the_configured_time() {
        let now = Instant::now();
        let mut renewal = Renewal::due(HOUR, now);
        for factor in [1, 2, 4, 8, 8, 8] {
            renewal.refused(now);
            assert_eq!(renewal.next().expect("a time"), now + HOUR * factor);
            assert!(!renewal.force(now + HOUR * factor - Duration::from_secs(1)));
        }
    }

    #[test]
    fn requests_cause_at_most_one_login_per_thirty_seconds() {
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
