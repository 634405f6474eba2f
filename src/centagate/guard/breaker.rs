//! A circuit breaker.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tracing::{info, warn};

use crate::centagate::error::Error;
use crate::domain::milliseconds;
use crate::log_throttle::LogThrottle;

/// The window of the failure rate.
const WINDOW: Duration = Duration::from_secs(10);

/// The minimum number of calls in the window before the breaker can open.
const LEAST_CALLS: u32 = 20;

/// How long the breaker stays open before it tries a call.
const OPEN_FOR: Duration = Duration::from_secs(5);

/// A circuit breaker. While CENTAGATE is unreachable or does not answer, calls fail at once and CENTAGATE can recover. An
/// answer, even an unreadable one, is not a failure.
#[derive(Debug)]
pub(in crate::centagate) struct Breaker {
    state: Mutex<State>,
    /// For a breaker that opens again and again.
    opened: LogThrottle,
}

/// The state of the breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerState {
    /// Calls are sent.
    Closed,
    /// One trial call is sent or running. Other calls fail at once.
    HalfOpen,
    /// All calls fail at once.
    Open,
}

#[derive(Debug)]
enum State {
    Closed { since: Instant, calls: u32, failures: u32 },
    Open { since: Instant, until: Instant },
    HalfOpen { since: Instant, probing_since: Instant },
}

/// Permission to send a call. [`Breaker::settle`] reports its result.
#[derive(Debug)]
pub(in crate::centagate) struct Pass {
    /// When the trial call was allowed. It identifies the trial, because a later one may have replaced it.
    probing_since: Option<Instant>,
}

impl Breaker {
    pub(in crate::centagate) fn new() -> Self {
        Self { state: Mutex::new(State::closed(Instant::now())), opened: LogThrottle::default() }
    }

    /// Allows a call, or returns the time until the next trial.
    pub(in crate::centagate) fn admit(&self) -> Result<Pass, Duration> {
        let now = Instant::now();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match *state {
            State::Closed { .. } => Ok(Pass { probing_since: None }),
            State::Open { until, .. } if now < until => Err(until - now),
            // A trial that never reports its result expires.
            State::HalfOpen { probing_since, .. } if now < probing_since + OPEN_FOR => {
                Err(probing_since + OPEN_FOR - now)
            }
            State::Open { since, .. } | State::HalfOpen { since, .. } => {
                *state = State::HalfOpen { since, probing_since: now };
                Ok(Pass { probing_since: Some(now) })
            }
        }
    }

    /// Reports the result of a call. `failure` is why CENTAGATE could not be reached or did not answer.
    pub(in crate::centagate) fn settle(&self, pass: &Pass, failure: Option<&Error>) {
        let now = Instant::now();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(probe) = pass.probing_since {
            // A replaced trial does not count.
            match *state {
                State::HalfOpen { since, probing_since } if probing_since == probe => {
                    if failure.is_some() {
                        *state = State::Open { since, until: now + OPEN_FOR };
                    } else {
                        *state = State::closed(now);
                        let open_ms = milliseconds(now - since);
                        info!(open_ms, "CENTAGATE answers again: the circuit breaker is closed");
                    }
                }
                _ => {}
            }
            return;
        }
        // A call from before the breaker opened does not count.
        let State::Closed { since, calls, failures } = &mut *state else { return };
        if now >= *since + WINDOW {
            (*since, *calls, *failures) = (now, 0, 0);
        }
        *calls += 1;
        *failures += u32::from(failure.is_some());
        if *calls >= LEAST_CALLS && *failures * 2 >= *calls {
            if let (Some(permit), Some(cause)) = (self.opened.permit(), failure) {
                warn!(
                    %cause,
                    calls = *calls,
                    failures = *failures,
                    suppressed = permit.suppressed,
                    "CENTAGATE cannot be reached or does not answer: the circuit breaker is open"
                );
            }
            *state = State::Open { since: now, until: now + OPEN_FOR };
        }
    }

