//! The memory backend: entries of one replica, lost when it stops.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::time::Instant;

use super::entry::{Change, Entry, Name, Part, Swap};
use super::unavailable::Unavailable;
use crate::domain::CallerShare;

/// The minimum size limit of all entries together, in bytes.
const MIN_MAX_BYTES: usize = 64 * 1024 * 1024;

/// The size of an ordinary key's entries, in bytes. 100,000 of them fit into [`MIN_MAX_BYTES`].
const BYTES_PER_KEY: usize = MIN_MAX_BYTES / 100_000;

/// Returns the size limit for `max_keys` keys, in bytes.
pub(super) fn max_bytes(max_keys: usize) -> usize {
    max_keys.saturating_mul(BYTES_PER_KEY).max(MIN_MAX_BYTES)
}

/// Holds entries in memory. Refuses new records when it is full, and never evicts a live record.
///
/// Each caller can use at most its share of the records and bytes. Only new records are refused: the outcome of a request in
/// progress is always written, so such outcomes can exceed the byte limit.
#[derive(Debug)]
pub(super) struct Memory {
    limit: Usage,
    share: CallerShare,
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    slots: HashMap<Name, Slot>,
    /// The expiry of each entry, in order.
    expiries: BTreeSet<(Instant, Name)>,
    total: Usage,
    /// The usage of each caller that has entries.
    by_owner: HashMap<Arc<str>, Usage>,
}

#[derive(Debug)]
struct Slot {
    value: Bytes,
    expires_at: Instant,
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

    /// Returns whether `more` can be added without exceeding `limit`.
    fn has_room_for(mut self, more: Self, limit: Self) -> bool {
        self.add(more);
        self.records <= limit.records && self.bytes <= limit.bytes
    }
}

impl Memory {
    pub(super) fn new(max_records: usize, max_bytes: usize, share: CallerShare) -> Self {
        Self { limit: Usage { records: max_records, bytes: max_bytes }, share, entries: Mutex::default() }
    }

    pub(super) fn compare_and_swap(&self, owner: &Arc<str>, changes: &[Change]) -> Result<Swap, Unavailable> {
        let now = Instant::now();
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.remove_expired(now);
        let all_match = changes.iter().all(|change| {
            let value = entries.slots.get(&change.name).map(|slot| &slot.value);
            let is_expected = change.expected.iter().any(|expected| value == expected.as_ref());
            is_expected || value == change.new_value()
        });
        if !all_match {
            return Ok(Swap::Conflict(changes.iter().map(|change| entries.read(change.name, now)).collect()));
        }
        self.check_room(&entries, owner, changes)?;
        for change in changes {
            entries.remove(change.name);
            if let Some((value, lifetime)) = &change.new {
                let slot = Slot { value: value.clone(), expires_at: now + *lifetime, owner: Arc::clone(owner) };
                entries.insert(change.name, slot);
            }
        }
        Ok(Swap::Applied)
    }

    /// Fails if `changes` contain a new record for which there is no room.
    fn check_room(&self, entries: &Entries, owner: &Arc<str>, changes: &[Change]) -> Result<(), Unavailable> {
        let mut new = Usage::default();
        for change in changes {
            if let Some((value, _)) = &change.new
                && change.name.part == Part::Record
                && !entries.slots.contains_key(&change.name)
            {
                new.add(Usage::of(change.name, value));
            }
        }
        if new == Usage::default() {
            return Ok(());
        }
        let own = entries.by_owner.get(owner).copied().unwrap_or_default();
        let [records, bytes] = [self.limit.records, self.limit.bytes].map(|limit| self.share.of(limit));
        if !own.has_room_for(new, Usage { records, bytes }) {
            return Err(Unavailable::CallerShareUsed);
        }
        if entries.total.has_room_for(new, self.limit) { Ok(()) } else { Err(Unavailable::Full) }
    }

    pub(super) fn read(&self, name: Name) -> Option<Entry> {
        let now = Instant::now();
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.remove_expired(now);
        entries.read(name, now)
    }
}

impl Entries {
    fn remove_expired(&mut self, now: Instant) {
        while let Some(&(expires_at, name)) = self.expiries.first()
            && expires_at <= now
        {
            self.remove(name);
        }
    }

    fn read(&self, name: Name, now: Instant) -> Option<Entry> {
        self.slots.get(&name).map(|slot| Entry { value: slot.value.clone(), remaining: Some(slot.expires_at - now) })
    }

    fn insert(&mut self, name: Name, slot: Slot) {
        self.expiries.insert((slot.expires_at, name));
        let usage = Usage::of(name, &slot.value);
        self.total.add(usage);
        if let Some(own) = self.by_owner.get_mut(&slot.owner) {
            own.add(usage);
        } else {
            self.by_owner.insert(Arc::clone(&slot.owner), usage);
        }
        self.slots.insert(name, slot);
    }

    fn remove(&mut self, name: Name) {
        let Some(slot) = self.slots.remove(&name) else { return };
        self.expiries.remove(&(slot.expires_at, name));
        let usage = Usage::of(name, &slot.value);
        self.total.subtract(usage);
        if let Some(own) = self.by_owner.get_mut(&slot.owner) {
            own.subtract(usage);
            if *own == Usage::default() {
                self.by_owner.remove(&slot.owner);
            }
        }
    }
}

#[cfg(test)]
#[path = "memory_tests.rs"]
mod tests;
