//! Entries of a backend, and the changes that replace them.

use std::time::Duration;

use bytes::Bytes;

/// The name of an entry: a keyed digest, and the part of the record that the entry holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Name {
    pub(super) digest: [u8; 32],
    pub(super) part: Part,
}

/// A part of a record. Each part has its own lifetime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Part {
    /// The state of the request, and its reply unless the reply contains secrets.
    Record,
    /// A reply that contains secrets.
    Secrets,
    /// The one entry that belongs to no request: [`Name::CANARY`].
    Canary,
}

impl Name {
    /// The entry that shows whether replicas can rely on the store. Its name does not depend on the seal keys, so replicas
    /// with different keys share it.
    pub(super) const CANARY: Self = Self { digest: [0; 32], part: Part::Canary };

    /// The key in Redis. Seals are bound to it, so it must never change.
    pub(super) fn text(self) -> String {
        let part = match self.part {
            Part::Record => "record",
            Part::Secrets => "secrets",
            Part::Canary => return "centagate-gateway:canary".to_owned(),
        };
        format!("centagate-gateway:{{{}}}:{part}", hex::encode(self.digest))
    }
}

/// A stored value.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) value: Bytes,
    /// The time until the backend deletes the entry. `None`: it never does. The gateway writes no such entry.
    pub(super) remaining: Option<Duration>,
}

/// A change of one entry. It applies if the entry has one of the `expected` values, or already has the new one.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) name: Name,
    /// `None`: the entry does not exist.
    pub(super) expected: [Option<Bytes>; 2],
    /// The new value and its lifetime. `None` deletes the entry.
    pub(super) new: Option<(Bytes, Duration)>,
}

impl Change {
    pub(super) fn new_value(&self) -> Option<&Bytes> {
        self.new.as_ref().map(|(value, _)| value)
    }
}

/// The result of a compare-and-swap of several entries.
#[derive(Debug)]
pub(super) enum Swap {
    /// All changes were made.
    Applied,
    /// Nothing was changed. These are the current entries, in the order of the changes.
    Conflict(Vec<Option<Entry>>),
}
