//! Keeps entries in this process.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::time::Instant;

use super::{Change, Entry, Name, Part, Swapped, Unavailable};
use crate::domain::CallerShare;

/// The most bytes of all entries together, unless there may be more keys than these are enough for.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// What an ordinary key needs at most: 100,000 of them fit into [`MAX_BYTES`].
const BYTES_PER_KEY: usize = MAX_BYTES / 100_000;

/// The most bytes where there may be so many keys.
pub(super) fn max_bytes(max_keys: usize) -> usize {
    max_keys.saturating_mul(BYTES_PER_KEY).max(MAX_BYTES)
}

/// Keeps entries for one replica, until it ends. It refuses new records when it is full: live ones are never given up.
///
/// One caller may have at most a share of the records and of the bytes. Only a new record is refused. What became of a request
/// under way is always written, and may exceed the bytes by as much as there are requests under way.
#[derive(Debug)]
pub(super) struct Memory {
    most: Usage,
    share: CallerShare,
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    slots: HashMap<Name, Slot>,
    /// When each entry is forgotten.
    ends: BTreeSet<(Instant, Name)>,
    all: Usage,
    /// Callers with a live entry.
    owners: HashMap<Arc<str>, Usage>,
}

#[derive(Debug)]
struct Slot {
    value: Bytes,
    end: Instant,
    owner: Arc<str>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Usage {
    records: usize,
    bytes: usize,
}

impl Usage {
    fn of(name: Name, value: &Bytes) -> Self {
        Self { records: usize::from(name.part == Part::Record), bytes: value.len() }
    }

    fn add(&mut self, other: Self) {
        self.records += other.records;
        self.bytes += other.bytes;
    }

    fn subtract(&mut self, other: Self) {
        self.records -= other.records;
        self.bytes -= other.bytes;
    }

    /// Whether this and `more` fit into `most`.
    fn has_room(mut self, more: Self, most: Self) -> bool {
        self.add(more);
        self.records <= most.records && self.bytes <= most.bytes
    }
}

impl Memory {
    pub(super) fn new(max_records: usize, max_bytes: usize, share: CallerShare) -> Self {
        Self { most: Usage { records: max_records, bytes: max_bytes }, share, entries: Mutex::default() }
    }

    pub(super) fn swap(&self, owner: &Arc<str>, changes: &[Change]) -> Result<Swapped, Unavailable> {
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
        self.has_room(&entries, owner, changes)?;
        for change in changes {
            entries.remove(change.name);
            if let Some((value, lifetime)) = &change.next {
                let slot = Slot { value: value.clone(), end: now + *lifetime, owner: Arc::clone(owner) };
                entries.insert(change.name, slot);
            }
        }
        Ok(Swapped::Done)
    }

    /// Refuses `changes` that bring a record for which there is no room.
    fn has_room(&self, entries: &Entries, owner: &Arc<str>, changes: &[Change]) -> Result<(), Unavailable> {
        let mut new = Usage::default();
        for change in changes {
            if let Some((value, _)) = &change.next
                && change.name.part == Part::Record
                && !entries.slots.contains_key(&change.name)
            {
                new.add(Usage::of(change.name, value));
            }
        }
        if new == Usage::default() {
            return Ok(());
        }
        let own = entries.owners.get(owner).copied().unwrap_or_default();
        let [records, bytes] = [self.most.records, self.most.bytes].map(|all| self.share.of(all));
        if !own.has_room(new, Usage { records, bytes }) {
            return Err(Unavailable::ShareOfCaller);
        }
        if entries.all.has_room(new, self.most) { Ok(()) } else { Err(Unavailable::Full) }
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
        self.slots.get(&name).map(|slot| Entry { value: slot.value.clone(), remaining: Some(slot.end - now) })
    }

    fn insert(&mut self, name: Name, slot: Slot) {
        self.ends.insert((slot.end, name));
        let usage = Usage::of(name, &slot.value);
        self.all.add(usage);
        if let Some(own) = self.owners.get_mut(&slot.owner) {
            own.add(usage);
        } else {
            self.owners.insert(Arc::clone(&slot.owner), usage);
        }
        self.slots.insert(name, slot);
    }

    fn remove(&mut self, name: Name) {
        let Some(slot) = self.slots.remove(&name) else { return };
        self.ends.remove(&(slot.end, name));
        let usage = Usage::of(name, &slot.value);
        self.all.subtract(usage);
        if let Some(own) = self.owners.get_mut(&slot.owner) {
            own.subtract(usage);
            if *own == Usage::default() {
                self.owners.remove(&slot.owner);
            }
        }
    }
}

#[cfg(test)]
#[path = "memory_tests.rs"]
mod tests;
