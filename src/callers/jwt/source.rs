//! Where the keys come from: a file that the watcher reads again, or a URL that a task of its own fetches.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::algorithm::Algorithm;
use super::key::Key;
use super::keys::{Dropped, Keys};
use super::refusal::Refusal;

/// How long keys are used after they were last fetched.
const USABLE: Duration = Duration::from_secs(24 * 60 * 60);

/// The longest that a request waits for keys to be fetched.
const PATIENCE: Duration = Duration::from_secs(2);

/// The issuer's keys as they are known now.
#[derive(Debug, Clone)]
pub(super) struct Source {
    current: Arc<ArcSwapOption<Current>>,
    /// How requests talk to the task that fetches; nothing where the keys come from a file.
    pub(super) refresh: Option<Arc<Refresh>>,
}

#[derive(Debug)]
struct Current {
    keys: Keys,
    /// When they were last fetched; nothing for those of a file, which do not age.
    fetched: Option<Instant>,
    text: Vec<u8>,
}

/// What requests want and what the task has done: requests never fetch, so there is one fetch at a time.
#[derive(Debug)]
pub(super) struct Refresh {
    /// The number of the fetch that somebody waits for.
    pub(super) wanted: watch::Sender<u64>,
    pub(super) progress: watch::Sender<Progress>,
    /// The least time between two fetches that requests have asked for.
    pub(super) cool_down: Duration,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Progress {
    /// How many fetches have ended, well or not.
    pub(super) ended: u64,
    pub(super) under_way: bool,
    /// When the last fetch that a request asked for began.
    pub(super) asked: Option<Instant>,
}

/// What became of the search for a key.
#[derive(Debug)]
pub(super) enum Lookup {
    Found(Arc<Key>),
    /// No key fits.
    Refused(Refusal),
    /// There are no keys to look through.
    Unavailable,
}

impl Source {
    /// Keys that somebody else reads and replaces.
    pub(super) fn file() -> Self {
        Self { current: Arc::default(), refresh: None }
    }

    /// Keys that a task fetches.
    pub(super) fn url(cool_down: Duration) -> Self {
        let refresh =
            Refresh { wanted: watch::Sender::new(0), progress: watch::Sender::new(Progress::default()), cool_down };
        Self { current: Arc::default(), refresh: Some(Arc::new(refresh)) }
    }

    /// Takes the keys in `text` into use; what is left out of the set is answered, unless the set is the last one again.
    ///
    /// # Errors
    /// If `text` cannot be used; the last keys stay in use.
    pub(super) fn replace(&self, text: Vec<u8>) -> Result<Vec<Dropped>, String> {
        let (keys, mut dropped) = Keys::parse(&text)?;
        if self.current.load().as_ref().is_some_and(|last| last.text == text) {
            dropped.clear();
        }
        let fetched = self.refresh.as_ref().map(|_| Instant::now());
        self.current.store(Some(Arc::new(Current { keys, fetched, text })));
        Ok(dropped)
    }

    /// The time since the keys were last fetched, if they are fetched and there are any.
    pub(super) fn age(&self) -> Option<Duration> {
        self.current.load().as_ref()?.fetched.map(|fetched| fetched.elapsed())
    }

    /// Whether there are keys that are not too old.
    pub(super) fn is_usable(&self) -> bool {
        self.current.load().as_ref().is_some_and(|current| current.is_usable())
    }

    /// The key for a token with this `kid` and algorithm. If there is none, the keys of a URL are fetched again, unless
    /// that was just done; this waits for them until `deadline`, but for at most two seconds.
    pub(super) async fn find(&self, key_id: Option<&str>, algorithm: Algorithm, deadline: Instant) -> Lookup {
        let found = self.look(key_id, algorithm);
        let (Lookup::Refused(Refusal::UnknownKey) | Lookup::Unavailable, Some(refresh)) = (&found, &self.refresh)
        else {
            return found;
        };
        // Taken before the second look: a fetch that ends between the two is not asked for again.
        let seen = *refresh.progress.borrow();
        if let found @ Lookup::Found(_) = self.look(key_id, algorithm) {
            return found;
        }
        refresh.wait(seen, deadline.min(Instant::now() + PATIENCE)).await;
        self.look(key_id, algorithm)
    }

    fn look(&self, key_id: Option<&str>, algorithm: Algorithm) -> Lookup {
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
        self.fetched.is_none_or(|fetched| fetched.elapsed() < USABLE)
    }
}

impl Refresh {
    /// Waits for the end of the fetch that was `seen` under way, or of a new one; not at all where one was asked for just
    /// now.
    async fn wait(&self, seen: Progress, until: Instant) {
        if !seen.under_way {
            if self.is_cooling_down(seen) {
                return;
            }
            self.wanted
                .send_if_modified(|wanted| std::mem::replace(wanted, (*wanted).max(seen.ended + 1)) <= seen.ended);
        }
        let mut progress = self.progress.subscribe();
        let _ = timeout_at(until, progress.wait_for(|now| now.ended > seen.ended)).await;
    }

    pub(super) fn is_cooling_down(&self, progress: Progress) -> bool {
        progress.asked.is_some_and(|asked| asked.elapsed() < self.cool_down)
    }
}
