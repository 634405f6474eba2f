//! The current keys of the issuer, from a file that the watcher reads or a URL that a background task fetches.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::algorithm::Algorithm;
use super::key::Key;
use super::keys::{Dropped, Keys};
use super::refusal::Refusal;

/// How long fetched keys are used.
const MAX_AGE: Duration = Duration::from_secs(24 * 60 * 60);

/// The maximum time that a request waits for a fetch.
const MAX_WAIT: Duration = Duration::from_secs(2);

/// The issuer's current keys.
#[derive(Debug, Clone)]
pub(super) struct Source {
    current: Arc<ArcSwapOption<Current>>,
    /// Lets requests ask for a fetch. `None` if the keys come from a file.
    pub(super) refresh: Option<Arc<Refresh>>,
}

#[derive(Debug)]
struct Current {
    keys: Keys,
    /// The time of the last fetch. `None` for keys from a file, which do not age.
    fetched: Option<Instant>,
    text: Vec<u8>,
}

/// Connects requests to the task that fetches. Requests never fetch themselves, so there is one fetch at a time.
#[derive(Debug)]
pub(super) struct Refresh {
    /// The number of the fetch that a request waits for.
    pub(super) wanted: watch::Sender<u64>,
    pub(super) progress: watch::Sender<Progress>,
    /// The minimum time between two fetches that requests ask for.
    pub(super) cool_down: Duration,
}

/// The progress of the task that fetches.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Progress {
    /// The number of fetches that have ended, successfully or not.
    pub(super) ended: u64,
    pub(super) is_running: bool,
    /// When the last fetch that a request asked for was started.
    pub(super) last_requested: Option<Instant>,
}

/// The result of the search for a key.
#[derive(Debug)]
pub(super) enum Lookup {
    Found(Arc<Key>),
    /// No key fits.
    Refused(Refusal),
    /// No keys are available.
    Unavailable,
}

impl Source {
    /// Creates a source for keys from a file. Call [`Source::replace`] to set them.
    pub(super) fn file() -> Self {
        Self { current: Arc::default(), refresh: None }
    }

    /// Creates a source for keys from a URL.
    pub(super) fn url(cool_down: Duration) -> Self {
        let refresh =
            Refresh { wanted: watch::Sender::new(0), progress: watch::Sender::new(Progress::default()), cool_down };
        Self { current: Arc::default(), refresh: Some(Arc::new(refresh)) }
    }

    /// Replaces the keys. Returns the unused keys of the set, but only if the set has changed.
    ///
    /// # Errors
    /// `text` is not a usable set. The current keys stay in use.
    pub(super) fn replace(&self, text: Vec<u8>) -> Result<Vec<Dropped>, String> {
        let (keys, mut dropped) = Keys::parse(&text)?;
        if self.current.load().as_ref().is_some_and(|last| last.text == text) {
            dropped.clear();
        }
        let fetched = self.refresh.as_ref().map(|_| Instant::now());
        self.current.store(Some(Arc::new(Current { keys, fetched, text })));
        Ok(dropped)
    }

    /// Returns the time since the keys were last fetched. `None` if they never were, or come from a file.
    pub(super) fn age(&self) -> Option<Duration> {
        self.current.load().as_ref()?.fetched.map(|fetched| fetched.elapsed())
    }

    /// Returns whether there are keys that are not too old.
    pub(super) fn is_usable(&self) -> bool {
        self.current.load().as_ref().is_some_and(|current| current.is_usable())
    }

    /// Finds the key for a token with this `kid` and algorithm. If it is unknown, asks for a fetch, unless there was one just
    /// now. Then waits for at most two seconds, and not beyond `deadline`.
    pub(super) async fn find(&self, key_id: Option<&str>, algorithm: Algorithm, deadline: Instant) -> Lookup {
        let found = self.find_current(key_id, algorithm);
        let (Lookup::Refused(Refusal::UnknownKey) | Lookup::Unavailable, Some(refresh)) = (&found, &self.refresh)
        else {
            return found;
        };
        // Read before the second search, so that a fetch that ends in between is not requested again.
        let seen = *refresh.progress.borrow();
        if let found @ Lookup::Found(_) = self.find_current(key_id, algorithm) {
            return found;
        }
        refresh.wait(seen, deadline.min(Instant::now() + MAX_WAIT)).await;
        self.find_current(key_id, algorithm)
    }

    fn find_current(&self, key_id: Option<&str>, algorithm: Algorithm) -> Lookup {
        match self.current.load().as_ref() {
            Some(current) if current.is_usable() => {
                current.keys.find(key_id, algorithm).map_or_else(Lookup::Refused, Lookup::Found)
            }
            _ => Lookup::Unavailable,
        }
    }
}

impl Current {
    fn is_usable(&self) -> bool {
        self.fetched.is_none_or(|fetched| fetched.elapsed() < MAX_AGE)
    }
}

impl Refresh {
    /// Waits for the fetch that was running at `seen`, or requests a new one. Does not wait if one was requested just now.
    async fn wait(&self, seen: Progress, until: Instant) {
        if !seen.is_running {
            if self.is_cooling_down(seen) {
                return;
            }
            self.wanted
                .send_if_modified(|wanted| std::mem::replace(wanted, (*wanted).max(seen.ended + 1)) <= seen.ended);
        }
        let mut progress = self.progress.subscribe();
        let _ = timeout_at(until, progress.wait_for(|now| now.ended > seen.ended)).await;
    }

    /// Returns whether a request asked for a fetch less than `cool_down` ago.
    pub(super) fn is_cooling_down(&self, progress: Progress) -> bool {
        progress.last_requested.is_some_and(|requested| requested.elapsed() < self.cool_down)
    }
}
