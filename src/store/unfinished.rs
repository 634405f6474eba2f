//! Changes of the store that got no answer: they may have been made, or not.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Change, Ledger, Name, Unavailable};

/// Changes of more keys than this are not kept; such a key stays taken until its lease is over, or becomes unknown.
const MOST: usize = 10_000;

/// Changes that are made again until the store answers. A change names what it replaces, so making it twice, or late, does no
/// harm.
#[derive(Debug, Default)]
pub(super) struct Unfinished(Mutex<HashMap<Name, Vec<Arc<Changes>>>>);

/// Changes that are made together.
#[derive(Debug)]
struct Changes {
    owner: Arc<str>,
    changes: Vec<Change>,
}

impl Unfinished {
    fn all(&self) -> MutexGuard<'_, HashMap<Name, Vec<Arc<Changes>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all().is_empty()
    }
}

impl Ledger {
    /// Makes `changes` later: at the latest before a request with the same key is looked up.
    pub(super) fn finish_later(&self, owner: &Arc<str>, changes: Vec<Change>) {
        let Some(name) = changes.first().map(|change| change.name) else { return };
        let mut all = self.unfinished.all();
        if all.len() < MOST || all.contains_key(&name) {
            all.entry(name).or_default().push(Arc::new(Changes { owner: Arc::clone(owner), changes }));
        }
        drop(all);
        self.wake.notify_one();
    }

    /// Makes the changes that are still to be made, the first of them under `name`.
    pub(super) async fn finish(&self, name: Name) -> Result<(), Unavailable> {
        loop {
            let Some(next) = self.unfinished.all().get(&name).and_then(|of_name| of_name.first().cloned()) else {
                return Ok(());
            };
            let store = Arc::clone(&self.backing.load().store);
            self.observe(store.swap(&next.owner, &next.changes).await)?;
            let mut all = self.unfinished.all();
            if let Some(of_name) = all.get_mut(&name) {
                of_name.retain(|changes| !Arc::ptr_eq(changes, &next));
                if of_name.is_empty() {
                    all.remove(&name);
                }
            }
        }
    }

    /// Makes all of them, until the store does not answer.
    pub(crate) async fn finish_all(&self) {
        let names: Vec<Name> = self.unfinished.all().keys().copied().collect();
        for name in names {
            if self.finish(name).await.is_err() {
                return;
            }
        }
    }
}
