//! Sets of names that no two callers could confuse.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::domain::ComparableName;

/// Names, compared as a lenient database would compare them (see [`ComparableName`]).
#[derive(Debug, Default)]
pub(super) struct Names(HashMap<(usize, Vec<u8>), String>);

impl Names {
    /// Adds `name`. Returns `false` if it matches a different name. Adding the same name again is allowed.
    pub(super) fn add(&mut self, name: &str) -> bool {
        keys(name).all(|key| match self.0.entry(key) {
            Entry::Occupied(entry) => entry.get() == name,
            Entry::Vacant(entry) => {
                entry.insert(name.to_owned());
                true
            }
        })
    }

    /// Returns whether `name` equals or matches a name in the set.
    pub(super) fn has_match(&self, name: &str) -> bool {
        keys(name).any(|key| self.0.contains_key(&key))
    }
}

/// Returns the sort keys of `name`, each with its index: only keys with the same index are compared.
fn keys(name: &str) -> impl Iterator<Item = (usize, Vec<u8>)> {
    ComparableName::new(name).keys().into_owned().into_iter().enumerate()
}
