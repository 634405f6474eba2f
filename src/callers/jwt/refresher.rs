use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tracing::{info, warn};

use super::fetch::FetchKeys;
use super::source::{Refresh, Source};

/// How often keys are fetched without anybody asking.
const EVERY: Duration = Duration::from_secs(60 * 60);

/// How often the wait after a failed fetch doubles, at most.
const DOUBLINGS: u32 = 4;

/// The only one who fetches keys: at its start, every hour, sooner after a failure, and when a request asks.
pub(crate) struct Refresher<F> {
    fetch: F,
    source: Source,
    refresh: Arc<Refresh>,
    failures: u32,
}

impl<F: FetchKeys> Refresher<F> {
    pub(super) fn new(fetch: F, source: Source, refresh: Arc<Refresh>) -> Self {
        Self { fetch, source, refresh, failures: 0 }
    }

    /// Fetches for ever.
    pub(crate) async fn run(mut self) {
        let mut wanted = self.refresh.wanted.subscribe();
        loop {
            self.fetch_once().await;
            let next = Instant::now() + self.pause();
            loop {
                tokio::select! {
                    () = sleep_until(next) => break,
                    asked = wanted.changed() => {
                        let progress = *self.refresh.progress.borrow();
                        // Those who asked may have been served meanwhile.
                        let unserved = *wanted.borrow_and_update() > progress.ended;
                        if asked.is_ok() && unserved && !self.refresh.is_cooling_down(progress) {
                            self.refresh.progress.send_modify(|progress| progress.asked = Some(Instant::now()));
                            break;
                        }
                    }
                }
            }
        }
    }

    async fn fetch_once(&mut self) {
        self.refresh.progress.send_modify(|progress| progress.under_way = true);
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
                let usable = self.source.is_usable();
                let so = if usable { "the old ones stay in use for 24 hours" } else { "no token can be checked" };
                warn!(age_seconds, cause, "the keys of jwt.jwks_url cannot be fetched; {so}");
            }
        }
        self.refresh.progress.send_modify(|progress| {
            progress.under_way = false;
            progress.ended += 1;
        });
    }

    fn pause(&self) -> Duration {
        match self.failures.checked_sub(1) {
            None => EVERY,
            Some(more) => self.refresh.cool_down * 2_u32.pow(more.min(DOUBLINGS)),
        }
    }
}

#[cfg(test)]
#[path = "refresher_tests.rs"]
mod tests;
