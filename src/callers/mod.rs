//! Who may use the gateway: callers, their keys and rights.

mod caller;
mod file;
#[cfg(test)]
mod file_tests;
pub(crate) mod jwt;
mod names;
mod scope;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

pub use caller::{Caller, Lack};
pub(crate) use file::{is_name, parse_expiry};
pub use scope::Scope;

use self::names::Names;
use crate::settings::{Settings, SettingsFault};

/// All callers, found by the SHA-256 of their keys or by the subject of their tokens.
#[derive(Debug, Default)]
pub struct Callers {
    by_key: HashMap<[u8; 32], Arc<Caller>>,
    by_subject: HashMap<String, Arc<Caller>>,
    names: Names,
    subjects: Names,
}

impl Callers {
    /// Reads the callers file that the settings name; without one there are no callers but those with a token.
    ///
    /// # Errors
    /// A fault that names the place in the file and what was expected, never a value.
    pub fn load(settings: &Settings) -> Result<Self, SettingsFault> {
        let Some(path) = &settings.callers_file else { return Ok(Self::default()) };
        let callers = Self::read(path)?;
        if settings.jwt.is_none() && !callers.by_subject.is_empty() {
            let problem = "jwt_subject means nothing while jwt.issuer is not set; set it, or remove jwt_subject";
            return Err(SettingsFault::of(format_args!("callers_file {}", path.display()), problem));
        }
        Ok(callers)
    }

    fn read(path: &Path) -> Result<Self, SettingsFault> {
        let fault = |problem: String| SettingsFault::of(format_args!("callers_file {}", path.display()), problem);
        let text =
            std::fs::read_to_string(path).map_err(|error| fault(format!("cannot be read ({})", error.kind())))?;
        Self::parse(&text).map_err(fault)
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
