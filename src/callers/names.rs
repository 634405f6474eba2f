use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::domain::Identity;

/// Names of which no two different ones match (see [`Identity`]).
#[derive(Debug, Default)]
pub(super) struct Names(HashMap<(usize, Vec<u8>), String>);

impl Names {
    /// Adds `name`; false if it matches a different name. The same name may be added twice.
    pub(super) fn add(&mut self, name: &str) -> bool {
        keys(name).all(|key| match self.0.entry(key) {
            Entry::Occupied(known) => known.get() == name,
            Entry::Vacant(place) => {
                place.insert(name.to_owned());
                true
            }
        })
    }

    /// Whether `name` equals or matches one that was added.
    pub(super) fn has_match(&self, name: &str) -> bool {
        keys(name).any(|key| self.0.contains_key(&key))
    }
}

/// The name's keys, each with the number of its reading.
fn keys(name: &str) -> impl Iterator<Item = (usize, Vec<u8>)> {
    Identity::of(name).keys().into_owned().into_iter().enumerate()
}
