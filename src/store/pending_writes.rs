//! Writes that got no reply from the store. They may or may not have been made, so they are retried.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::entry::{Change, Name};
use super::sealed_store::SealedStore;
use super::unavailable::Unavailable;

/// The maximum number of keys with pending writes. A key whose write is dropped stays in progress until its lease ends, and
/// then becomes free or unknown.
const MAX_KEYS: usize = 10_000;

/// Writes that are retried until the store replies. Each write names the values that it replaces, so a repeated or late
/// write does no harm.
#[derive(Debug)]
pub(super) struct PendingWrites {
    by_name: Mutex<HashMap<Name, Vec<Arc<Write>>>>,
    /// Wakes the task that retries.
    wake: Arc<Notify>,
}

/// Changes that are made together, and the name of their caller.
#[derive(Debug)]
struct Write {
    owner: Arc<str>,
    changes: Vec<Change>,
}

impl PendingWrites {
    pub(super) fn new(wake: Arc<Notify>) -> Self {
        Self { by_name: Mutex::default(), wake }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_name().is_empty()
    }

    /// Adds a write. It is retried at the latest before the next request with the same key.
    pub(super) fn add(&self, owner: &Arc<str>, changes: Vec<Change>) {
        let Some(name) = changes.first().map(|change| change.name) else { return };
        let mut by_name = self.by_name();
        if by_name.len() < MAX_KEYS || by_name.contains_key(&name) {
            by_name.entry(name).or_default().push(Arc::new(Write { owner: Arc::clone(owner), changes }));
        }
        drop(by_name);
        self.wake.notify_one();
    }

    /// Retries all writes whose first change is to the entry `name`.
    ///
    /// # Errors
    /// The store did not reply. The remaining writes stay pending.
    pub(super) async fn retry(&self, name: Name, store: &SealedStore) -> Result<(), Unavailable> {
        loop {
            let Some(next) = self.by_name().get(&name).and_then(|writes| writes.first().cloned()) else {
                return Ok(());
            };
            store.compare_and_swap(&next.owner, &next.changes).await?;
            let mut by_name = self.by_name();
            if let Some(writes) = by_name.get_mut(&name) {
                writes.retain(|write| !Arc::ptr_eq(write, &next));
                if writes.is_empty() {
                    by_name.remove(&name);
                }
            }
        }
    }

    /// Retries all writes. Stops at the first one that gets no reply.
    pub(super) async fn retry_all(&self, store: &SealedStore) {
        let names: Vec<Name> = self.by_name().keys().copied().collect();
        for name in names {
            if self.retry(name, store).await.is_err() {
                return;
            }
        }
    }

    fn by_name(&self) -> MutexGuard<'_, HashMap<Name, Vec<Arc<Write>>>> {
        self.by_name.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
