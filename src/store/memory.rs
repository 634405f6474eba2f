use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use tokio::time::Instant;

use super::{Change, Entry, Name, Part, Swapped, Unavailable};

/// Keeps entries in this process: for one replica, until it ends. Live entries are never given up for new ones.
#[derive(Debug)]
pub(super) struct Memory {
    max_records: usize,
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    slots: HashMap<Name, Slot>,
    /// When each entry is forgotten.
    ends: BTreeSet<(Instant, Name)>,
    records: usize,
}

#[derive(Debug)]
struct Slot {
    value: Bytes,
    end: Instant,
}

impl Memory {
    pub(super) fn new(max_records: usize) -> Self {
        Self { max_records, entries: Mutex::default() }
    }

    pub(super) fn swap(&self, changes: &[Change]) -> Result<Swapped, Unavailable> {
        let now = Instant::now();
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.forget(now);
        let fits = changes.iter().all(|change| {
            let value = entries.slots.get(&change.name).map(|slot| &slot.value);
            let is_expected = change.expected.iter().any(|expected| value == expected.as_ref());
            is_expected || value == change.next.as_ref().map(|(next, _)| next)
        });
        if !fits {
            return Ok(Swapped::Differs(changes.iter().map(|change| entries.read(change.name, now)).collect()));
        }
        let is_new = |change: &&Change| {
            change.next.is_some() && change.name.part == Part::Record && !entries.slots.contains_key(&change.name)
        };
        if entries.records + changes.iter().filter(is_new).count() > self.max_records {
            return Err(Unavailable::Full);
        }
        for change in changes {
            entries.remove(change.name);
            if let Some((value, lifetime)) = &change.next {
                entries.insert(change.name, Slot { value: value.clone(), end: now + *lifetime });
            }
        }
        Ok(Swapped::Done)
    }

    pub(super) fn read(&self, name: Name) -> Option<Entry> {
        let now = Instant::now();
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.forget(now);
        entries.read(name, now)
    }
}

impl Entries {
    /// Forgets what has reached its end.
    fn forget(&mut self, now: Instant) {
        while let Some(&(end, name)) = self.ends.first()
            && end <= now
        {
            self.remove(name);
        }
    }

    fn read(&self, name: Name, now: Instant) -> Option<Entry> {
        self.slots.get(&name).map(|slot| Entry { value: slot.value.clone(), remaining: slot.end - now })
    }

    fn insert(&mut self, name: Name, slot: Slot) {
        self.ends.insert((slot.end, name));
        self.records += usize::from(name.part == Part::Record);
        self.slots.insert(name, slot);
    }

    fn remove(&mut self, name: Name) {
        if let Some(slot) = self.slots.remove(&name) {
            self.ends.remove(&(slot.end, name));
            self.records -= usize::from(name.part == Part::Record);
        }
    }
}

#[cfg(test)]
#[path = "memory_tests.rs"]
mod tests;
