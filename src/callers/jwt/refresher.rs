//! Fetches keys in the background.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tracing::{info, warn};

use super::fetch::FetchKeys;
use super::source::{Refresh, Source};
use crate::log_throttle::{LogThrottle, Permit};

/// The interval between fetches.
const FETCH_INTERVAL: Duration = Duration::from_secs(60 * 60);

/// How many times the pause after a failed fetch can double.
const MAX_DOUBLINGS: u32 = 4;

/// The only task that fetches keys: at startup, every hour, sooner after a failure, and when a request needs an unknown key.
pub(crate) struct Refresher<F> {
    fetch: F,
    source: Source,
    refresh: Arc<Refresh>,
    failures: u32,
    throttle: LogThrottle,
}

impl<F: FetchKeys> Refresher<F> {
    pub(super) fn new(fetch: F, source: Source, refresh: Arc<Refresh>) -> Self {
        Self { fetch, source, refresh, failures: 0, throttle: LogThrottle::default() }
    }

    /// Fetches keys until the task is dropped.
    pub(crate) async fn run(mut self) {
        let mut wanted = self.refresh.wanted.subscribe();
        loop {
            self.fetch_once().await;
            let next = Instant::now() + self.pause();
            loop {
                tokio::select! {
                    () = sleep_until(next) => break,
                    requested = wanted.changed() => {
                        let progress = *self.refresh.progress.borrow();
                        // A fetch that has ended since may have served the request.
                        let is_unserved = *wanted.borrow_and_update() > progress.ended;
                        if requested.is_ok() && is_unserved && !self.refresh.is_cooling_down(progress) {
                            self.refresh.progress.send_modify(|progress| progress.last_requested = Some(Instant::now()));
                            break;
                        }
                    }
                }
            }
        }
    }

    async fn fetch_once(&mut self) {
        self.refresh.progress.send_modify(|progress| progress.is_running = true);
        let result = match self.fetch.fetch().await {
            Ok(text) => self.source.replace(text),
            Err(cause) => Err(cause),
        };
        match result {
            Ok(dropped) => {
                for key in dropped {
                    warn!("a key of jwt.jwks_url is not used: {key}");
                }
                if self.failures > 0 {
                    info!("the keys of jwt.jwks_url were fetched again");
                }
                self.failures = 0;
            }
            Err(cause) => {
                self.failures = self.failures.saturating_add(1);
                let age_seconds = self.source.age().map(|age| age.as_secs());
                let consequence = if self.source.is_usable() {
                    "the current keys stay in use for up to 24 hours"
                } else {
                    "no token can be verified"
                };
                let message = "the keys of jwt.jwks_url cannot be fetched";
                if let Some(Permit { suppressed }) = self.throttle.permit() {
                    warn!(age_seconds, cause, consequence, suppressed, "{message}");
                } else {
                    info!(age_seconds, cause, consequence, "{message}");
                }
            }
        }
        self.refresh.progress.send_modify(|progress| {
            progress.is_running = false;
            progress.ended += 1;
        });
    }

    fn pause(&self) -> Duration {
        match self.failures.checked_sub(1) {
            None => FETCH_INTERVAL,
            Some(more) => self.refresh.cool_down * 2_u32.pow(more.min(MAX_DOUBLINGS)),
        }
    }
}

#[cfg(test)]
#[path = "refresher_tests.rs"]
mod tests;
