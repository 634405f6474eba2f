//! All callers, found by the hash of their keys or the subject of their tokens.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::caller::Caller;
use super::names::Names;

/// All callers of a callers file.
#[derive(Debug, Default)]
pub struct Callers {
    /// By the SHA-256 of the whole credential.
    pub(super) by_key: HashMap<[u8; 32], Arc<Caller>>,
    /// By `jwt_subject`.
    pub(super) by_subject: HashMap<String, Arc<Caller>>,
    pub(super) names: Names,
    pub(super) subjects: Names,
}

impl Callers {
    /// Finds the caller that owns `key`. An expired key is treated like an unknown one.
    pub fn find(&self, key: &[u8]) -> Option<Arc<Caller>> {
        let hash: [u8; 32] = Sha256::digest(key).into();
        let (stored, caller) = self.by_key.get_key_value(&hash)?;
        let is_equal = bool::from(stored.ct_eq(&hash));
        (is_equal && !caller.has_expired()).then(|| Arc::clone(caller))
    }

    /// Finds the caller whose tokens have `subject`. The caller may have expired.
    pub(super) fn find_subject(&self, subject: &str) -> Option<&Arc<Caller>> {
        self.by_subject.get(subject)
    }

    /// Returns whether `subject` equals, or could be confused with, a name or `jwt_subject` of the callers file.
    pub(super) fn is_confusable(&self, subject: &str) -> bool {
        self.names.has_match(subject) || self.subjects.has_match(subject)
    }

    /// Returns whether there is only one caller. If tokens are accepted, there may be callers that the file does not name.
    pub(crate) fn has_sole_caller(&self, accepts_tokens: bool) -> bool {
        let names: HashSet<_> = self.by_key.values().map(|caller| &caller.name).collect();
        !accepts_tokens && names.len() == 1
    }
}
