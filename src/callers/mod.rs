//! Who may use the gateway: callers, their keys and rights.

mod caller;
mod file;
mod scope;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

pub use caller::{Caller, Lack};
pub(crate) use file::{is_name, parse_expiry};
pub use scope::Scope;

use crate::settings::SettingsFault;

/// All callers, found by the SHA-256 of their keys or by the subject of their tokens.
#[derive(Debug, Default)]
pub struct Callers {
    by_key: HashMap<[u8; 32], Arc<Caller>>,
    by_subject: HashMap<String, Arc<Caller>>,
}

impl Callers {
    /// Reads the callers file at `path`.
    ///
    /// # Errors
    /// A fault that names the place in the file and what was expected, never a value.
    pub fn load(path: &Path) -> Result<Self, SettingsFault> {
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

    /// The caller whose tokens have `subject`, unless it has expired.
    pub fn find_subject(&self, subject: &str) -> Option<Arc<Caller>> {
        self.by_subject.get(subject).filter(|caller| !caller.has_expired()).map(Arc::clone)
    }
}
