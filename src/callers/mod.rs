//! Who may use the gateway: callers, their keys and rights.

mod caller;
pub(crate) mod configuration;
mod file;
#[cfg(test)]
mod file_tests;
pub(crate) mod jwt;
mod names;
mod scope;

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

pub(crate) use self::file::is_name;
pub use caller::{Caller, Lack};
pub use configuration::{CallerSettings, JwksSource, JwksUrl, JwtSettings, ScopeClaim};
pub use scope::Scope;

use self::configuration::CALLERS_FILE;
use self::names::Names;
use crate::configuration::SettingsFault;
use crate::configuration::file::read_text;

/// All callers, found by the SHA-256 of their keys or by the subject of their tokens.
#[derive(Debug, Default)]
pub struct Callers {
    by_key: HashMap<[u8; 32], Arc<Caller>>,
    by_subject: HashMap<String, Arc<Caller>>,
    names: Names,
    subjects: Names,
}

impl Callers {
    /// Reads the callers file that the settings name. Without one, only tokens identify callers.
    ///
    /// # Errors
    /// All faults: each names the place in the file and what was expected, never a value.
    pub fn load(settings: &CallerSettings) -> Result<Self, SettingsFault> {
        let Some(path) = &settings.file else { return Ok(Self::default()) };
        Self::read(path, settings.jwt.is_some())
    }

    /// Reads the callers file at `path`.
    pub(crate) fn read(path: &Path, takes_tokens: bool) -> Result<Self, SettingsFault> {
        let text = read_text(path).map_err(|fault| SettingsFault::of_file(CALLERS_FILE, path, fault))?;
        let callers = Self::parse(&text).map_err(|fault| fault.within_file(CALLERS_FILE, path))?;
        if !takes_tokens && !callers.by_subject.is_empty() {
            let problem = "contains jwt_subject, which has no effect without jwt.issuer; set it, or remove jwt_subject";
            return Err(SettingsFault::of_file(CALLERS_FILE, path, problem));
        }
        Ok(callers)
    }

    /// Whether there is only one caller. A token's subject may be a caller of its own.
    pub(crate) fn is_sole(&self, takes_tokens: bool) -> bool {
        let names: HashSet<_> = self.by_key.values().map(|caller| &caller.name).collect();
        !takes_tokens && names.len() == 1
    }

    /// The caller that `key` belongs to; an unknown key and an expired one look the same.
    pub fn find(&self, key: &[u8]) -> Option<Arc<Caller>> {
        let hash: [u8; 32] = Sha256::digest(key).into();
        let (stored, caller) = self.by_key.get_key_value(&hash)?;
        let known = bool::from(stored.ct_eq(&hash));
        (known && !caller.has_expired()).then(|| Arc::clone(caller))
    }

    /// The caller whose tokens have `subject`, expired or not.
    fn find_subject(&self, subject: &str) -> Option<&Arc<Caller>> {
        self.by_subject.get(subject)
    }

    /// Whether the file has a caller or a `jwt_subject` that `subject` equals or could be mistaken for.
    fn resembles(&self, subject: &str) -> bool {
        self.names.has_match(subject) || self.subjects.has_match(subject)
    }
}