    /// The current state.
    pub(in crate::centagate) fn state(&self) -> BreakerState {
        match *self.state.lock().unwrap_or_else(PoisonError::into_inner) {
            State::Closed { .. } => BreakerState::Closed,
            // The next call will be the trial.
            State::Open { until, .. } if Instant::now() >= until => BreakerState::HalfOpen,
            State::Open { .. } => BreakerState::Open,
            State::HalfOpen { .. } => BreakerState::HalfOpen,
        }
    }
}

impl State {
    fn closed(now: Instant) -> Self {
        Self::Closed { since: now, calls: 0, failures: 0 }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::sleep;

    use super::{Breaker, BreakerState, Error, LEAST_CALLS, OPEN_FOR, Pass, WINDOW};

    fn settle(breaker: &Breaker, pass: &Pass, failed: bool) {
        breaker.settle(pass, failed.then_some(&Error::TimedOut));
    }

    fn calls(breaker: &Breaker, number: u32, failed: bool) {
        for _ in 0..number {
            let pass = breaker.admit().expect("closed");
            settle(breaker, &pass, failed);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn half_of_twenty_calls_open_it_and_fewer_do_not() {
        let breaker = Breaker::new();
        calls(&breaker, LEAST_CALLS - 1, true);
        assert_eq!(breaker.state(), BreakerState::Closed, "too few calls");
        let breaker = Breaker::new();
        calls(&breaker, LEAST_CALLS, false);
        calls(&breaker, LEAST_CALLS - 1, true);
        assert_eq!(breaker.state(), BreakerState::Closed, "fewer than half");
        calls(&breaker, 1, true);
        assert_eq!(breaker.state(), BreakerState::Open);
        assert!(breaker.admit().expect_err("open") <= OPEN_FOR);
    }

    #[tokio::test(start_paused = true)]
    async fn old_failures_do_not_count() {
        let breaker = Breaker::new();
        calls(&breaker, LEAST_CALLS - 1, true);
        sleep(WINDOW).await;
        calls(&breaker, LEAST_CALLS - 1, true);
        assert_eq!(breaker.state(), BreakerState::Closed);
    }

    #[tokio::test(start_paused = true)]
    async fn one_trial_call_decides() {
        let breaker = Breaker::new();
        calls(&breaker, LEAST_CALLS, true);
        sleep(OPEN_FOR).await;
        assert_eq!(breaker.state(), BreakerState::HalfOpen, "also while nobody calls");
        let probe = breaker.admit().expect("a probe");
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
        assert!(breaker.admit().is_err(), "one at a time");
        settle(&breaker, &probe, true);
        assert_eq!(breaker.state(), BreakerState::Open);
        sleep(OPEN_FOR).await;
        let probe = breaker.admit().expect("another probe");
        settle(&breaker, &probe, false);
        assert_eq!(breaker.state(), BreakerState::Closed);
        calls(&breaker, 1, true);
        assert_eq!(breaker.state(), BreakerState::Closed, "counted anew");
    }

    #[tokio::test(start_paused = true)]
    async fn a_trial_that_never_ends_is_replaced() {
        let breaker = Breaker::new();
        calls(&breaker, LEAST_CALLS, true);
        sleep(OPEN_FOR).await;
        let _lost = breaker.admit().expect("a probe");
        sleep(OPEN_FOR + Duration::from_millis(1)).await;
        assert!(breaker.admit().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_replaced_trial_does_not_count() {
        for failed in [true, false] {
            let breaker = Breaker::new();
            calls(&breaker, LEAST_CALLS, true);
            sleep(OPEN_FOR).await;
            let first = breaker.admit().expect("a probe");
            sleep(OPEN_FOR).await;
            let second = breaker.admit().expect("its replacement");
            settle(&breaker, &first, failed);
            assert_eq!(breaker.state(), BreakerState::HalfOpen, "the second is under way");
            settle(&breaker, &second, !failed);
            let decided = if failed { BreakerState::Closed } else { BreakerState::Open };
            assert_eq!(breaker.state(), decided);
            settle(&breaker, &first, failed);
            assert_eq!(breaker.state(), decided, "the second has decided");
        }
    }
}
